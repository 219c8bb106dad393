#include "tsdb/head_extent.h"

#include "tsdb/head_state.h"
#include "tsdb/series_selector.h"

namespace tocsin::tsdb {

std::vector<HeadSeriesExtent> ListExtents(HeadState& state, std::span<const Matcher> matchers) {
  std::vector<HeadSeriesExtent> extents;
  ReadLock lock(state.index_mutex);
  for (const SeriesId id : SelectSeries(state.index, matchers)) {
    const auto newest = state.series.NewestOf(id, state.columns);
    if (!newest) continue;
    extents.push_back({state.index.LabelsOf(id), state.series.wal_refs[id], newest->timestamp_ms});
  }
  return extents;
}

}  // namespace tocsin::tsdb
