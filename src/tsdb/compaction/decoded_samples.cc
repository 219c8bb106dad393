#include "tsdb/compaction/decoded_samples.h"

#include <algorithm>

#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {
namespace {

Status DecodeIntegers(const ChunkView& chunk, int64_t start_ms, int64_t end_ms,
                      std::vector<DecodedSample>& out) {
  std::vector<IntegerHistogramSample> samples;
  TOCSIN_RETURN_IF_ERROR(
      DecodeIntegerHistograms(chunk.encoding, chunk.bytes, start_ms, end_ms, samples));
  for (IntegerHistogramSample& sample : samples) {
    out.push_back({sample.timestamp_ms, sample.start_timestamp_ms, std::move(sample.histogram)});
  }
  return {};
}

}  // namespace

Status DecodeSamples(const ChunkView& chunk, int64_t start_ms, int64_t end_ms,
                     std::vector<DecodedSample>& out) {
  if (IsIntegerHistogramEncoding(chunk.encoding)) {
    return DecodeIntegers(chunk, start_ms, end_ms, out);
  }
  storage::SampleBuffer samples;
  TOCSIN_RETURN_IF_ERROR(DecodeChunk(chunk.encoding, chunk.bytes, start_ms, end_ms, samples));
  for (size_t i = 0; i < samples.values.size(); ++i) {
    const int64_t counted_from_ms =
        samples.start_timestamps_ms.empty() ? 0 : samples.start_timestamps_ms[i];
    out.push_back({samples.timestamps_ms[i], counted_from_ms, samples.values[i]});
  }
  for (const storage::HistogramSample& sample : samples.histograms) {
    out.push_back({sample.timestamp_ms, sample.start_timestamp_ms, *sample.histogram});
  }
  return {};
}

std::vector<storage::EncodedChunk> EncodeSamples(std::span<const DecodedSample> samples) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriterOptions options;
  // Encodings that keep start timestamps are newer: only for what came in one of them.
  if (std::ranges::any_of(
          samples, [](const DecodedSample& sample) { return sample.start_timestamp_ms != 0; })) {
    options.floats = ChunkEncoding::kXor2;
    options.histograms_with_starts = true;
  }
  ChunkWriter writer(chunks, options);
  for (const DecodedSample& sample : samples) {
    std::visit(
        [&](const auto& value) {
          writer.Append(sample.timestamp_ms, value, sample.start_timestamp_ms);
        },
        sample.value);
  }
  writer.Finish();
  return chunks;
}

}  // namespace tocsin::tsdb
