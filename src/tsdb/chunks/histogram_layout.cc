// layout    := threshold schema(varbit_int) spans(positive) spans(negative) [bounds]
// threshold := 0x00                                 (0)
//            | exponent + 243 (1 byte, 1-254)       (a power of two)
//            | 0xff float64
// spans     := count(varbit_uint) { length(varbit_uint) offset(varbit_int) }
// bounds    := count(varbit_uint) { bound }         (custom buckets only)
// bound     := bound * 1000 + 1 (varbit_uint)       (where that is a whole number)
//            | 0 float64
#include "tsdb/chunks/histogram_layout.h"

#include <bit>
#include <cmath>

#include "tsdb/chunks/varbit.h"

namespace tocsin::tsdb {
namespace {

constexpr int kExponentBias = 243;
constexpr uint8_t kPlainThreshold = 255;
// What varbit stores in four bytes; beyond, the plain number is no longer.
constexpr double kMaxBoundThousandths = 33554430;

Error Malformed(std::string_view reason) {
  return Errorf(ErrorCode::kCorruption, "malformed histogram chunk: {}", reason);
}

void PutDouble(BitBuffer& out, double value) { out.Put(std::bit_cast<uint64_t>(value), 64); }
double ReadDouble(BitReader& in) { return std::bit_cast<double>(in.Read(64)); }

void PutThreshold(BitBuffer& out, double threshold) {
  if (threshold == 0) return out.Put(0, 8);
  int exponent = 0;
  const double fraction = std::frexp(threshold, &exponent);
  if (fraction == 0.5 && -242 <= exponent && exponent <= 11) {
    return out.Put(static_cast<uint64_t>(exponent + kExponentBias), 8);
  }
  out.Put(kPlainThreshold, 8);
  PutDouble(out, threshold);
}

double ReadThreshold(BitReader& in) {
  const auto byte = static_cast<uint8_t>(in.Read(8));
  if (byte == 0) return 0;
  if (byte == kPlainThreshold) return ReadDouble(in);
  return std::ldexp(0.5, int{byte} - kExponentBias);
}

void PutSpans(BitBuffer& out, const std::vector<HistogramSpan>& spans) {
  PutVarbitUint(out, spans.size());
  for (const HistogramSpan& span : spans) {
    PutVarbitUint(out, span.length);
    PutVarbitInt(out, span.offset);
  }
}

Status ReadSpans(BitReader& in, std::vector<HistogramSpan>& spans) {
  constexpr size_t kMinSpanBits = 2;
  const uint64_t count = ReadVarbitUint(in);
  if (count > in.remaining() / kMinSpanBits) return Malformed("more spans than bits");
  spans.reserve(count);
  uint64_t buckets = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t length = ReadVarbitUint(in);
    const int64_t offset = ReadVarbitInt(in);
    // A bucket takes a bit of each sample at least.
    if (length > in.remaining() || (buckets += length) > in.remaining()) {
      return Malformed("more buckets than bits");
    }
    spans.push_back({static_cast<int32_t>(offset), static_cast<uint32_t>(length)});
  }
  return {};
}

bool IsWholeThousandths(double bound) {
  const double thousandths = bound * 1000;
  if (!(thousandths >= 0 && thousandths <= kMaxBoundThousandths)) return false;
  return std::round(thousandths) / 1000 == bound;
}

void PutBounds(BitBuffer& out, const std::vector<double>& bounds) {
  PutVarbitUint(out, bounds.size());
  for (const double bound : bounds) {
    if (IsWholeThousandths(bound)) {
      PutVarbitUint(out, static_cast<uint64_t>(std::round(bound * 1000)) + 1);
    } else {
      out.Put(0, 1);
      PutDouble(out, bound);
    }
  }
}

Status ReadBounds(BitReader& in, std::vector<double>& bounds) {
  constexpr size_t kMinBoundBits = 5;
  const uint64_t count = ReadVarbitUint(in);
  if (count > in.remaining() / kMinBoundBits) return Malformed("more bounds than bits");
  bounds.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t thousandths = ReadVarbitUint(in);
    bounds.push_back(thousandths == 0 ? ReadDouble(in)
                                      : static_cast<double>(thousandths - 1) / 1000);
  }
  return {};
}

}  // namespace

CounterResetHint HintOf(CounterResetHeader header, size_t index) {
  if (header == CounterResetHeader::kGauge) return CounterResetHint::kGauge;
  return index > 0 ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
}

size_t HistogramLayout::CountBuckets(const std::vector<HistogramSpan>& spans) {
  size_t count = 0;
  for (const HistogramSpan& span : spans) count += span.length;
  return count;
}

void PutLayout(const HistogramLayout& layout, BitBuffer& out) {
  PutThreshold(out, layout.zero_threshold);
  PutVarbitInt(out, layout.schema);
  PutSpans(out, layout.positive_spans);
  PutSpans(out, layout.negative_spans);
  if (IsCustomBucketsSchema(layout.schema)) PutBounds(out, layout.custom_values);
}

Status ReadLayout(BitReader& in, HistogramLayout& out) {
  out.zero_threshold = ReadThreshold(in);
  out.schema = static_cast<int32_t>(ReadVarbitInt(in));
  TOCSIN_RETURN_IF_ERROR(ReadSpans(in, out.positive_spans));
  TOCSIN_RETURN_IF_ERROR(ReadSpans(in, out.negative_spans));
  if (IsCustomBucketsSchema(out.schema)) {
    TOCSIN_RETURN_IF_ERROR(ReadBounds(in, out.custom_values));
  }
  if (in.past_end()) return Malformed("layout is cut short");
  if (out.positive_count() + out.negative_count() > in.remaining()) {
    return Malformed("more buckets than bits");
  }
  if (!IsKnownSchema(out.schema)) {
    return Errorf(ErrorCode::kCorruption,
                  "histogram has an unknown schema, which must be between {} and {} for "
                  "exponential buckets, or {} for custom buckets, got schema {}",
                  kMinReservedSchema, kMaxReservedSchema, FloatHistogram::kCustomBucketsSchema,
                  out.schema);
  }
  return {};
}

Result<HistogramChunkHeader> HistogramChunkHeader::Read(std::string_view chunk, bool has_starts) {
  if (chunk.size() < kBytes) return Malformed("header is cut short");
  const auto first = static_cast<uint8_t>(chunk[0]);
  const auto second = static_cast<uint8_t>(chunk[1]);
  const auto third = static_cast<uint8_t>(chunk[2]);
  constexpr uint8_t kResetMask = 0xc0;
  HistogramChunkHeader header;
  header.has_starts = has_starts;
  header.sample_count = (uint32_t{first} << 8 | second) & header.max_sample_count();
  header.reset = static_cast<CounterResetHeader>((has_starts ? first : third) & kResetMask);
  header.start_header = has_starts ? third : 0;
  return header;
}

void HistogramChunkHeader::AppendTo(std::string& out) const {
  const auto bits = static_cast<uint8_t>(reset);
  out.push_back(static_cast<char>(sample_count >> 8 | (has_starts ? bits : 0)));
  out.push_back(static_cast<char>(sample_count));
  out.push_back(static_cast<char>(has_starts ? start_header : bits));
}

}  // namespace tocsin::tsdb
