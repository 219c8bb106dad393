#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/histogram.h"
#include "storage/queryable.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/histogram_encoder.h"

namespace tocsin::tsdb {

struct ChunkWriterOptions {
  /// How floats are written: kXor, kXor2 or kDense.
  ChunkEncoding floats = ChunkEncoding::kXor;
  /// Histograms take encodings 5 and 6, which keep start timestamps, instead of 2 and 3.
  bool histograms_with_starts = false;
  /// Upstream's number. More pays off for dense floats.
  uint32_t samples_per_chunk = 120;
};

/// Cuts the samples of one series, oldest first, into chunks that do not overlap: for compaction,
/// for what the head writes out, for remote read. A chunk ends when it is full, when the kind of
/// sample changes, and where a histogram needs one of its own. Confined to a thread.
class ChunkWriter {
 public:
  /// Chunks are appended to `out`, which must outlive this object.
  explicit ChunkWriter(std::vector<storage::EncodedChunk>& out, ChunkWriterOptions options = {});
  /// Call Finish() first: what is not written by then is lost.
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;

  // Timestamps must increase over all calls; histograms must be valid.

  void Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms = 0);
  void Append(int64_t timestamp_ms, const Histogram& histogram, int64_t start_timestamp_ms = 0);
  void Append(int64_t timestamp_ms, const FloatHistogram& histogram,
              int64_t start_timestamp_ms = 0);
  /// All of a buffer, floats and histograms merged by time.
  void Append(const storage::SampleBuffer& samples);
  void Append(std::span<const IntegerHistogramSample> samples);

  /// Writes the chunk that is open. The next series may follow, with its own sequence of time.
  void Finish();

 private:
  enum class Kind { kNone, kFloat, kHistogram, kFloatHistogram };

  void Open(Kind kind);
  void FinishFloats();
  template <typename H>
  void AppendTo(HistogramEncoder<H>& encoder, int64_t timestamp_ms, const H& histogram,
                int64_t start_timestamp_ms);
  template <typename H>
  void FinishHistograms(HistogramEncoder<H>& encoder);

  std::vector<storage::EncodedChunk>& out_;
  const ChunkWriterOptions options_;
  Kind open_ = Kind::kNone;
  storage::SampleBuffer floats_;  // Of the open chunk.
  HistogramChunkEncoder histograms_;
  FloatHistogramChunkEncoder float_histograms_;
};

/// One chunk of floats, count <= 65,535 (kDense: kMaxDenseSamples). `start_timestamps_ms` may be
/// null; only kXor2 keeps them.
storage::EncodedChunk EncodeFloats(ChunkEncoding encoding, const int64_t* timestamps_ms,
                                   const double* values, const int64_t* start_timestamps_ms,
                                   size_t count);

}  // namespace tocsin::tsdb
