// Any bytes as a chunk, the first of them its encoding: decoding fails and leaves no trace, or
// gives samples that survive being written as any chunk that can hold them.
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/chunk_writer.h"

namespace {

using namespace tocsin;        // NOLINT: a fuzz target is one function.
using namespace tocsin::tsdb;  // NOLINT

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

void Check(bool holds) {
  if (!holds) std::abort();
}

bool Same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<uint64_t>(a[i]) != std::bit_cast<uint64_t>(b[i])) return false;
  }
  return true;
}

void CheckFloats(ChunkEncoding encoding, const storage::SampleBuffer& samples) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks, {.floats = encoding});
  for (size_t i = 0; i < samples.values.size(); ++i) {
    writer.Append(samples.timestamps_ms[i], samples.values[i]);
  }
  writer.Finish();
  storage::SampleBuffer again;
  for (const storage::EncodedChunk& chunk : chunks) {
    Check(DecodeChunk(chunk.encoding, chunk.bytes, kMin, kMax, again).ok());
  }
  // Times of hostile chunks may run backwards; the range of all takes them nevertheless.
  Check(again.timestamps_ms == samples.timestamps_ms && Same(again.values, samples.values));
}

void CheckHistograms(const storage::SampleBuffer& samples) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  for (const storage::HistogramSample& sample : samples.histograms) {
    writer.Append(sample.timestamp_ms, *sample.histogram);
  }
  writer.Finish();
  storage::SampleBuffer again;
  for (const storage::EncodedChunk& chunk : chunks) {
    Check(DecodeChunk(chunk.encoding, chunk.bytes, kMin, kMax, again).ok());
  }
  Check(again.histograms.size() == samples.histograms.size());
  for (size_t i = 0; i < again.histograms.size(); ++i) {
    Check(again.histograms[i].timestamp_ms == samples.histograms[i].timestamp_ms);
    Check(std::bit_cast<uint64_t>(again.histograms[i].histogram->sum) ==
          std::bit_cast<uint64_t>(samples.histograms[i].histogram->sum));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const uint8_t encoding = bytes[0];
  const std::string_view chunk(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  storage::SampleBuffer samples;
  if (!DecodeChunk(encoding, chunk, kMin, kMax, samples)) {
    Check(samples.values.empty() && samples.timestamps_ms.empty() && samples.histograms.empty());
    return 0;
  }
  Check(ChunkSampleCount(encoding, chunk).value_or(0) ==
        samples.values.size() + samples.histograms.size());
  if (IsHistogramEncoding(encoding)) {
    CheckHistograms(samples);
    std::vector<IntegerHistogramSample> integers;
    Check(DecodeIntegerHistograms(encoding, chunk, kMin, kMax, integers).ok() ==
          IsIntegerHistogramEncoding(encoding));
    return 0;
  }
  for (const auto floats : {ChunkEncoding::kXor, ChunkEncoding::kXor2, ChunkEncoding::kDense}) {
    CheckFloats(floats, samples);
  }
  return 0;
}
