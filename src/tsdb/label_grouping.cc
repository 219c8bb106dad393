#include "tsdb/label_grouping.h"

#include <algorithm>

#include "tsdb/hash_slots.h"
#include "tsdb/string_hash.h"

namespace tocsin::tsdb {
namespace {

// Series ahead whose labels are fetched: sorted by labels they lie all over memory.
constexpr size_t kPrefetchDistance = 8;

// The pairs that make up each group's labels, one after the other, and a table over them.
class GroupTable {
 public:
  uint32_t FindOrAdd(std::span<const PairId> key) {
    uint64_t hash = key.size();
    for (const PairId pair : key) hash = MixHash(hash, pair);
    const uint32_t found =
        table_.Find(hash, [&](uint32_t group) { return std::ranges::equal(KeyOf(group), key); });
    if (found != HashSlots::kNone) return found;
    const auto group = static_cast<uint32_t>(ends_.size());
    pairs_.insert(pairs_.end(), key.begin(), key.end());
    ends_.push_back(pairs_.size());
    table_.Insert(hash, group);
    return group;
  }
  std::span<const PairId> KeyOf(uint32_t group) const {
    const size_t begin = group == 0 ? 0 : ends_[group - 1];
    return {pairs_.data() + begin, ends_[group] - begin};
  }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }

 private:
  std::vector<PairId> pairs_;
  std::vector<size_t> ends_;
  HashSlots table_;
};

Labels LabelsOfPairs(const LabelDictionary& dictionary, std::span<const PairId> pairs) {
  std::string encoded;
  for (const PairId pair : pairs) {
    AppendLabelString(encoded, dictionary.name_text_of(pair));
    AppendLabelString(encoded, dictionary.value_of(pair));
  }
  return Labels::FromEncoded(std::move(encoded));
}

// By name id: whether labels of that name take part in the key.
std::vector<bool> NamesInKey(const LabelDictionary& dictionary, std::span<const std::string> names,
                             bool without) {
  std::vector<bool> in_key(dictionary.name_count(), without);
  for (const std::string& name : names) {
    const NameId id = dictionary.FindName(name);
    if (id != LabelDictionary::kNone) in_key[id] = !without;
  }
  if (without) in_key[LabelDictionary::kMetricNameId] = false;
  return in_key;
}

}  // namespace

storage::SeriesGrouping GroupSeries(const SeriesIndex& index, std::span<const SeriesId> ids,
                                    std::span<const std::string> names, bool without) {
  const LabelDictionary& dictionary = index.dictionary();
  const std::vector<bool> in_key = NamesInKey(dictionary, names, without);
  GroupTable groups;
  storage::SeriesGrouping grouping;
  grouping.group_of_series.reserve(ids.size());
  std::vector<PairId> key;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i + 2 * kPrefetchDistance < ids.size()) {
      index.PrefetchRun(ids[i + 2 * kPrefetchDistance]);
      index.PrefetchPairs(ids[i + kPrefetchDistance]);
    }
    key.clear();
    for (const PairId pair : index.PairsOf(ids[i])) {
      if (in_key[dictionary.name_of(pair)]) key.push_back(pair);
    }
    grouping.group_of_series.push_back(groups.FindOrAdd(key));
  }
  for (uint32_t group = 0; group < groups.size(); ++group) {
    grouping.group_labels.push_back(LabelsOfPairs(dictionary, groups.KeyOf(group)));
  }
  return grouping;
}

}  // namespace tocsin::tsdb
