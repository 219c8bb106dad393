#include "tsdb/series_reader.h"

#include <algorithm>

#include "tsdb/extras_reader.h"

namespace tocsin::tsdb {
namespace {

// A slot's values lie a row apart: fetched one after the other they would cost a miss each.
void PrefetchRows(const RowGroup& group, uint32_t slot) {
  for (const auto& row : group.rows) {
    if (slot >= row->slot_count) continue;
    __builtin_prefetch(&row->values[slot]);
    __builtin_prefetch(&row->present[slot / 64]);
  }
}

void Push(storage::SampleBuffer& out, int64_t timestamp_ms, double value) {
  out.timestamps_ms.push_back(timestamp_ms);
  out.values.push_back(value);
}

Sample InRange(const Sample& sample, int64_t start_ms) {
  return sample.timestamp_ms < start_ms ? Sample{storage::SeriesSet::kNoSample, 0} : sample;
}

// The newest float in order. With `is_surely_newest` the series has nothing newer of any kind.
Result<Sample> NewestFloat(const HeadState& state, SeriesId id, const RowGroup* group,
                           uint32_t slot, uint64_t sequence, int64_t start_ms, int64_t end_ms,
                           bool& is_surely_newest) {
  Sample found{storage::SeriesSet::kNoSample, 0};
  if (group != nullptr) {
    for (auto row = group->rows.rbegin(); row != group->rows.rend(); ++row) {
      if ((*row)->sequence > sequence || (*row)->timestamp_ms > end_ms || !(*row)->Has(slot))
        continue;
      found = {(*row)->timestamp_ms, (*row)->values[slot]};
      break;
    }
  }
  const bool is_in_row = found.timestamp_ms != storage::SeriesSet::kNoSample;
  // The column is memory that nobody has touched lately.
  is_surely_newest = is_in_row && !group->may_have_pending;
  if (is_surely_newest) return InRange(found, start_ms);
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
  return InRange(found, start_ms);
}

}  // namespace

Status ReadFloats(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SampleBuffer& out) {
  out.Clear();
  start_ms = std::max(start_ms, view.point.min_time_ms);
  const uint64_t sequence = view.point.sequence;
  if (group != nullptr) PrefetchRows(*group, slot);
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

Status ReadSeries(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SampleBuffer& out) {
  if (view.part == HeadPart::kOutOfOrder) {
    out.Clear();
  } else {
    TOCSIN_RETURN_IF_ERROR(ReadFloats(state, id, group, slot, view, start_ms, end_ms, out));
  }
  const SeriesExtras* const extras = state.extras.Find(id);
  if (extras == nullptr) return {};
  return MergeExtras(*extras, view, start_ms, end_ms, out);
}

Status ReadNewest(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SeriesSet::Latest& out) {
  out = {storage::SeriesSet::kNoSample, 0, nullptr};
  bool is_surely_newest = false;
  if (view.part != HeadPart::kOutOfOrder) {
    TOCSIN_ASSIGN_OR_RETURN(
        const Sample newest,
        NewestFloat(state, id, group, slot, view.point.sequence,
                    std::max(start_ms, view.point.min_time_ms), end_ms, is_surely_newest));
    out.timestamp_ms = newest.timestamp_ms;
    out.value = newest.value;
  }
  if (is_surely_newest) return {};
  const SeriesExtras* const extras = state.extras.Find(id);
  if (extras == nullptr) return {};
  return RaiseLatest(*extras, view, start_ms, end_ms, out);
}

namespace {

using Latest = storage::SeriesSet::Latest;

// The indexes of `places` in order of groups, and where each group's begin.
struct ByGroup {
  explicit ByGroup(std::span<const SeriesPlace> places) : order(places.size()) {
    uint32_t limit = 1;
    for (const SeriesPlace& place : places) limit = std::max(limit, place.group + 1);
    begins.resize(limit + 1);
    for (const SeriesPlace& place : places) ++begins[place.group + 1];
    for (size_t group = 1; group < begins.size(); ++group) begins[group] += begins[group - 1];
    std::vector<uint32_t> next(begins.begin(), begins.end() - 1);
    for (uint32_t i = 0; i < places.size(); ++i) order[next[places[i].group]++] = i;
  }
  std::vector<uint32_t> order;
  std::vector<uint32_t> begins;
};

Status ReadOneLatest(HeadState& state, SeriesId id, const HeadView& view, int64_t start_ms,
                     int64_t end_ms, Latest& out) {
  return state.series.WithReadLock(id, [&](const RowGroup* group, uint32_t slot) {
    return ReadNewest(state, id, group, slot, view, start_ms, end_ms, out);
  });
}

}  // namespace

Status ReadLatestOfMany(HeadState& state, std::span<const SeriesId> ids, const HeadView& view,
                        int64_t start_ms, int64_t end_ms, std::span<Latest> out) {
  std::vector<SeriesPlace> places(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) places[i] = state.series.PlaceOf(ids[i]);
  const ByGroup by_group(places);
  // Left for the second pass: series that are in no group, or whose place changed meanwhile.
  std::vector<uint32_t> singles(by_group.order.begin(),
                                by_group.order.begin() + by_group.begins[1]);
  for (uint32_t group_id = 1; group_id + 1 < by_group.begins.size(); ++group_id) {
    const uint32_t begin = by_group.begins[group_id];
    const uint32_t end = by_group.begins[group_id + 1];
    if (begin == end) continue;
    const RowGroup& group = state.series.groups[group_id];
    ReadLock lock(state.series.groups[group_id].mutex);
    for (uint32_t at = begin; at < end; ++at) {
      const uint32_t i = by_group.order[at];
      if (state.series.PlaceOf(ids[i]) != places[i]) {
        singles.push_back(i);
        continue;
      }
      TOCSIN_RETURN_IF_ERROR(
          ReadNewest(state, ids[i], &group, places[i].slot, view, start_ms, end_ms, out[i]));
    }
  }
  for (const uint32_t i : singles) {
    TOCSIN_RETURN_IF_ERROR(ReadOneLatest(state, ids[i], view, start_ms, end_ms, out[i]));
  }
  return {};
}

}  // namespace tocsin::tsdb
