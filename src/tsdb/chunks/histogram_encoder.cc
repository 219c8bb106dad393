// Rules of tsdb/chunkenc/histogram.go and float_histogram.go: appendable, appendableGauge, recode.
// The grammar of the bytes stands atop histogram_decoder.cc.
#include "tsdb/chunks/histogram_encoder.h"

#include <bit>
#include <string>
#include <type_traits>
#include <utility>

#include "model/sample.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/varbit.h"

namespace tocsin::tsdb {
namespace {

using Number = IntegerSampleState::Number;

constexpr int kPositive = 0;
constexpr int kNegative = 1;

std::vector<int64_t> AbsoluteOf(const std::vector<int64_t>& deltas) {
  std::vector<int64_t> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;
  for (const int64_t delta : deltas) {
    counts.push_back(static_cast<int64_t>(count += static_cast<uint64_t>(delta)));
  }
  return counts;
}

std::vector<int64_t> DeltasOf(const std::vector<int64_t>& counts) {
  std::vector<int64_t> deltas;
  deltas.reserve(counts.size());
  uint64_t before = 0;
  for (const int64_t count : counts) {
    deltas.push_back(static_cast<int64_t>(static_cast<uint64_t>(count) - before));
    before = static_cast<uint64_t>(count);
  }
  return deltas;
}

// What both kinds have under different names.

std::vector<int64_t>& BucketsOf(Histogram& histogram, int side) {
  return side == kPositive ? histogram.positive_deltas : histogram.negative_deltas;
}
std::vector<double>& BucketsOf(FloatHistogram& histogram, int side) {
  return side == kPositive ? histogram.positive_buckets : histogram.negative_buckets;
}
template <typename H>
const auto& BucketsOf(const H& histogram, int side) {
  return BucketsOf(const_cast<H&>(histogram), side);
}

template <typename H>
auto& SpansOf(H& histogram, int side) {
  return side == kPositive ? histogram.positive_spans : histogram.negative_spans;
}

std::vector<int64_t> CountsOf(const Histogram& histogram, int side) {
  return AbsoluteOf(BucketsOf(histogram, side));
}
const std::vector<double>& CountsOf(const FloatHistogram& histogram, int side) {
  return BucketsOf(histogram, side);
}

std::vector<int64_t> LastCounts(const IntegerSampleState& state, int side) {
  std::vector<int64_t> deltas;
  for (const Number& bucket : side == kPositive ? state.positive : state.negative) {
    deltas.push_back(static_cast<int64_t>(bucket.value));
  }
  return AbsoluteOf(deltas);
}
std::vector<double> LastCounts(const FloatSampleState& state, int side) {
  std::vector<double> counts;
  for (const XorValue& bucket : side == kPositive ? state.positive : state.negative) {
    counts.push_back(bucket.value());
  }
  return counts;
}

uint64_t LastCount(const Number& count) { return count.value; }
double LastCount(const XorValue& count) { return count.value(); }

void SetCounts(Histogram& histogram, int side, const std::vector<int64_t>& counts) {
  BucketsOf(histogram, side) = DeltasOf(counts);
}
void SetCounts(FloatHistogram& histogram, int side, std::vector<double> counts) {
  BucketsOf(histogram, side) = std::move(counts);
}

template <typename H>
void Grow(H& histogram, int side, std::span<const uint32_t> positions, size_t size) {
  SetCounts(histogram, side, Expand(CountsOf(histogram, side), positions, size));
}

/// The change of the delta, which becomes the state's.
int64_t PutNumber(Number& number, uint64_t value) {
  const uint64_t delta = value - number.value;
  const uint64_t change = delta - number.delta;
  number = {value, delta};
  return static_cast<int64_t>(change);
}

void PutFirst(BitBuffer& out, const Histogram& histogram, IntegerSampleState& state) {
  state.count = {histogram.count, 0};
  state.zero_count = {histogram.zero_count, 0};
  state.sum = XorValue(histogram.sum);
  PutVarbitUint(out, histogram.count);
  PutVarbitUint(out, histogram.zero_count);
  out.Put(state.sum.bits, 64);
  for (const int side : {kPositive, kNegative}) {
    auto& buckets = side == kPositive ? state.positive : state.negative;
    buckets.clear();
    for (const int64_t delta : BucketsOf(histogram, side)) {
      PutVarbitInt(out, delta);
      buckets.push_back({static_cast<uint64_t>(delta), 0});
    }
  }
}

void PutFirst(BitBuffer& out, const FloatHistogram& histogram, FloatSampleState& state) {
  const auto put = [&out](double value) {
    out.Put(std::bit_cast<uint64_t>(value), 64);
    return XorValue(value);
  };
  state.count = put(histogram.count);
  state.zero_count = put(histogram.zero_count);
  state.sum = put(histogram.sum);
  for (const int side : {kPositive, kNegative}) {
    auto& buckets = side == kPositive ? state.positive : state.negative;
    buckets.clear();
    for (const double count : BucketsOf(histogram, side)) buckets.push_back(put(count));
  }
}

void PutLater(BitBuffer& out, const Histogram& histogram, IntegerSampleState& state) {
  const bool is_stale = IsStaleNan(histogram.sum);
  const int64_t count = PutNumber(state.count, histogram.count);
  const int64_t zero_count = PutNumber(state.zero_count, histogram.zero_count);
  PutVarbitInt(out, is_stale ? 0 : count);
  PutVarbitInt(out, is_stale ? 0 : zero_count);
  state.sum.Put(out, histogram.sum);
  if (is_stale) return;
  for (const int side : {kPositive, kNegative}) {
    auto& buckets = side == kPositive ? state.positive : state.negative;
    const auto& deltas = BucketsOf(histogram, side);
    for (size_t i = 0; i < deltas.size(); ++i) {
      PutVarbitInt(out, PutNumber(buckets[i], static_cast<uint64_t>(deltas[i])));
    }
  }
}

void PutLater(BitBuffer& out, const FloatHistogram& histogram, FloatSampleState& state) {
  state.count.Put(out, histogram.count);
  state.zero_count.Put(out, histogram.zero_count);
  state.sum.Put(out, histogram.sum);
  for (const int side : {kPositive, kNegative}) {
    auto& buckets = side == kPositive ? state.positive : state.negative;
    const auto& counts = BucketsOf(histogram, side);
    for (size_t i = 0; i < counts.size(); ++i) buckets[i].Put(out, counts[i]);
  }
}

}  // namespace

template <typename H>
HistogramEncoder<H>::HistogramEncoder(bool stores_start_timestamps) {
  header_.has_starts = stores_start_timestamps;
}

template <typename H>
uint8_t HistogramEncoder<H>::encoding() const {
  constexpr bool kIsFloat = std::is_same_v<H, FloatHistogram>;
  constexpr auto kPlain = kIsFloat ? ChunkEncoding::kFloatHistogram : ChunkEncoding::kHistogram;
  constexpr auto kWithStarts =
      kIsFloat ? ChunkEncoding::kFloatHistogramStart : ChunkEncoding::kHistogramStart;
  return static_cast<uint8_t>(header_.has_starts ? kWithStarts : kPlain);
}

template <typename H>
bool HistogramEncoder<H>::is_full() const {
  return sample_count() >= kMaxSamples ||
         (sample_count() >= kMinSamples && byte_count() >= kTargetBytes);
}

template <typename H>
std::optional<CounterResetHeader> HistogramEncoder<H>::RefusalOf(const H& histogram,
                                                                 BucketAlignment sides[2]) const {
  // Floats tell a reset from everything else, integers also what is certainly none.
  constexpr bool kIsFloat = std::is_same_v<H, FloatHistogram>;
  constexpr auto kReset = CounterResetHeader::kReset;
  constexpr auto kUnknown = CounterResetHeader::kUnknown;
  const bool wants_gauge = histogram.counter_reset_hint == CounterResetHint::kGauge;
  if (wants_gauge && !is_gauge()) return CounterResetHeader::kGauge;
  if (!wants_gauge && is_gauge()) return kIsFloat ? kUnknown : CounterResetHeader::kNotReset;
  const auto differs = wants_gauge ? CounterResetHeader::kGauge : kUnknown;
  const auto reset = wants_gauge ? CounterResetHeader::kGauge : kReset;
  if (histogram.counter_reset_hint == CounterResetHint::kReset) return kReset;
  if (IsStaleNan(histogram.sum)) return std::nullopt;
  if (IsStaleNan(state_.sum.value())) return differs;
  if (!wants_gauge && histogram.count < LastCount(state_.count)) return kReset;
  if (histogram.schema != layout_.schema || histogram.zero_threshold != layout_.zero_threshold) {
    return differs;
  }
  if (IsCustomBucketsSchema(histogram.schema) && histogram.custom_values != layout_.custom_values) {
    return reset;
  }
  if (!wants_gauge && histogram.zero_count < LastCount(state_.zero_count)) return kReset;
  for (const int side : {kPositive, kNegative}) {
    sides[side] = Align(SpansOf(layout_, side), SpansOf(histogram, side));
    if (!wants_gauge &&
        HasReset(sides[side], LastCounts(state_, side), CountsOf(histogram, side))) {
      return kReset;
    }
  }
  return std::nullopt;
}

template <typename H>
CounterResetHeader HistogramEncoder<H>::FirstHeader(const H& histogram) const {
  if (refusal_) return *refusal_;
  if (histogram.counter_reset_hint == CounterResetHint::kGauge) return CounterResetHeader::kGauge;
  if (histogram.counter_reset_hint == CounterResetHint::kReset) return CounterResetHeader::kReset;
  if (!has_previous_) return CounterResetHeader::kUnknown;
  BucketAlignment unused[2];
  const auto refusal = RefusalOf(histogram, unused).value_or(CounterResetHeader::kNotReset);
  // Floats say "not reset" of whatever is no reset when a chunk goes on after a full one.
  constexpr bool kIsFloat = std::is_same_v<H, FloatHistogram>;
  return kIsFloat && refusal == CounterResetHeader::kUnknown ? CounterResetHeader::kNotReset
                                                             : refusal;
}

template <typename H>
bool HistogramEncoder<H>::Append(int64_t timestamp_ms, const H& histogram,
                                 int64_t start_timestamp_ms) {
  if (header_.sample_count == 0) {
    header_.reset = FirstHeader(histogram);
    refusal_.reset();
    min_time_ms_ = timestamp_ms;
    Put(timestamp_ms, histogram, start_timestamp_ms);
    return true;
  }
  BucketAlignment sides[2];
  refusal_ = RefusalOf(histogram, sides);
  if (refusal_) return false;
  if (!HasRoom(histogram)) return false;
  const bool chunk_grows = sides[kPositive].chunk_grows() || sides[kNegative].chunk_grows();
  const bool sample_grows = sides[kPositive].sample_grows() || sides[kNegative].sample_grows();
  if (!chunk_grows && !sample_grows) {
    Put(timestamp_ms, histogram, start_timestamp_ms);
    return true;
  }
  H fitted = histogram;
  if (sample_grows) Fit(sides, fitted);
  if (chunk_grows) Recode(sides, fitted);
  Put(timestamp_ms, fitted, start_timestamp_ms);
  return true;
}

/// Whether decoders will take the chunk with `histogram` in it.
template <typename H>
bool HistogramEncoder<H>::HasRoom(const H& histogram) const {
  const uint64_t overhead = layout_.overhead() + histogram.positive_spans.size() +
                            histogram.negative_spans.size() + histogram.custom_values.size();
  return header_.sample_count < header_.max_sample_count() &&
         overhead * (header_.sample_count + 1) <= HistogramDecoder<H>::kMaxOverhead;
}

/// Gives `histogram` the buckets that only the chunk has.
template <typename H>
void HistogramEncoder<H>::Fit(const BucketAlignment sides[2], H& histogram) const {
  const bool chunk_grows = sides[kPositive].chunk_grows() || sides[kNegative].chunk_grows();
  for (const int side : {kPositive, kNegative}) {
    const BucketAlignment& alignment = sides[side];
    if (!alignment.sample_grows()) {
      // Gauges take the merged spans on both sides, counters keep what fits.
      if (chunk_grows && is_gauge()) SpansOf(histogram, side) = tsdb::SpansOf(alignment.merged);
      continue;
    }
    Grow(histogram, side, alignment.in_sample, alignment.merged.size());
    SpansOf(histogram, side) = tsdb::SpansOf(alignment.merged);
  }
}

/// Writes the chunk anew with the buckets of `histogram`, which are more.
template <typename H>
void HistogramEncoder<H>::Recode(const BucketAlignment sides[2], const H& histogram) {
  const std::string bytes = Peek().bytes;
  auto decoder = *HistogramDecoder<H>::Open(bytes, header_.has_starts);
  header_.sample_count = 0;
  while (decoder.Next()) {
    H sample = decoder.Get();
    for (const int side : {kPositive, kNegative}) {
      SpansOf(sample, side) = SpansOf(histogram, side);
      if (!sides[side].chunk_grows()) continue;
      Grow(sample, side, sides[side].in_chunk, sides[side].merged.size());
    }
    Put(decoder.timestamp_ms(), sample, decoder.start_timestamp_ms());
  }
}

template <typename H>
void HistogramEncoder<H>::Begin(const H& histogram) {
  layout_ = {histogram.schema, histogram.zero_threshold, histogram.positive_spans,
             histogram.negative_spans, histogram.custom_values};
  bits_.Clear();
  starts_ = {};
  PutLayout(layout_, bits_);
}

template <typename H>
void HistogramEncoder<H>::Put(int64_t timestamp_ms, const H& histogram,
                              int64_t start_timestamp_ms) {
  H marker;  // Of a stale marker nothing counts but that it is one.
  marker.sum = kStaleNan;
  const H& sample = IsStaleNan(histogram.sum) ? marker : histogram;
  const auto previous_ms = static_cast<int64_t>(state_.timestamp_ms.value);
  const auto timestamp = static_cast<uint64_t>(timestamp_ms);
  if (header_.sample_count == 0) {
    Begin(sample);
    state_.timestamp_ms = {timestamp, 0};
    PutVarbitInt(bits_, timestamp_ms);
    PutFirst(bits_, sample, state_);
  } else {
    PutVarbitInt(bits_, PutNumber(state_.timestamp_ms, timestamp));
    PutLater(bits_, sample, state_);
  }
  if (header_.has_starts) {
    starts_.Put(bits_, header_.sample_count, timestamp_ms, previous_ms, start_timestamp_ms);
    header_.start_header = starts_.header();
  }
  ++header_.sample_count;
}

template <typename H>
storage::EncodedChunk HistogramEncoder<H>::Peek() const {
  storage::EncodedChunk chunk;
  chunk.min_time_ms = min_time_ms_;
  chunk.max_time_ms = static_cast<int64_t>(state_.timestamp_ms.value);
  chunk.encoding = encoding();
  chunk.bytes.reserve(byte_count());
  header_.AppendTo(chunk.bytes);
  bits_.AppendTo(chunk.bytes);
  return chunk;
}

template <typename H>
storage::EncodedChunk HistogramEncoder<H>::Finish() {
  storage::EncodedChunk chunk = Peek();
  has_previous_ = true;
  header_.sample_count = 0;
  bits_.Clear();
  return chunk;
}

template class HistogramEncoder<Histogram>;
template class HistogramEncoder<FloatHistogram>;

}  // namespace tocsin::tsdb
