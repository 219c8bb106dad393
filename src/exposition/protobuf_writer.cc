#include "exposition/protobuf_writer.h"

#include <cmath>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>
#include <vector>

namespace tocsin::exposition {

// The messages are drawn in protobuf_parser.cc.

namespace {

using protozero::pbf_writer;

uint32_t TypeNumber(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return 0;
    case MetricType::kGauge:
      return 1;
    case MetricType::kSummary:
      return 2;
    case MetricType::kHistogram:
      return 4;
    case MetricType::kGaugeHistogram:
      return 5;
    default:
      return 3;
  }
}

void AddBytes(pbf_writer& writer, uint32_t tag, std::string_view text) {
  if (!text.empty()) writer.add_bytes(tag, text.data(), text.size());
}

void AddLabels(pbf_writer& writer, const Labels& labels) {
  for (const LabelView label : labels) {
    if (label.name == kMetricNameLabel) continue;
    pbf_writer pair(writer, 1);
    AddBytes(pair, 1, label.name);
    AddBytes(pair, 2, label.value);
  }
}

void AddTimestamp(pbf_writer& writer, uint32_t tag, int64_t timestamp_ms) {
  int64_t seconds = timestamp_ms / 1000;
  int64_t millis = timestamp_ms % 1000;
  if (millis < 0) {
    millis += 1000;
    --seconds;
  }
  pbf_writer timestamp(writer, tag);
  timestamp.add_int64(1, seconds);
  timestamp.add_int32(2, static_cast<int32_t>(millis * 1'000'000));
}

void AddStart(pbf_writer& writer, uint32_t tag, const ProtobufWriter::Extras& extras) {
  if (extras.start_timestamp_ms != 0) AddTimestamp(writer, tag, extras.start_timestamp_ms);
}

void AddExemplar(pbf_writer& writer, uint32_t tag, const Exemplar& exemplar) {
  pbf_writer message(writer, tag);
  AddLabels(message, exemplar.labels);
  message.add_double(2, exemplar.value);
  if (exemplar.has_timestamp) AddTimestamp(message, 3, exemplar.timestamp_ms);
}

void AddSpans(pbf_writer& writer, uint32_t tag, const std::vector<HistogramSpan>& spans) {
  for (const HistogramSpan& span : spans) {
    pbf_writer message(writer, tag);
    message.add_sint32(1, span.offset);
    message.add_uint32(2, span.length);
  }
}

bool IsWhole(double count) { return count == std::trunc(count) && count < 1e18; }

template <typename AnyHistogram>
void AddNativeFields(pbf_writer& writer, const AnyHistogram& histogram,
                     const ProtobufWriter::Extras& extras) {
  writer.add_double(2, histogram.sum);
  writer.add_sint32(5, histogram.schema);
  writer.add_double(6, histogram.zero_threshold);
  AddSpans(writer, 9, histogram.negative_spans);
  // Nothing at all would be a classic histogram: a span of no length says that it is native.
  const std::vector<HistogramSpan> no_operation(1);
  const bool is_bare = histogram.positive_spans.empty() && histogram.negative_spans.empty();
  AddSpans(writer, 12, is_bare ? no_operation : histogram.positive_spans);
  AddStart(writer, 15, extras);
  for (const Exemplar& exemplar : extras.exemplars) AddExemplar(writer, 16, exemplar);
}

}  // namespace

void ProtobufWriter::BeginFamily(const Family& family) {
  family_.clear();
  type_ = family.type;
  pbf_writer writer(family_);
  AddBytes(writer, 1, family.name);
  AddBytes(writer, 2, family.help);
  writer.add_enum(3, static_cast<int32_t>(TypeNumber(family.type)));
  AddBytes(writer, 5, family.unit);
}

void ProtobufWriter::EndFamily() {
  protozero::write_varint(std::back_inserter(out_), family_.size());
  out_ += family_;
}

void ProtobufWriter::WriteMetric(uint32_t tag, const Labels& labels, const std::string& value,
                                 const Extras& extras) {
  pbf_writer writer(family_);
  pbf_writer metric(writer, 4);
  AddLabels(metric, labels);
  metric.add_message(tag, value);
  if (extras.timestamp_ms) metric.add_int64(6, *extras.timestamp_ms);
}

void ProtobufWriter::WriteValue(const Labels& labels, double value, const Extras& extras) {
  std::string message;
  pbf_writer writer(message);
  writer.add_double(1, value);
  if (type_ != MetricType::kCounter) {
    return WriteMetric(type_ == MetricType::kGauge ? 2 : 5, labels, message, extras);
  }
  if (!extras.exemplars.empty()) AddExemplar(writer, 2, extras.exemplars.front());
  AddStart(writer, 3, extras);
  WriteMetric(3, labels, message, extras);
}

void ProtobufWriter::WriteSummary(const Labels& labels, const Points& points,
                                  const Extras& extras) {
  std::string message;
  pbf_writer writer(message);
  writer.add_uint64(1, static_cast<uint64_t>(points.count));
  writer.add_double(2, points.sum);
  for (const auto& [bound, value] : points.points) {
    pbf_writer quantile(writer, 3);
    quantile.add_double(1, bound);
    quantile.add_double(2, value);
  }
  AddStart(writer, 4, extras);
  WriteMetric(4, labels, message, extras);
}

void ProtobufWriter::WriteClassicHistogram(const Labels& labels, const Points& points,
                                           const Extras& extras) {
  std::string message;
  pbf_writer writer(message);
  const auto add_count = [](pbf_writer& to, uint32_t whole_tag, uint32_t float_tag, double count) {
    if (IsWhole(count)) {
      to.add_uint64(whole_tag, static_cast<uint64_t>(count));
    } else {
      to.add_double(float_tag, count);
    }
  };
  add_count(writer, 1, 4, points.count);
  writer.add_double(2, points.sum);
  double lower_bound = -INFINITY;
  for (const auto& [bound, count] : points.points) {
    pbf_writer bucket(writer, 3);
    add_count(bucket, 1, 4, count);
    bucket.add_double(2, bound);
    for (const Exemplar& exemplar : extras.exemplars) {
      if (exemplar.value > lower_bound && exemplar.value <= bound) AddExemplar(bucket, 3, exemplar);
    }
    lower_bound = bound;
  }
  AddStart(writer, 15, extras);
  WriteMetric(7, labels, message, extras);
}

void ProtobufWriter::WriteHistogram(const Labels& labels, const Histogram& histogram,
                                    const Extras& extras) {
  std::string message;
  pbf_writer writer(message);
  writer.add_uint64(1, histogram.count);
  writer.add_uint64(7, histogram.zero_count);
  writer.add_packed_sint64(10, histogram.negative_deltas.begin(), histogram.negative_deltas.end());
  writer.add_packed_sint64(13, histogram.positive_deltas.begin(), histogram.positive_deltas.end());
  AddNativeFields(writer, histogram, extras);
  WriteMetric(7, labels, message, extras);
}

void ProtobufWriter::WriteHistogram(const Labels& labels, const FloatHistogram& histogram,
                                    const Extras& extras) {
  std::string message;
  pbf_writer writer(message);
  writer.add_double(4, histogram.count);
  writer.add_double(8, histogram.zero_count);
  writer.add_packed_double(11, histogram.negative_buckets.begin(),
                           histogram.negative_buckets.end());
  writer.add_packed_double(14, histogram.positive_buckets.begin(),
                           histogram.positive_buckets.end());
  AddNativeFields(writer, histogram, extras);
  WriteMetric(7, labels, message, extras);
}

}  // namespace tocsin::exposition
