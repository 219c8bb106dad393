#include "exposition/metric_messages.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>

namespace tocsin::exposition {

// The messages of io/prometheus/client/metrics.proto, field by field:
//   page         = { varint length, MetricFamily }
//   MetricFamily = 1 name, 2 help, 3 type (0 counter, 1 gauge, 2 summary, 3 untyped, 4 histogram,
//                  5 gauge histogram), 4 { Metric }, 5 unit
//   Metric       = 1 { LabelPair }, 2 Gauge, 3 Counter, 4 Summary, 5 Untyped, 6 timestamp_ms,
//                  7 Histogram
//   Counter      = 1 double value, 2 Exemplar, 3 Timestamp created
//   Gauge, Untyped = 1 double value
//   Summary      = 1 count, 2 double sum, 3 { Quantile = 1 double quantile, 2 double value },
//                  4 Timestamp created
//   Histogram    = 1 count, 2 double sum, 3 { Bucket }, 4 double count, 5 sint32 schema,
//                  6 double zero threshold, 7 zero count, 8 double zero count, 9 { Span } negative,
//                  10 { sint64 } deltas, 11 { double } counts, 12 { Span } positive, 13, 14 as 10,
//                  11, 15 Timestamp created, 16 { Exemplar }
//   Bucket       = 1 cumulative count, 2 double upper bound, 3 Exemplar, 4 double cumulative count
//   Span         = 1 sint32 offset, 2 length
//   Exemplar     = 1 { LabelPair }, 2 double value, 3 Timestamp
//   LabelPair    = 1 name, 2 value          Timestamp = 1 seconds, 2 nanos
// A timestamp of 0 is none. Fields of a type that does not fit are skipped like unknown ones.

namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kFixed64 = pbf_wire_type::fixed64;
constexpr auto kBytes = pbf_wire_type::length_delimited;
constexpr uint32_t Field(uint32_t tag, pbf_wire_type type) {
  return tag << 3 | static_cast<uint32_t>(type);
}

uint32_t FieldOf(const pbf_reader& reader) { return Field(reader.tag(), reader.wire_type()); }

std::string_view TakeBytes(pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

pbf_reader Open(std::string_view message) { return {message.data(), message.size()}; }

int64_t ReadTimestampMs(std::string_view message) {
  uint64_t seconds = 0;
  int64_t nanos = 0;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        seconds = static_cast<uint64_t>(reader.get_int64());
        break;
      case Field(2, kVarint):
        nanos = reader.get_int32();
        break;
      default:
        reader.skip();
    }
  }
  // Unsigned, because hostile seconds overflow.
  return static_cast<int64_t>(seconds * 1000 + static_cast<uint64_t>(nanos / 1'000'000));
}

std::pair<std::string, std::string> DecodeLabel(std::string_view message) {
  std::pair<std::string, std::string> label;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        label.first = TakeBytes(reader);
        break;
      case Field(2, kBytes):
        label.second = TakeBytes(reader);
        break;
      default:
        reader.skip();
    }
  }
  return label;
}

Exemplar DecodeExemplar(std::string_view message) {
  Exemplar exemplar;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        pairs.push_back(DecodeLabel(TakeBytes(reader)));
        break;
      case Field(2, kFixed64):
        exemplar.value = reader.get_double();
        break;
      case Field(3, kBytes):
        exemplar.timestamp_ms = ReadTimestampMs(TakeBytes(reader));
        exemplar.has_timestamp = true;
        break;
      default:
        reader.skip();
    }
  }
  exemplar.labels = Labels::FromPairs(std::move(pairs));
  return exemplar;
}

HistogramSpan ReadSpan(std::string_view message) {
  HistogramSpan span;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        span.offset = reader.get_sint32();
        break;
      case Field(2, kVarint):
        span.length = reader.get_uint32();
        break;
      default:
        reader.skip();
    }
  }
  return span;
}

template <typename Range, typename Value>
void AppendAll(const Range& range, std::vector<Value>& values) {
  values.insert(values.end(), range.begin(), range.end());
}

bool IsHistogram(MetricType type) {
  return type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
}

// The library throws; nothing of that leaves this file.
template <typename Decode>
Status Guarded(Decode decode) {
  try {
    decode();
    return {};
  } catch (const protozero::exception& e) {
    return Errorf(ErrorCode::kInvalidArgument, "malformed protobuf message: {}", e.what());
  }
}

// Numbers come packed or, from older libraries, one by one.
bool ReadSide(pbf_reader& reader, uint32_t first_tag, std::vector<HistogramSpan>& spans,
              std::vector<int64_t>& deltas, std::vector<double>& counts) {
  const uint32_t field = FieldOf(reader);
  if (field == Field(first_tag, kBytes)) {
    spans.push_back(ReadSpan(TakeBytes(reader)));
  } else if (field == Field(first_tag + 1, kBytes)) {
    AppendAll(reader.get_packed_sint64(), deltas);
  } else if (field == Field(first_tag + 1, kVarint)) {
    deltas.push_back(reader.get_sint64());
  } else if (field == Field(first_tag + 2, kBytes)) {
    AppendAll(reader.get_packed_double(), counts);
  } else if (field == Field(first_tag + 2, kFixed64)) {
    counts.push_back(reader.get_double());
  } else {
    return false;
  }
  return true;
}

bool ReadNative(pbf_reader& reader, NativeFields& native) {
  switch (FieldOf(reader)) {
    case Field(1, kVarint):
      return native.count = reader.get_uint64(), true;
    case Field(4, kFixed64):
      return native.float_count = reader.get_double(), true;
    case Field(5, kVarint):
      return native.schema = reader.get_sint32(), true;
    case Field(6, kFixed64):
      return native.zero_threshold = reader.get_double(), true;
    case Field(7, kVarint):
      return native.zero_count = reader.get_uint64(), true;
    case Field(8, kFixed64):
      return native.float_zero_count = reader.get_double(), true;
    default:
      return ReadSide(reader, 9, native.negative_spans, native.negative_deltas,
                      native.negative_counts) ||
             ReadSide(reader, 12, native.positive_spans, native.positive_deltas,
                      native.positive_counts);
  }
}

void ReadSimple(std::string_view message, bool is_counter, MetricMessage& metric) {
  for (pbf_reader reader = Open(message); reader.next();) {
    const uint32_t field = FieldOf(reader);
    if (field == Field(1, kFixed64)) {
      metric.value = reader.get_double();
    } else if (is_counter && field == Field(2, kBytes)) {
      metric.exemplar = TakeBytes(reader);
      metric.has_exemplars = true;
    } else if (is_counter && field == Field(3, kBytes)) {
      metric.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
    } else {
      reader.skip();
    }
  }
}

void ReadSummary(std::string_view message, MetricMessage& metric) {
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        metric.count = static_cast<double>(reader.get_uint64());
        break;
      case Field(2, kFixed64):
        metric.sum = reader.get_double();
        break;
      case Field(3, kBytes): {
        PointMessage& point = metric.points.emplace_back();
        for (pbf_reader quantile = Open(TakeBytes(reader)); quantile.next();) {
          if (FieldOf(quantile) == Field(1, kFixed64)) {
            point.bound = quantile.get_double();
          } else if (FieldOf(quantile) == Field(2, kFixed64)) {
            point.value = quantile.get_double();
          } else {
            quantile.skip();
          }
        }
        break;
      }
      case Field(4, kBytes):
        metric.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
        break;
      default:
        reader.skip();
    }
  }
}

void ReadBucket(std::string_view message, MetricMessage& metric) {
  PointMessage& point = metric.points.emplace_back();
  uint64_t count = 0;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        count = reader.get_uint64();
        break;
      case Field(2, kFixed64):
        point.bound = reader.get_double();
        break;
      case Field(3, kBytes):
        point.exemplar = TakeBytes(reader);
        metric.has_exemplars = true;
        break;
      case Field(4, kFixed64):
        point.value = reader.get_double();
        break;
      default:
        reader.skip();
    }
  }
  if (point.value == 0) point.value = static_cast<double>(count);
}

void ReadHistogram(std::string_view message, MetricMessage& metric) {
  for (pbf_reader reader = Open(message); reader.next();) {
    if (ReadNative(reader, metric.native)) continue;
    switch (FieldOf(reader)) {
      case Field(2, kFixed64):
        metric.sum = reader.get_double();
        break;
      case Field(3, kBytes):
        ReadBucket(TakeBytes(reader), metric);
        break;
      case Field(15, kBytes):
        metric.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
        break;
      case Field(16, kBytes):
        metric.native_exemplars.push_back(TakeBytes(reader));
        metric.has_exemplars = true;
        break;
      default:
        reader.skip();
    }
  }
  metric.count = metric.native.any_count();
}

// The labels as one run of bytes: they mostly stand together.
void FindLabelBytes(MetricMessage& metric) {
  metric.label_bytes = {};
  if (metric.labels.empty()) return;
  const char* const begin = metric.labels.front().data();
  size_t joined_bytes = 0;
  const char* expected = begin;
  bool is_run = true;
  for (const std::string_view label : metric.labels) {
    // Between two labels that stand together are a tag and a length, at most six bytes.
    is_run = is_run && label.data() >= expected && label.data() - expected <= 6;
    expected = label.data() + label.size();
    joined_bytes += label.size() + 1;
  }
  if (is_run) {
    metric.label_bytes = {begin, static_cast<size_t>(expected - begin)};
    return;
  }
  metric.joined_labels.clear();
  metric.joined_labels.reserve(joined_bytes);
  for (const std::string_view label : metric.labels) {
    metric.joined_labels.append(label).push_back('\xff');
  }
  metric.label_bytes = metric.joined_labels;
}

void DecodeMetric(std::string_view message, MetricType type, MetricMessage& metric) {
  metric.Clear();
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        metric.labels.push_back(TakeBytes(reader));
        break;
      case Field(2, kBytes):
      case Field(5, kBytes): {
        const bool is_fitting =
            (type == MetricType::kGauge) == (reader.tag() == 2) && type != MetricType::kCounter;
        const std::string_view simple = TakeBytes(reader);
        if (is_fitting) ReadSimple(simple, false, metric);
        break;
      }
      case Field(3, kBytes): {
        const std::string_view counter = TakeBytes(reader);
        if (type == MetricType::kCounter) ReadSimple(counter, true, metric);
        break;
      }
      case Field(4, kBytes): {
        const std::string_view summary = TakeBytes(reader);
        if (type == MetricType::kSummary) ReadSummary(summary, metric);
        break;
      }
      case Field(6, kVarint):
        metric.timestamp_ms = reader.get_int64();
        break;
      case Field(7, kBytes): {
        const std::string_view histogram = TakeBytes(reader);
        if (IsHistogram(type)) ReadHistogram(histogram, metric);
        break;
      }
      default:
        reader.skip();
    }
  }
  FindLabelBytes(metric);
}

void DecodeFamily(std::string_view message, FamilyMessage& family) {
  family.name = family.help = family.unit = {};
  family.type = 0;
  family.metrics.clear();
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        family.name = TakeBytes(reader);
        break;
      case Field(2, kBytes):
        family.help = TakeBytes(reader);
        break;
      case Field(3, kVarint):
        family.type = reader.get_uint64();
        break;
      case Field(4, kBytes):
        family.metrics.push_back(TakeBytes(reader));
        break;
      case Field(5, kBytes):
        family.unit = TakeBytes(reader);
        break;
      default:
        reader.skip();
    }
  }
}

}  // namespace

Result<std::string_view> TakeMessage(std::string_view& rest) {
  const char* begin = rest.data();
  const char* const end = rest.data() + rest.size();
  uint64_t size_bytes = 0;
  TOCSIN_RETURN_IF_ERROR(Guarded([&] { size_bytes = protozero::decode_varint(&begin, end); }));
  if (size_bytes > static_cast<uint64_t>(end - begin)) {
    return Errorf(ErrorCode::kInvalidArgument, "message of {} bytes is cut off after {} bytes",
                  size_bytes, end - begin);
  }
  const std::string_view message(begin, static_cast<size_t>(size_bytes));
  rest.remove_prefix(static_cast<size_t>(begin - rest.data()) + message.size());
  return message;
}

Status ReadFamily(std::string_view message, FamilyMessage& family) {
  return Guarded([&] { DecodeFamily(message, family); });
}

Status ReadMetric(std::string_view message, MetricType type, MetricMessage& metric) {
  return Guarded([&] { DecodeMetric(message, type, metric); });
}

Result<std::pair<std::string, std::string>> ReadLabel(std::string_view message) {
  std::pair<std::string, std::string> label;
  TOCSIN_RETURN_IF_ERROR(Guarded([&] { label = DecodeLabel(message); }));
  return label;
}

Result<Exemplar> ReadExemplar(std::string_view message) {
  Exemplar exemplar;
  TOCSIN_RETURN_IF_ERROR(Guarded([&] { exemplar = DecodeExemplar(message); }));
  return exemplar;
}

}  // namespace tocsin::exposition
