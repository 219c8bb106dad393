#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/histogram.h"
#include "tsdb/chunks/histogram_layout.h"
#include "tsdb/chunks/start_timestamps.h"
#include "tsdb/chunks/xor_value.h"

namespace tocsin::tsdb {

/// The numbers of an integer histogram sample, as chunks carry them: as changes of changes.
struct IntegerSampleState {
  struct Number {
    uint64_t value = 0;  // Unsigned, so that malformed input wraps instead of overflowing.
    uint64_t delta = 0;
    void Advance(int64_t change) { value += delta += static_cast<uint64_t>(change); }
  };
  Number timestamp_ms, count, zero_count;
  XorValue sum;
  std::vector<Number> positive, negative;  ///< Each the difference to the bucket before.
};

/// The same for floats: XORed with the sample before.
struct FloatSampleState {
  IntegerSampleState::Number timestamp_ms;
  XorValue count, zero_count, sum;
  std::vector<XorValue> positive, negative;
};

namespace internal {
template <typename H>
struct StateOf;
template <>
struct StateOf<Histogram> {
  using Type = IntegerSampleState;
};
template <>
struct StateOf<FloatHistogram> {
  using Type = FloatSampleState;
};
}  // namespace internal

/// Reads a histogram chunk sample by sample. H is Histogram (encodings 2 and 5) or FloatHistogram
/// (3 and 6). Bounded on any bytes: work and memory are proportional to the chunk. Confined to a
/// thread; borrows the bytes.
template <typename H>
class HistogramDecoder {
 public:
  /// A chunk whose samples would copy more spans and bounds than this is refused: a few bytes must
  /// not become gigabytes. Real ones copy some thousands.
  static constexpr uint64_t kMaxOverhead = uint64_t{1} << 22;

  /// `chunk` with its header.
  static Result<HistogramDecoder> Open(std::string_view chunk, bool has_starts);

  /// Goes to the next sample. False at the end, and when the chunk is malformed (status()).
  bool Next();
  Status status() const;

  const HistogramChunkHeader& header() const { return header_; }
  int64_t timestamp_ms() const { return static_cast<int64_t>(state_.timestamp_ms.value); }
  int64_t start_timestamp_ms() const { return start_ms_; }
  bool is_stale() const;
  /// The current sample. Stale markers have nothing but their sum.
  H Get() const;
  /// The same with float counts.
  FloatHistogram GetFloat() const;

 private:
  HistogramDecoder(HistogramChunkHeader header, BitReader in)
      : header_(header), in_(in), starts_(header.start_header) {}

  bool ReadFirst();
  bool ReadLater();
  void CopyLayout(H& out) const;

  HistogramChunkHeader header_;
  BitReader in_;
  HistogramLayout layout_;
  typename internal::StateOf<H>::Type state_;
  StartTimestampReader starts_;
  int64_t start_ms_ = 0;
  uint32_t read_ = 0;
  bool is_malformed_ = false;
};

extern template class HistogramDecoder<Histogram>;
extern template class HistogramDecoder<FloatHistogram>;

}  // namespace tocsin::tsdb
