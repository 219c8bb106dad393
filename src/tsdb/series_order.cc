#include "tsdb/series_order.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace tocsin::tsdb {
namespace {

// Below this many series comparing texts costs less than ranking the pairs.
constexpr size_t kFewSeries = 48;
// A kept order is used when it is at most so many times longer than the selection: walking it costs
// about 1 ns a series, sorting about 100.
constexpr size_t kMaxWalkFactor = 16;
// Orders of fewer series are not worth keeping.
constexpr size_t kMinCachedSeries = 512;

// Series ahead whose labels are fetched.
constexpr size_t kPrefetchDistance = 8;

bool LessPair(const LabelDictionary& dictionary, PairId a, PairId b) {
  if (dictionary.name_of(a) != dictionary.name_of(b)) {
    return dictionary.name_text_of(a) < dictionary.name_text_of(b);
  }
  return dictionary.value_of(a) < dictionary.value_of(b);
}

bool LessSeries(const SeriesIndex& index, SeriesId a, SeriesId b) {
  const auto pairs_a = index.PairsOf(a);
  const auto pairs_b = index.PairsOf(b);
  const auto [at_a, at_b] = std::ranges::mismatch(pairs_a, pairs_b);
  if (at_b == pairs_b.end()) return false;
  if (at_a == pairs_a.end()) return true;
  return LessPair(index.dictionary(), *at_a, *at_b);
}

// The rank of each pair that occurs in `ids`, from 1, by pair id.
std::vector<uint32_t> RankPairs(const SeriesIndex& index, const std::vector<SeriesId>& ids,
                                size_t& longest) {
  const LabelDictionary& dictionary = index.dictionary();
  std::vector<uint32_t> ranks(dictionary.pair_limit());
  std::vector<PairId> used;
  for (const SeriesId id : ids) {
    const auto pairs = index.PairsOf(id);
    longest = std::max(longest, pairs.size());
    for (const PairId pair : pairs) {
      if (ranks[pair] == 0) used.push_back(pair);
      ranks[pair] = 1;
    }
  }
  std::ranges::sort(used, [&](PairId a, PairId b) { return LessPair(dictionary, a, b); });
  for (uint32_t i = 0; i < used.size(); ++i) ranks[used[i]] = i + 1;
  return ranks;
}

void SortByRanks(const SeriesIndex& index, std::vector<SeriesId>& ids) {
  size_t longest = 0;
  const std::vector<uint32_t> ranks = RankPairs(index, ids, longest);
  // A row of ranks a series; 0 after the last, so that a prefix sorts first.
  std::vector<uint32_t> keys(ids.size() * longest);
  for (size_t i = 0; i < ids.size(); ++i) {
    uint32_t* const key = keys.data() + i * longest;
    size_t at = 0;
    for (const PairId pair : index.PairsOf(ids[i])) key[at++] = ranks[pair];
  }
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    const uint32_t* const key_a = keys.data() + a * longest;
    const uint32_t* const key_b = keys.data() + b * longest;
    return std::lexicographical_compare(key_a, key_a + longest, key_b, key_b + longest);
  });
  std::vector<SeriesId> sorted(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) sorted[i] = ids[order[i]];
  ids = std::move(sorted);
}

void SortDirectly(const SeriesIndex& index, std::vector<SeriesId>& ids) {
  if (ids.size() >= kFewSeries) {
    SortByRanks(index, ids);
  } else {
    std::ranges::sort(ids, [&](SeriesId a, SeriesId b) { return LessSeries(index, a, b); });
  }
}

}  // namespace

void SeriesOrder::Sort(const SeriesIndex& index, std::vector<SeriesId>& ids) {
  if (ids.size() < kMinCachedSeries || index.dictionary().has_names_before_metric_name()) {
    SortDirectly(index, ids);
    return;
  }
  // No name sorts before __name__: label sets are in order of metrics first, those without last.
  std::unordered_map<PairId, std::vector<SeriesId>> parts;
  PairId last = LabelDictionary::kNone;
  std::vector<SeriesId>* part = &parts[last];
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i + 2 * kPrefetchDistance < ids.size()) {
      index.PrefetchRun(ids[i + 2 * kPrefetchDistance]);
      index.PrefetchPairs(ids[i + kPrefetchDistance]);
    }
    const PairId metric = index.MetricNameOf(ids[i]);
    if (metric != last) part = &parts[last = metric];
    part->push_back(ids[i]);
  }
  std::vector<PairId> metrics;
  for (const auto& [metric, unused] : parts) {
    if (metric != LabelDictionary::kNone) metrics.push_back(metric);
  }
  std::ranges::sort(metrics,
                    [&](PairId a, PairId b) { return LessPair(index.dictionary(), a, b); });
  ids.clear();
  for (const PairId metric : metrics) {
    SortMetric(index, metric, parts[metric]);
    ids.insert(ids.end(), parts[metric].begin(), parts[metric].end());
  }
  std::vector<SeriesId>& nameless = parts[LabelDictionary::kNone];
  SortDirectly(index, nameless);
  ids.insert(ids.end(), nameless.begin(), nameless.end());
}

void SeriesOrder::SortMetric(const SeriesIndex& index, PairId metric, std::vector<SeriesId>& ids) {
  const size_t metric_size = index.dictionary().postings(metric).size();
  if (ids.size() < kMinCachedSeries || metric_size > ids.size() * kMaxWalkFactor) {
    SortDirectly(index, ids);
    return;
  }
  MutexLock lock(mutex_);
  if (removed_count_ != index.removed_count()) {
    // Ids and pairs may have been used again for something else.
    by_metric_.clear();
    removed_count_ = index.removed_count();
  }
  std::vector<SeriesId>& sorted = by_metric_[metric];
  if (sorted.size() != metric_size) AddMissing(index, metric, sorted);
  if (ids.size() == sorted.size()) {
    ids = sorted;
    return;
  }
  std::vector<bool> wanted(index.limit());
  for (const SeriesId id : ids) wanted[id] = true;
  ids.clear();
  for (const SeriesId id : sorted) {
    if (wanted[id]) ids.push_back(id);
  }
}

void SeriesOrder::AddMissing(const SeriesIndex& index, PairId metric,
                             std::vector<SeriesId>& sorted) {
  std::vector<SeriesId> all;
  index.dictionary().postings(metric).AppendTo(all);
  std::vector<bool> known(index.limit());
  for (const SeriesId id : sorted) known[id] = true;
  std::vector<SeriesId> added;
  std::ranges::copy_if(all, std::back_inserter(added), [&](SeriesId id) { return !known[id]; });
  SortDirectly(index, added);
  const auto middle = static_cast<ptrdiff_t>(sorted.size());
  sorted.insert(sorted.end(), added.begin(), added.end());
  std::inplace_merge(sorted.begin(), sorted.begin() + middle, sorted.end(),
                     [&](SeriesId a, SeriesId b) { return LessSeries(index, a, b); });
}

size_t SeriesOrder::memory_bytes() const {
  MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& [metric, sorted] : by_metric_) bytes += sorted.capacity() * sizeof(SeriesId);
  return bytes;
}

}  // namespace tocsin::tsdb
