#include "tsdb/head_series_set.h"

#include <algorithm>

#include "tsdb/label_grouping.h"
#include "tsdb/series_chunks.h"

namespace tocsin::tsdb {
namespace {

// Series ahead whose state is fetched during a read: callers read one after the other.
constexpr size_t kPrefetchDistance = 3;

}  // namespace

Labels HeadSeriesSet::LabelsOf(size_t index) const NO_THREAD_SAFETY_ANALYSIS {
  // No lock: labels of a series that cannot be released do not change.
  return state_.index.LabelsOf(ids_[index]);
}

Status HeadSeriesSet::Read(size_t index, int64_t start_ms, int64_t end_ms,
                           storage::SampleBuffer& out) const {
  const SeriesId id = ids_[index];
  if (index + kPrefetchDistance < ids_.size()) {
    __builtin_prefetch(&state_.series.entries[ids_[index + kPrefetchDistance]]);
    __builtin_prefetch(&state_.series.columns[ids_[index + kPrefetchDistance]]);
  }
  return state_.series.WithReadLock(id, [&](const RowGroup* group, uint32_t slot) {
    return ReadSeries(state_, id, group, slot, view_, start_ms, end_ms, out);
  });
}

Status HeadSeriesSet::ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                                 std::vector<storage::EncodedChunk>& out) const {
  const SeriesId id = ids_[index];
  return state_.series.WithReadLock(id, [&](const RowGroup* group, uint32_t slot) {
    return ReadSeriesChunks(state_, id, group, slot, view_, start_ms, end_ms, out);
  });
}

Status HeadSeriesSet::ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                                 std::span<Latest> out) const {
  return ReadLatestOfMany(state_, std::span(ids_).subspan(first, out.size()), view_, start_ms,
                          end_ms, out);
}

storage::SeriesGrouping HeadSeriesSet::GroupBy(std::span<const std::string> names,
                                               bool without) const {
  ReadLock lock(state_.index_mutex);
  return GroupSeries(state_.index, ids_, names, without);
}

}  // namespace tocsin::tsdb
