#include "tsdb/chunks/chunk_writer.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "tsdb/chunks/dense_chunk.h"
#include "tsdb/chunks/xor2_chunk.h"
#include "tsdb/chunks/xor_chunk.h"

namespace tocsin::tsdb {
namespace {

std::string EncodeXor(const int64_t* timestamps_ms, const double* values, size_t count) {
  XorCursor cursor;
  std::string chunk(kXorHeaderBytes + count * kMaxXorSampleBytes + 8, '\0');
  XorAppend(cursor, timestamps_ms, values, count, chunk.data() + kXorHeaderBytes);
  chunk[0] = static_cast<char>(count >> 8);
  chunk[1] = static_cast<char>(count);
  chunk.resize(kXorHeaderBytes + cursor.byte_count());
  return chunk;
}

std::string EncodeXor2(const int64_t* timestamps_ms, const double* values,
                       const int64_t* start_timestamps_ms, size_t count) {
  Xor2Encoder encoder;
  for (size_t i = 0; i < count; ++i) {
    encoder.Append(timestamps_ms[i], values[i],
                   start_timestamps_ms == nullptr ? 0 : start_timestamps_ms[i]);
  }
  return encoder.Bytes();
}

}  // namespace

storage::EncodedChunk EncodeFloats(ChunkEncoding encoding, const int64_t* timestamps_ms,
                                   const double* values, const int64_t* start_timestamps_ms,
                                   size_t count) {
  CHECK(count > 0 && count <= Xor2Encoder::kMaxSamples, "a chunk holds 1 to 65535 samples");
  storage::EncodedChunk chunk;
  chunk.min_time_ms = timestamps_ms[0];
  chunk.max_time_ms = timestamps_ms[count - 1];
  chunk.encoding = static_cast<uint8_t>(encoding);
  switch (encoding) {
    case ChunkEncoding::kXor2:
      chunk.bytes = EncodeXor2(timestamps_ms, values, start_timestamps_ms, count);
      break;
    case ChunkEncoding::kDense:
      chunk.bytes = DenseEncode(timestamps_ms, values, count);
      break;
    default:
      CHECK(encoding == ChunkEncoding::kXor, "no encoding of floats");
      chunk.bytes = EncodeXor(timestamps_ms, values, count);
      break;
  }
  return chunk;
}

ChunkWriter::ChunkWriter(std::vector<storage::EncodedChunk>& out, ChunkWriterOptions options)
    : out_(out),
      options_(options),
      histograms_(options.histograms_with_starts),
      float_histograms_(options.histograms_with_starts) {}

ChunkWriter::~ChunkWriter() = default;

void ChunkWriter::Open(Kind kind) {
  if (open_ == kind) return;
  Finish();
  open_ = kind;
}

void ChunkWriter::Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms) {
  Open(Kind::kFloat);
  floats_.timestamps_ms.push_back(timestamp_ms);
  floats_.values.push_back(value);
  floats_.start_timestamps_ms.push_back(start_timestamp_ms);
  if (floats_.values.size() >= options_.samples_per_chunk) FinishFloats();
}

void ChunkWriter::Append(int64_t timestamp_ms, const Histogram& histogram,
                         int64_t start_timestamp_ms) {
  Open(Kind::kHistogram);
  AppendTo(histograms_, timestamp_ms, histogram, start_timestamp_ms);
}

void ChunkWriter::Append(int64_t timestamp_ms, const FloatHistogram& histogram,
                         int64_t start_timestamp_ms) {
  Open(Kind::kFloatHistogram);
  AppendTo(float_histograms_, timestamp_ms, histogram, start_timestamp_ms);
}

void ChunkWriter::Append(const storage::SampleBuffer& samples) {
  const bool has_starts = !samples.start_timestamps_ms.empty();
  size_t i = 0;
  for (const storage::HistogramSample& sample : samples.histograms) {
    for (; i < samples.values.size() && samples.timestamps_ms[i] < sample.timestamp_ms; ++i) {
      Append(samples.timestamps_ms[i], samples.values[i],
             has_starts ? samples.start_timestamps_ms[i] : 0);
    }
    Append(sample.timestamp_ms, *sample.histogram, sample.start_timestamp_ms);
  }
  for (; i < samples.values.size(); ++i) {
    Append(samples.timestamps_ms[i], samples.values[i],
           has_starts ? samples.start_timestamps_ms[i] : 0);
  }
}

void ChunkWriter::Append(std::span<const IntegerHistogramSample> samples) {
  for (const IntegerHistogramSample& sample : samples) {
    Append(sample.timestamp_ms, sample.histogram, sample.start_timestamp_ms);
  }
}

template <typename H>
void ChunkWriter::AppendTo(HistogramEncoder<H>& encoder, int64_t timestamp_ms, const H& histogram,
                           int64_t start_timestamp_ms) {
  if (encoder.is_full() || encoder.sample_count() >= options_.samples_per_chunk) {
    FinishHistograms(encoder);
  }
  if (encoder.Append(timestamp_ms, histogram, start_timestamp_ms)) return;
  FinishHistograms(encoder);
  CHECK(encoder.Append(timestamp_ms, histogram, start_timestamp_ms), "refused by an empty chunk");
}

template <typename H>
void ChunkWriter::FinishHistograms(HistogramEncoder<H>& encoder) {
  if (encoder.sample_count() > 0) out_.push_back(encoder.Finish());
}

void ChunkWriter::FinishFloats() {
  if (floats_.values.empty()) return;
  out_.push_back(EncodeFloats(options_.floats, floats_.timestamps_ms.data(), floats_.values.data(),
                              floats_.start_timestamps_ms.data(), floats_.values.size()));
  floats_.Clear();
}

void ChunkWriter::Finish() {
  FinishFloats();
  FinishHistograms(histograms_);
  FinishHistograms(float_histograms_);
  // What follows does not go on after these: another kind or another series.
  histograms_ = HistogramChunkEncoder(options_.histograms_with_starts);
  float_histograms_ = FloatHistogramChunkEncoder(options_.histograms_with_starts);
  open_ = Kind::kNone;
}

}  // namespace tocsin::tsdb
