#include "remote/histogram_message.h"

#include <protozero/pbf_writer.hpp>
#include <vector>

#include "remote/histogram_resolution.h"
#include "remote/wire_reader.h"

// message Histogram (prompb/types.proto; io.prometheus.write.v2 has the same numbers)
//   1 count_int    uint64   2 count_float      double   3 sum            double  4 schema sint32
//   5 zero_threshold double 6 zero_count_int   uint64   7 zero_count_float double
//   8 negative_spans Span*  9 negative_deltas sint64*  10 negative_counts double*
//  11 positive_spans Span* 12 positive_deltas sint64*  13 positive_counts double*
//  14 reset_hint   enum    15 timestamp        int64   16 custom_values   double*
//  17 start_timestamp int64 (2.0 only)
// message Span: 1 offset sint32, 2 length uint32

namespace tocsin::remote {
namespace {

// All fields of the message, before it is known which of the two kinds it is.
struct Fields {
  bool is_float = false;
  Histogram integers;  // Also what both kinds share.
  double count_float = 0;
  double zero_count_float = 0;
  std::vector<double> negative_counts;
  std::vector<double> positive_counts;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
};

void ReadSpan(WireReader& reader, std::vector<HistogramSpan>& spans) {
  WireReader span(reader.Bytes("Spans"));
  HistogramSpan result;
  while (span.Next()) {
    if (span.field() == 1) {
      result.offset = static_cast<int32_t>(span.ZigZag("Offset"));
    } else if (span.field() == 2) {
      result.length = static_cast<uint32_t>(span.Varint("Length"));
    } else {
      span.Skip();
    }
  }
  reader.Absorb(span);
  spans.push_back(result);
}

CounterResetHint ReadResetHint(WireReader& reader) {
  const uint64_t number = reader.Varint("ResetHint");
  return number <= 3 ? static_cast<CounterResetHint>(number) : CounterResetHint::kUnknown;
}

void ReadDeltas(WireReader& reader, const char* name, std::vector<int64_t>& deltas) {
  reader.Varints(name, [&](uint64_t raw) { deltas.push_back(WireReader::DecodeZigZag(raw)); });
}

void ReadDoubles(WireReader& reader, const char* name, std::vector<double>& values) {
  reader.Doubles(name, [&](double value) { values.push_back(value); });
}

void ReadField(WireReader& reader, Fields& fields) {
  Histogram& integers = fields.integers;
  switch (reader.field()) {
    case 1:
      integers.count = reader.Varint("CountInt");
      fields.is_float = false;
      return;
    case 2:
      fields.count_float = reader.Double("CountFloat");
      fields.is_float = true;
      return;
    case 3:
      integers.sum = reader.Double("Sum");
      return;
    case 4:
      integers.schema = static_cast<int32_t>(reader.ZigZag("Schema"));
      return;
    case 5:
      integers.zero_threshold = reader.Double("ZeroThreshold");
      return;
    case 6:
      integers.zero_count = reader.Varint("ZeroCountInt");
      return;
    case 7:
      fields.zero_count_float = reader.Double("ZeroCountFloat");
      return;
    case 8:
      return ReadSpan(reader, integers.negative_spans);
    case 9:
      return ReadDeltas(reader, "NegativeDeltas", integers.negative_deltas);
    case 10:
      return ReadDoubles(reader, "NegativeCounts", fields.negative_counts);
    case 11:
      return ReadSpan(reader, integers.positive_spans);
    case 12:
      return ReadDeltas(reader, "PositiveDeltas", integers.positive_deltas);
    case 13:
      return ReadDoubles(reader, "PositiveCounts", fields.positive_counts);
    case 14:
      integers.counter_reset_hint = ReadResetHint(reader);
      return;
    case 15:
      fields.timestamp_ms = static_cast<int64_t>(reader.Varint("Timestamp"));
      return;
    case 16:
      return ReadDoubles(reader, "CustomValues", integers.custom_values);
    case 17:
      fields.start_timestamp_ms = static_cast<int64_t>(reader.Varint("StartTimestamp"));
      return;
    default:
      reader.Skip();
  }
}

FloatHistogram TakeFloats(Fields& fields) {
  FloatHistogram result;
  Histogram& shared = fields.integers;
  result.counter_reset_hint = shared.counter_reset_hint;
  result.schema = shared.schema;
  result.zero_threshold = shared.zero_threshold;
  result.zero_count = fields.zero_count_float;
  result.count = fields.count_float;
  result.sum = shared.sum;
  result.positive_spans = std::move(shared.positive_spans);
  result.negative_spans = std::move(shared.negative_spans);
  result.positive_buckets = std::move(fields.positive_counts);
  result.negative_buckets = std::move(fields.negative_counts);
  result.custom_values = std::move(shared.custom_values);
  return result;
}

void WriteSpans(protozero::pbf_writer& writer, uint32_t field,
                const std::vector<HistogramSpan>& spans) {
  for (const HistogramSpan& span : spans) {
    protozero::pbf_writer message(writer, field);
    if (span.offset != 0) message.add_sint32(1, span.offset);
    if (span.length != 0) message.add_uint32(2, span.length);
  }
}

template <typename Values>
void WriteDoubles(protozero::pbf_writer& writer, uint32_t field, const Values& values) {
  writer.add_packed_double(field, values.begin(), values.end());
}

// The fields that both kinds have, in the order of their numbers; `write_*` write what differs.
template <typename AnyHistogram, typename WriteCount, typename WriteZero, typename WriteNegative,
          typename WritePositive>
void WriteFields(protozero::pbf_writer& writer, int64_t timestamp_ms, const AnyHistogram& histogram,
                 WriteCount write_count, WriteZero write_zero, WriteNegative write_negative,
                 WritePositive write_positive) {
  write_count();
  if (histogram.sum != 0) writer.add_double(3, histogram.sum);
  if (histogram.schema != 0) writer.add_sint32(4, histogram.schema);
  if (histogram.zero_threshold != 0) writer.add_double(5, histogram.zero_threshold);
  write_zero();
  WriteSpans(writer, 8, histogram.negative_spans);
  write_negative();
  WriteSpans(writer, 11, histogram.positive_spans);
  write_positive();
  const auto hint = static_cast<int32_t>(histogram.counter_reset_hint);
  if (hint != 0) writer.add_enum(14, hint);
  if (timestamp_ms != 0) writer.add_int64(15, timestamp_ms);
  WriteDoubles(writer, 16, histogram.custom_values);
}

}  // namespace

Result<HistogramMessage> DecodeHistogram(std::string_view message) {
  Fields fields;
  WireReader reader(message);
  while (reader.Next()) ReadField(reader, fields);
  TOCSIN_RETURN_IF_ERROR(reader.status());
  HistogramMessage result;
  result.timestamp_ms = fields.timestamp_ms;
  result.start_timestamp_ms = fields.start_timestamp_ms;
  if (fields.is_float) {
    result.histogram = TakeFloats(fields);
  } else {
    result.histogram = std::move(fields.integers);
  }
  std::visit([](auto& histogram) { ReduceResolution(histogram); }, result.histogram);
  return result;
}

void EncodeHistogram(int64_t timestamp_ms, const FloatHistogram& histogram, std::string& out) {
  protozero::pbf_writer writer(out);
  WriteFields(
      writer, timestamp_ms, histogram, [&] { writer.add_double(2, histogram.count); },
      [&] { writer.add_double(7, histogram.zero_count); },
      [&] { WriteDoubles(writer, 10, histogram.negative_buckets); },
      [&] { WriteDoubles(writer, 13, histogram.positive_buckets); });
}

void EncodeHistogram(int64_t timestamp_ms, const Histogram& histogram, std::string& out) {
  protozero::pbf_writer writer(out);
  const auto write_deltas = [&](uint32_t field, const std::vector<int64_t>& deltas) {
    writer.add_packed_sint64(field, deltas.begin(), deltas.end());
  };
  WriteFields(
      writer, timestamp_ms, histogram, [&] { writer.add_uint64(1, histogram.count); },
      [&] { writer.add_uint64(6, histogram.zero_count); },
      [&] { write_deltas(9, histogram.negative_deltas); },
      [&] { write_deltas(12, histogram.positive_deltas); });
}

}  // namespace tocsin::remote
