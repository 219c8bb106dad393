#include "tsdb/series_reader.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

void Push(storage::SampleBuffer& out, int64_t timestamp_ms, double value) {
  out.timestamps_ms.push_back(timestamp_ms);
  out.values.push_back(value);
}

}  // namespace

Status ReadSeries(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  uint64_t sequence, int64_t start_ms, int64_t end_ms, storage::SampleBuffer& out) {
  out.Clear();
  const ChunkColumn& column = state.series.columns[id];
  TOCSIN_RETURN_IF_ERROR(state.columns.ReadChunks(column, start_ms, end_ms, out));
  // Rows and pending samples, both rising in time, merge into one.
  const auto pending = state.columns.Pending(column);
  size_t at = 0;
  const auto push_pending_before = [&](int64_t before_ms) {
    for (; at < pending.size() && pending[at].timestamp_ms < before_ms; ++at) {
      const PendingSample& sample = pending[at];
      if (sample.sequence <= sequence && sample.timestamp_ms >= start_ms &&
          sample.timestamp_ms <= end_ms) {
        Push(out, sample.timestamp_ms, sample.value);
      }
    }
  };
  if (group != nullptr) {
    for (const auto& row : group->rows) {
      if (row->sequence > sequence) break;
      if (!row->Has(slot) || row->timestamp_ms < start_ms || row->timestamp_ms > end_ms) continue;
      push_pending_before(row->timestamp_ms);
      Push(out, row->timestamp_ms, row->values[slot]);
    }
  }
  push_pending_before(INT64_MAX);
  return {};
}

Result<Sample> ReadNewest(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                          uint64_t sequence, int64_t start_ms, int64_t end_ms) {
  Sample found{storage::SeriesSet::kNoSample, 0};
  if (group != nullptr) {
    for (auto row = group->rows.rbegin(); row != group->rows.rend(); ++row) {
      if ((*row)->sequence > sequence || (*row)->timestamp_ms > end_ms || !(*row)->Has(slot))
        continue;
      found = {(*row)->timestamp_ms, (*row)->values[slot]};
      break;
    }
  }
  const ChunkColumn& column = state.series.columns[id];
  const auto pending = state.columns.Pending(column);
  for (auto sample = pending.rbegin(); sample != pending.rend(); ++sample) {
    if (sample->sequence > sequence || sample->timestamp_ms > end_ms) continue;
    if (sample->timestamp_ms > found.timestamp_ms) found = {sample->timestamp_ms, sample->value};
    break;
  }
  if (found.timestamp_ms == storage::SeriesSet::kNoSample) {
    return state.columns.LatestInChunks(column, start_ms, end_ms);
  }
  // Chunks are older than rows and pending samples.
  if (found.timestamp_ms < start_ms) found = {storage::SeriesSet::kNoSample, 0};
  return found;
}

}  // namespace tocsin::tsdb
