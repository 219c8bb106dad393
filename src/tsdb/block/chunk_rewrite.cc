#include "tsdb/block/chunk_rewrite.h"

#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {
namespace {

// The options that write in the encoding of the chunk, so that nothing of it is lost.
ChunkWriterOptions OptionsFor(uint8_t encoding) {
  ChunkWriterOptions options;
  const auto kind = static_cast<ChunkEncoding>(encoding);
  if (kind == ChunkEncoding::kXor2 || kind == ChunkEncoding::kDense) options.floats = kind;
  options.histograms_with_starts =
      kind == ChunkEncoding::kHistogramStart || kind == ChunkEncoding::kFloatHistogramStart;
  return options;
}

}  // namespace

Status RewriteChunk(const StoredChunk& chunk, std::span<const Tombstone> deleted,
                    std::vector<storage::EncodedChunk>& out) {
  ChunkWriter writer(out, OptionsFor(chunk.encoding));
  if (IsIntegerHistogramEncoding(chunk.encoding)) {
    std::vector<IntegerHistogramSample> samples;
    TOCSIN_RETURN_IF_ERROR(
        DecodeIntegerHistograms(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, samples));
    std::erase_if(samples, [&](const IntegerHistogramSample& sample) {
      return IsDeletedAt(deleted, sample.timestamp_ms);
    });
    writer.Append(samples);
  } else {
    storage::SampleBuffer samples;
    TOCSIN_RETURN_IF_ERROR(DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, samples));
    EraseDeleted(deleted, samples);
    writer.Append(samples);
  }
  writer.Finish();
  return {};
}

}  // namespace tocsin::tsdb
