#include "tsdb/head_statistics.h"

#include <algorithm>

#include "tsdb/head_state.h"

namespace tocsin::tsdb {
namespace {

bool Before(const NamedCount& a, const NamedCount& b) {
  return a.value != b.value ? a.value > b.value : a.name < b.name;
}

// Keeps the `limit` first of what it is given, building no names for the rest.
class TopList {
 public:
  explicit TopList(size_t limit) : limit_(limit) {}

  template <typename MakeName>
  void Offer(uint64_t value, MakeName make_name) {
    if (limit_ == 0 || (list_.size() == limit_ && value < list_.front().value)) return;
    list_.push_back({make_name(), value});
    std::ranges::push_heap(list_, Before);  // The front is the last in order.
    if (list_.size() > limit_) {
      std::ranges::pop_heap(list_, Before);
      list_.pop_back();
    }
  }
  std::vector<NamedCount> Take() {
    std::ranges::sort(list_, Before);
    return std::move(list_);
  }

 private:
  size_t limit_;
  std::vector<NamedCount> list_;
};

}  // namespace

HeadStatistics CollectStatistics(const HeadState& state, size_t limit) {
  HeadStatistics statistics;
  TopList by_metric(limit), values_by_name(limit), bytes_by_name(limit), by_pair(limit);
  ReadLock lock(state.index_mutex);
  const LabelDictionary& dictionary = state.index.dictionary();
  for (NameId name = 0; name < dictionary.name_count(); ++name) {
    const std::vector<PairId>& pairs = dictionary.pairs_of(name);
    if (pairs.empty()) continue;
    const std::string name_text(dictionary.name_text(name));
    uint64_t bytes = 0;
    for (const PairId pair : pairs) {
      const std::string_view value = dictionary.value_of(pair);
      const uint64_t series_count = dictionary.postings(pair).size();
      bytes += value.size() * series_count;
      by_pair.Offer(series_count, [&] { return name_text + "=" + std::string(value); });
      if (name == LabelDictionary::kMetricNameId) {
        by_metric.Offer(series_count, [&] { return std::string(value); });
      }
    }
    values_by_name.Offer(pairs.size(), [&] { return name_text; });
    bytes_by_name.Offer(bytes, [&] { return name_text; });
  }
  statistics.series_count = state.index.size();
  statistics.label_pair_count = dictionary.pair_count();
  statistics.chunk_count = state.columns.chunk_count();
  statistics.min_time_ms = state.min_time_ms.load(std::memory_order_relaxed);
  statistics.max_time_ms = state.max_time_ms.load(std::memory_order_relaxed);
  statistics.series_count_by_metric_name = by_metric.Take();
  statistics.label_value_count_by_label_name = values_by_name.Take();
  statistics.memory_in_bytes_by_label_name = bytes_by_name.Take();
  statistics.series_count_by_label_value_pair = by_pair.Take();
  return statistics;
}

HeadMemory MeasureMemory(HeadState& state) {
  HeadMemory memory;
  ReadLock lock(state.index_mutex);
  const LabelDictionary& dictionary = state.index.dictionary();
  const SeriesIndex::MemoryBytes index = state.index.memory_bytes();
  memory.postings = dictionary.postings_bytes() + index.all_series;
  memory.label_texts = dictionary.text_bytes();
  memory.label_sets = index.label_sets;
  memory.series_table = index.table;
  memory.entries = state.series.entries.size_bytes() + state.series.wal_refs.size_bytes();
  memory.columns = state.series.columns.size_bytes();
  memory.chunks = state.columns.arena().reserved_bytes();
  memory.order = state.order.memory_bytes();
  memory.rows = state.series.groups.size_bytes();
  memory.extras = state.exemplars.memory_bytes() + state.metadata.memory_bytes();
  state.extras.ForEachId(state.index.limit(), [&](SeriesId id) {
    memory.extras += state.series.WithReadLock(id, [&](const RowGroup*, uint32_t) -> size_t {
      const SeriesExtras* const extras = state.extras.Find(id);
      return extras ? extras->memory_bytes() : 0;
    });
  });
  for (uint32_t id = 1; id < state.group_limit; ++id) {
    const RowGroup& group = state.series.groups[id];
    ReadLock group_lock(state.series.groups[id].mutex);
    memory.rows += group.memory_bytes();
  }
  return memory;
}

}  // namespace tocsin::tsdb
