#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/histogram.h"
#include "storage/queryable.h"
#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/bucket_alignment.h"
#include "tsdb/chunks/histogram_decoder.h"
#include "tsdb/chunks/histogram_layout.h"
#include "tsdb/chunks/start_timestamps.h"

namespace tocsin::tsdb {

/// Writes native histograms of one series as Prometheus' chunks, byte for byte. H is Histogram
/// (encoding 2, or 5 with start timestamps) or FloatHistogram (3 or 6). Use:
///
///   if (!encoder.Append(t, histogram)) {
///     chunks.push_back(encoder.Finish());
///     encoder.Append(t, histogram);   // An empty chunk takes any histogram.
///   }
///
/// A chunk has one layout of buckets: where a histogram brings new ones the chunk is written anew
/// with them, and one that lacks some gets empty ones. Confined to a thread.
template <typename H>
class HistogramEncoder {
 public:
  /// Bytes that a chunk aims at, and samples that it has all the same: upstream's numbers, so that
  /// large histograms gain from their neighbours too.
  static constexpr size_t kTargetBytes = 1024;
  static constexpr uint32_t kMinSamples = 10;
  static constexpr uint32_t kMaxSamples = 120;

  explicit HistogramEncoder(bool stores_start_timestamps = false);

  /// Appends a valid histogram, newer than the last. False, and nothing is changed, when it needs a
  /// chunk of its own: the counter was reset, or schema, zero threshold or custom bounds differ,
  /// counters and gauges would mix, a sample follows a stale marker, or no number is free.
  bool Append(int64_t timestamp_ms, const H& histogram, int64_t start_timestamp_ms = 0);

  /// Whether the next sample should go into another chunk, as it is large or long enough.
  bool is_full() const;
  uint32_t sample_count() const { return header_.sample_count; }
  size_t byte_count() const { return HistogramChunkHeader::kBytes + bits_.byte_count(); }
  uint8_t encoding() const;

  /// The chunk so far, as Finish() would give it.
  storage::EncodedChunk Peek() const;
  /// The chunk, and a new one is begun that goes on after it: its header will say whether the
  /// counter was reset in between.
  storage::EncodedChunk Finish();

 private:
  bool is_gauge() const { return header_.reset == CounterResetHeader::kGauge; }
  std::optional<CounterResetHeader> RefusalOf(const H& histogram, BucketAlignment sides[2]) const;
  bool HasRoom(const H& histogram) const;
  CounterResetHeader FirstHeader(const H& histogram) const;
  void Fit(const BucketAlignment sides[2], H& histogram) const;
  void Recode(const BucketAlignment sides[2], const H& histogram);
  void Begin(const H& histogram);
  void Put(int64_t timestamp_ms, const H& histogram, int64_t start_timestamp_ms);

  // Of the chunk being written; while it is empty, of the one before it.
  HistogramChunkHeader header_;
  HistogramLayout layout_;
  typename internal::StateOf<H>::Type state_;
  bool has_previous_ = false;
  std::optional<CounterResetHeader> refusal_;  // What the next chunk says, decided by Append.

  BitBuffer bits_;
  StartTimestampWriter starts_;
  int64_t min_time_ms_ = 0;
};

extern template class HistogramEncoder<Histogram>;
extern template class HistogramEncoder<FloatHistogram>;

using HistogramChunkEncoder = HistogramEncoder<Histogram>;
using FloatHistogramChunkEncoder = HistogramEncoder<FloatHistogram>;

}  // namespace tocsin::tsdb
