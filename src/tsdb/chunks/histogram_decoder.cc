// chunk  := header(3 bytes) layout sample*
// sample := t count zero_count sum positive* negative* [start]
//   field          first sample    later samples
//   t              varbit_int      change of its delta, varbit_int
//   count, zero    varbit_uint     change of its delta, varbit_int     (floats: float64, then XOR)
//   sum            float64         XOR
//   bucket         varbit_int      change of its delta, varbit_int     (floats: float64, then XOR)
// A later stale marker has no buckets. Buckets of integer histograms are differences to the bucket
// before.
#include "tsdb/chunks/histogram_decoder.h"

#include <bit>
#include <type_traits>

#include "model/sample.h"
#include "tsdb/chunks/varbit.h"

namespace tocsin::tsdb {
namespace {

using Number = IntegerSampleState::Number;

XorValue ReadFirstDouble(BitReader& in) {
  XorValue value;
  value.bits = in.Read(64);
  return value;
}

void ReadFirstNumbers(BitReader& in, const HistogramLayout& layout, IntegerSampleState& state) {
  state.count.value = ReadVarbitUint(in);
  state.zero_count.value = ReadVarbitUint(in);
  state.sum = ReadFirstDouble(in);
  state.positive.resize(layout.positive_count());
  state.negative.resize(layout.negative_count());
  for (auto* side : {&state.positive, &state.negative}) {
    for (Number& bucket : *side) bucket.value = static_cast<uint64_t>(ReadVarbitInt(in));
  }
}

void ReadFirstNumbers(BitReader& in, const HistogramLayout& layout, FloatSampleState& state) {
  state.count = ReadFirstDouble(in);
  state.zero_count = ReadFirstDouble(in);
  state.sum = ReadFirstDouble(in);
  state.positive.resize(layout.positive_count());
  state.negative.resize(layout.negative_count());
  for (auto* side : {&state.positive, &state.negative}) {
    for (XorValue& bucket : *side) bucket = ReadFirstDouble(in);
  }
}

bool IsStale(const XorValue& sum) { return sum.bits == kStaleNanBits; }

bool ReadLaterNumbers(BitReader& in, IntegerSampleState& state) {
  state.count.Advance(ReadVarbitInt(in));
  state.zero_count.Advance(ReadVarbitInt(in));
  if (!state.sum.Read(in)) return false;
  if (IsStale(state.sum)) return true;
  for (auto* side : {&state.positive, &state.negative}) {
    for (Number& bucket : *side) bucket.Advance(ReadVarbitInt(in));
  }
  return true;
}

bool ReadLaterNumbers(BitReader& in, FloatSampleState& state) {
  if (!state.count.Read(in) || !state.zero_count.Read(in) || !state.sum.Read(in)) return false;
  if (IsStale(state.sum)) return true;
  for (auto* side : {&state.positive, &state.negative}) {
    for (XorValue& bucket : *side) {
      if (!bucket.Read(in)) return false;
    }
  }
  return true;
}

std::vector<int64_t> DeltasOf(const std::vector<Number>& buckets) {
  std::vector<int64_t> deltas;
  deltas.reserve(buckets.size());
  for (const Number& bucket : buckets) deltas.push_back(static_cast<int64_t>(bucket.value));
  return deltas;
}

std::vector<double> CountsOf(const std::vector<Number>& buckets) {
  std::vector<double> counts;
  counts.reserve(buckets.size());
  uint64_t count = 0;
  for (const Number& bucket : buckets) {
    count += bucket.value;
    counts.push_back(static_cast<double>(static_cast<int64_t>(count)));
  }
  return counts;
}

std::vector<double> CountsOf(const std::vector<XorValue>& buckets) {
  std::vector<double> counts;
  counts.reserve(buckets.size());
  for (const XorValue& bucket : buckets) counts.push_back(bucket.value());
  return counts;
}

void GetNumbers(const IntegerSampleState& state, Histogram& out) {
  out.count = state.count.value;
  out.zero_count = state.zero_count.value;
  out.positive_deltas = DeltasOf(state.positive);
  out.negative_deltas = DeltasOf(state.negative);
}

void GetNumbers(const IntegerSampleState& state, FloatHistogram& out) {
  out.count = static_cast<double>(state.count.value);
  out.zero_count = static_cast<double>(state.zero_count.value);
  out.positive_buckets = CountsOf(state.positive);
  out.negative_buckets = CountsOf(state.negative);
}

void GetNumbers(const FloatSampleState& state, FloatHistogram& out) {
  out.count = state.count.value();
  out.zero_count = state.zero_count.value();
  out.positive_buckets = CountsOf(state.positive);
  out.negative_buckets = CountsOf(state.negative);
}

template <typename Out, typename State>
Out MakeHistogram(const HistogramLayout& layout, const State& state, CounterResetHint hint) {
  Out out;
  out.sum = state.sum.value();
  if (IsStale(state.sum)) return out;
  out.counter_reset_hint = hint;
  out.schema = layout.schema;
  out.zero_threshold = layout.zero_threshold;
  out.positive_spans = layout.positive_spans;
  out.negative_spans = layout.negative_spans;
  out.custom_values = layout.custom_values;
  GetNumbers(state, out);
  return out;
}

}  // namespace

template <typename H>
Result<HistogramDecoder<H>> HistogramDecoder<H>::Open(std::string_view chunk, bool has_starts) {
  TOCSIN_ASSIGN_OR_RETURN(const HistogramChunkHeader header,
                          HistogramChunkHeader::Read(chunk, has_starts));
  HistogramDecoder decoder(header, BitReader(chunk.substr(HistogramChunkHeader::kBytes)));
  if (header.sample_count == 0) return decoder;
  TOCSIN_RETURN_IF_ERROR(ReadLayout(decoder.in_, decoder.layout_));
  if (decoder.layout_.overhead() * uint64_t{header.sample_count} > kMaxOverhead) {
    return Errorf(ErrorCode::kCorruption,
                  "malformed histogram chunk: {} samples with {} spans and bounds each",
                  header.sample_count, decoder.layout_.overhead());
  }
  return decoder;
}

template <typename H>
bool HistogramDecoder<H>::Next() {
  if (is_malformed_ || read_ == header_.sample_count) return false;
  const int64_t previous_ms = timestamp_ms();
  is_malformed_ = !(read_ == 0 ? ReadFirst() : ReadLater());
  if (header_.has_starts && !is_malformed_) {
    start_ms_ = starts_.Read(in_, read_, timestamp_ms(), previous_ms);
  }
  if (in_.past_end()) is_malformed_ = true;
  if (is_malformed_) return false;
  ++read_;
  return true;
}

template <typename H>
bool HistogramDecoder<H>::ReadFirst() {
  constexpr bool kIsFloat = std::is_same_v<H, FloatHistogram>;
  const size_t buckets = layout_.positive_count() + layout_.negative_count();
  if (buckets > in_.remaining() / (kIsFloat ? 64 : 1)) return false;
  state_.timestamp_ms.value = static_cast<uint64_t>(ReadVarbitInt(in_));
  ReadFirstNumbers(in_, layout_, state_);
  return true;
}

template <typename H>
bool HistogramDecoder<H>::ReadLater() {
  state_.timestamp_ms.Advance(ReadVarbitInt(in_));
  return ReadLaterNumbers(in_, state_);
}

template <typename H>
Status HistogramDecoder<H>::status() const {
  if (!is_malformed_) return {};
  return Errorf(ErrorCode::kCorruption, "malformed histogram chunk: sample {} of {}", read_ + 1,
                header_.sample_count);
}

template <typename H>
bool HistogramDecoder<H>::is_stale() const {
  return IsStale(state_.sum);
}

template <typename H>
H HistogramDecoder<H>::Get() const {
  return MakeHistogram<H>(layout_, state_, HintOf(header_.reset, read_ - 1));
}

template <typename H>
FloatHistogram HistogramDecoder<H>::GetFloat() const {
  return MakeHistogram<FloatHistogram>(layout_, state_, HintOf(header_.reset, read_ - 1));
}

template class HistogramDecoder<Histogram>;
template class HistogramDecoder<FloatHistogram>;

}  // namespace tocsin::tsdb
