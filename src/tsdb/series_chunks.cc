#include "tsdb/series_chunks.h"

#include <algorithm>

#include "tsdb/chunk_cutter.h"
#include "tsdb/series_reader.h"

namespace tocsin::tsdb {
namespace {

using storage::EncodedChunk;
using storage::SampleBuffer;

// The floats that are not in chunks: rows and pending samples.
Status EncodeNewest(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                    const HeadView& view, int64_t start_ms, int64_t end_ms,
                    std::vector<EncodedChunk>& out) {
  if (!out.empty()) {
    if (out.back().max_time_ms >= end_ms) return {};
    start_ms = std::max(start_ms, out.back().max_time_ms + 1);
  }
  SampleBuffer newest;
  TOCSIN_RETURN_IF_ERROR(ReadFloats(state, id, group, slot, view, start_ms, end_ms, newest));
  ChunkCutter cutter(out);
  for (size_t i = 0; i < newest.values.size(); ++i) {
    cutter.AddFloat(newest.timestamps_ms[i], newest.values[i]);
  }
  cutter.Finish();
  return {};
}

Status ReadFloatChunks(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                       const HeadView& view, int64_t start_ms, int64_t end_ms,
                       std::vector<EncodedChunk>& out) {
  std::vector<EncodedChunk> chunks;
  TOCSIN_RETURN_IF_ERROR(
      state.columns.CopyChunks(state.series.columns[id], start_ms, end_ms, chunks));
  TOCSIN_RETURN_IF_ERROR(EncodeNewest(state, id, group, slot, view, start_ms, end_ms, chunks));
  std::ranges::move(chunks, std::back_inserter(out));
  return {};
}

bool AreApart(const std::vector<EncodedChunk>& chunks) {
  for (size_t i = 1; i < chunks.size(); ++i) {
    if (chunks[i].min_time_ms <= chunks[i - 1].max_time_ms) return false;
  }
  return true;
}

// Everything in order, sample by sample.
Status CollectInOrder(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                      const HeadView& view, int64_t start_ms, int64_t end_ms,
                      std::vector<AnySample>& out) {
  SampleBuffer floats;
  TOCSIN_RETURN_IF_ERROR(ReadFloats(state, id, group, slot, view, start_ms, end_ms, floats));
  for (size_t i = 0; i < floats.values.size(); ++i) {
    AnySample& sample = out.emplace_back();
    sample.timestamp_ms = floats.timestamps_ms[i];
    sample.value = floats.values[i];
  }
  const SeriesExtras* const extras = state.extras.Find(id);
  TOCSIN_RETURN_IF_ERROR(extras->histograms.ReadAny(
      view.point.sequence, std::max(start_ms, view.point.min_time_ms), end_ms, out));
  return {};
}

// The slow way: decodes all and encodes it again.
Status EncodeAll(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                 const HeadView& view, int64_t start_ms, int64_t end_ms,
                 std::vector<EncodedChunk>& out) {
  std::vector<AnySample> samples;
  if (view.part != HeadPart::kOutOfOrder) {
    TOCSIN_RETURN_IF_ERROR(CollectInOrder(state, id, group, slot, view, start_ms, end_ms, samples));
  }
  if (view.part != HeadPart::kInOrder) {
    TOCSIN_RETURN_IF_ERROR(
        state.extras.Find(id)->out_of_order.Read(view.point.sequence, start_ms, end_ms, samples));
  }
  // Stable: of one time the sample in order, which is first, stays.
  std::ranges::stable_sort(samples, {}, &AnySample::timestamp_ms);
  ChunkCutter cutter(out);
  const AnySample* last = nullptr;
  for (const AnySample& sample : samples) {
    if (last == nullptr || last->timestamp_ms != sample.timestamp_ms) cutter.Add(sample);
    last = &sample;
  }
  cutter.Finish();
  return {};
}

}  // namespace

Status ReadSeriesChunks(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                        const HeadView& view, int64_t start_ms, int64_t end_ms,
                        std::vector<EncodedChunk>& out) {
  const SeriesExtras* const extras = state.extras.Find(id);
  if (extras == nullptr) {
    if (view.part == HeadPart::kOutOfOrder) return {};
    return ReadFloatChunks(state, id, group, slot, view, start_ms, end_ms, out);
  }
  const bool has_out_of_order = view.part != HeadPart::kInOrder &&
                                extras->out_of_order.max_time_ms() >= start_ms &&
                                extras->out_of_order.min_time_ms() <= end_ms;
  if (has_out_of_order) {
    return EncodeAll(state, id, group, slot, view, start_ms, end_ms, out);
  }
  if (view.part == HeadPart::kOutOfOrder) return {};
  std::vector<EncodedChunk> chunks;
  TOCSIN_RETURN_IF_ERROR(ReadFloatChunks(state, id, group, slot, view, start_ms, end_ms, chunks));
  TOCSIN_RETURN_IF_ERROR(extras->histograms.CopyChunks(
      view.point.sequence, std::max(start_ms, view.point.min_time_ms), end_ms, chunks));
  std::ranges::sort(chunks, {}, &EncodedChunk::min_time_ms);
  if (!AreApart(chunks)) {
    return EncodeAll(state, id, group, slot, view, start_ms, end_ms, out);
  }
  std::ranges::move(chunks, std::back_inserter(out));
  return {};
}

}  // namespace tocsin::tsdb
