#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/histogram.h"
#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/bit_reader.h"

namespace tocsin::tsdb {

/// What a chunk says about its first sample and the one before it, in the two highest bits of a
/// header byte. All later samples of a counter's chunk go on counting.
enum class CounterResetHeader : uint8_t {
  kUnknown = 0x00,
  kNotReset = 0x40,
  kReset = 0x80,
  kGauge = 0xc0,
};

/// The hint of sample `index` of a chunk. Unknown for the first, whatever the header says: the
/// chunk before may be gone by the time somebody reads, or another may have come between.
CounterResetHint HintOf(CounterResetHeader header, size_t index);

/// The buckets that all samples of a chunk share; stands before the first of them.
struct HistogramLayout {
  int32_t schema = 0;
  double zero_threshold = 0;
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<double> custom_values;

  /// Buckets that the spans stand for.
  size_t positive_count() const { return CountBuckets(positive_spans); }
  size_t negative_count() const { return CountBuckets(negative_spans); }
  /// Numbers that each decoded histogram copies besides its buckets.
  size_t overhead() const {
    return positive_spans.size() + negative_spans.size() + custom_values.size();
  }

  static size_t CountBuckets(const std::vector<HistogramSpan>& spans);
};

void PutLayout(const HistogramLayout& layout, BitBuffer& out);

/// kCorruption if the bits end early, if the schema is unknown, or if there are more buckets than
/// bits for their counts.
Status ReadLayout(BitReader& in, HistogramLayout& out);

/// The fixed part of a histogram chunk: three bytes.
///   encodings 2, 3: count (BE16)  reset header (two bits, six zero bits)
///   encodings 5, 6: reset header (two bits) and count (14 bits)  start timestamp header
struct HistogramChunkHeader {
  static constexpr size_t kBytes = 3;

  uint32_t sample_count = 0;
  CounterResetHeader reset = CounterResetHeader::kUnknown;
  uint8_t start_header = 0;
  bool has_starts = false;

  static Result<HistogramChunkHeader> Read(std::string_view chunk, bool has_starts);
  void AppendTo(std::string& out) const;
  /// What the count field can hold.
  uint32_t max_sample_count() const { return has_starts ? 0x3fff : 0xffff; }
};

}  // namespace tocsin::tsdb
