#include "exposition/protobuf_parser.h"

#include <bit>
#include <cmath>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>

#include "exposition/classic_histogram.h"
#include "exposition/histogram_buckets.h"
#include "exposition/label_spans.h"
#include "exposition/sample_value.h"

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
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kPartSuffixes[] = {"", "_count", "_sum", ""};

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

std::pair<std::string, std::string> ReadLabel(std::string_view message) {
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

Exemplar ReadExemplar(std::string_view message) {
  Exemplar exemplar;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        pairs.push_back(ReadLabel(TakeBytes(reader)));
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

bool IsSuffixOfName(std::string_view unit, std::string_view name) {
  return name.ends_with(unit) && name.size() > unit.size() &&
         name[name.size() - unit.size() - 1] == '_';
}

}  // namespace

struct ProtobufParser::NativeFields {
  uint64_t count = 0;
  double float_count = 0;
  int32_t schema = 0;
  double zero_threshold = 0;
  uint64_t zero_count = 0;
  double float_zero_count = 0;
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<int64_t> positive_deltas;
  std::vector<int64_t> negative_deltas;
  std::vector<double> positive_counts;
  std::vector<double> negative_counts;

  void Clear() {
    count = zero_count = 0;
    float_count = zero_threshold = float_zero_count = 0;
    schema = 0;
    positive_spans.clear(), negative_spans.clear();
    positive_deltas.clear(), negative_deltas.clear();
    positive_counts.clear(), negative_counts.clear();
  }
  // A histogram without observations says by a span of no length that it is a native one.
  bool is_native() const {
    return !positive_spans.empty() || !negative_spans.empty() || zero_threshold > 0 ||
           zero_count > 0;
  }
  bool is_float() const { return float_count > 0 || float_zero_count > 0; }
  double any_count() const { return float_count != 0 ? float_count : static_cast<double>(count); }

  bool Read(pbf_reader& reader) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        return count = reader.get_uint64(), true;
      case Field(4, kFixed64):
        return float_count = reader.get_double(), true;
      case Field(5, kVarint):
        return schema = reader.get_sint32(), true;
      case Field(6, kFixed64):
        return zero_threshold = reader.get_double(), true;
      case Field(7, kVarint):
        return zero_count = reader.get_uint64(), true;
      case Field(8, kFixed64):
        return float_zero_count = reader.get_double(), true;
      default:
        return ReadSide(reader, 9, negative_spans, negative_deltas, negative_counts) ||
               ReadSide(reader, 12, positive_spans, positive_deltas, positive_counts);
    }
  }

 private:
  // Numbers come packed or, from older libraries, one by one.
  static bool ReadSide(pbf_reader& reader, uint32_t first_tag, std::vector<HistogramSpan>& spans,
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
};

ProtobufParser::ProtobufParser(std::string_view page, const ProtobufOptions& options)
    : page_(page), options_(options), native_(std::make_unique<NativeFields>()) {}

ProtobufParser::~ProtobufParser() = default;

Entry ProtobufParser::Next() {
  try {
    switch (stage_) {
      case Stage::kFamily:
        return NextFamily();
      case Stage::kHelp:
        stage_ = family_.unit.empty() ? Stage::kType : Stage::kUnit;
        return family_.unit.empty() ? Entry::kType : Entry::kUnit;
      case Stage::kUnit:
        stage_ = Stage::kType;
        return Entry::kType;
      case Stage::kType:
      case Stage::kMetricDone:
        return NextMetric();
      case Stage::kHistogram:
        return options_.keeps_classic_histograms && !metric_.points.empty() ? EnterParts()
                                                                            : NextMetric();
      case Stage::kParts:
        return NextPart();
    }
  } catch (const protozero::exception& e) {
    return Fail(Errorf(ErrorCode::kInvalidArgument, "malformed protobuf message: {}", e.what()));
  }
  return Entry::kInvalid;
}

Entry ProtobufParser::Fail(const Error& error) {
  error_ = Errorf(error.code(), "{} (message at byte {})", error.message(), message_begin_);
  return Entry::kInvalid;
}

// Families.

Entry ProtobufParser::NextFamily() {
  while (at_ < page_.size()) {
    message_begin_ = at_;
    const char* begin = page_.data() + at_;
    const char* const end = page_.data() + page_.size();
    const uint64_t size_bytes = protozero::decode_varint(&begin, end);
    if (size_bytes > static_cast<uint64_t>(end - begin)) {
      return Fail(Errorf(ErrorCode::kInvalidArgument,
                         "message of {} bytes is cut off after {} bytes", size_bytes, end - begin));
    }
    at_ = static_cast<size_t>(begin - page_.data()) + size_bytes;
    if (const Status status = ReadFamily({begin, static_cast<size_t>(size_bytes)}); !status) {
      return Fail(status.error());
    }
    if (family_.metrics.empty()) continue;
    stage_ = Stage::kHelp;
    return Entry::kHelp;
  }
  return Entry::kEnd;
}

Status ProtobufParser::ReadFamily(std::string_view message) {
  family_.name = family_.help = family_.unit = {};
  family_.proto_type = 0;
  family_.metrics.clear();
  next_metric_ = 0;
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        family_.name = TakeBytes(reader);
        break;
      case Field(2, kBytes):
        family_.help = TakeBytes(reader);
        break;
      case Field(3, kVarint):
        family_.proto_type = reader.get_uint64();
        break;
      case Field(4, kBytes):
        family_.metrics.push_back(TakeBytes(reader));
        break;
      case Field(5, kBytes):
        family_.unit = TakeBytes(reader);
        break;
      default:
        reader.skip();
    }
  }
  if (family_.metrics.empty()) return {};
  TOCSIN_RETURN_IF_ERROR(CheckFamily());
  constexpr MetricType kTypes[] = {MetricType::kCounter,   MetricType::kGauge,
                                   MetricType::kSummary,   MetricType::kUnknown,
                                   MetricType::kHistogram, MetricType::kGaugeHistogram};
  family_.type = kTypes[family_.proto_type];
  return {};
}

Status ProtobufParser::CheckFamily() const {
  const std::string_view name = family_.name;
  if (!IsValidUtf8Name(name)) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid metric name: {}", name);
  }
  if (!IsValidUtf8(family_.help)) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid help for metric {}: {}", GoQuote(name),
                  family_.help);
  }
  if (family_.proto_type > 5) {
    return Errorf(ErrorCode::kInvalidArgument, "unknown metric type for metric {}: {}",
                  GoQuote(name), family_.proto_type);
  }
  if (family_.unit.empty()) return {};
  const bool is_total = family_.proto_type == 0 && name.ends_with("_total");
  const std::string_view stem = is_total ? name.substr(0, name.size() - 6) : name;
  if (IsSuffixOfName(family_.unit, stem)) return {};
  return Errorf(ErrorCode::kInvalidArgument, "unit {} not a suffix of {} {}", GoQuote(family_.unit),
                is_total ? "counter" : "metric", GoQuote(name));
}

// Metrics.

Entry ProtobufParser::NextMetric() {
  if (next_metric_ == family_.metrics.size()) {
    stage_ = Stage::kFamily;
    return NextFamily();
  }
  ReadMetric(family_.metrics[next_metric_++]);
  if (is_histogram() && ChooseHistogram()) {
    stage_ = Stage::kHistogram;
    SetPart(Part::kWhole, 0);
    return Entry::kHistogram;
  }
  if (is_histogram() || family_.type == MetricType::kSummary) return EnterParts();
  stage_ = Stage::kMetricDone;
  SetPart(Part::kWhole, 0);
  return Entry::kSeries;
}

void ProtobufParser::ReadMetric(std::string_view message) {
  metric_.labels.clear();
  metric_.timestamp_ms = metric_.start_timestamp_ms = 0;
  metric_.value = metric_.count = metric_.sum = 0;
  metric_.points.clear();
  metric_.exemplar = {};
  metric_.native_exemplars.clear();
  metric_.has_exemplars = false;
  native_->Clear();
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kBytes):
        metric_.labels.push_back(TakeBytes(reader));
        break;
      case Field(2, kBytes):
      case Field(5, kBytes): {
        const bool is_fitting = (family_.type == MetricType::kGauge) == (reader.tag() == 2) &&
                                family_.type != MetricType::kCounter;
        const std::string_view simple = TakeBytes(reader);
        if (is_fitting) ReadSimple(simple, false);
        break;
      }
      case Field(3, kBytes): {
        const std::string_view counter = TakeBytes(reader);
        if (family_.type == MetricType::kCounter) ReadSimple(counter, true);
        break;
      }
      case Field(4, kBytes): {
        const std::string_view summary = TakeBytes(reader);
        if (family_.type == MetricType::kSummary) ReadSummary(summary);
        break;
      }
      case Field(6, kVarint):
        metric_.timestamp_ms = reader.get_int64();
        break;
      case Field(7, kBytes): {
        const std::string_view histogram = TakeBytes(reader);
        if (is_histogram()) ReadHistogram(histogram);
        break;
      }
      default:
        reader.skip();
    }
  }
  ReadLabelPlaces(message);
}

// The labels as one run of bytes: they mostly stand together.
void ProtobufParser::ReadLabelPlaces(std::string_view message) {
  metric_.label_bytes = {};
  if (metric_.labels.empty()) return;
  const char* const begin = metric_.labels.front().data();
  size_t joined_bytes = 0;
  const char* expected = begin;
  bool is_run = true;
  for (const std::string_view label : metric_.labels) {
    // Between two labels that stand together are a tag and a length, at most six bytes.
    is_run = is_run && label.data() >= expected && label.data() - expected <= 6;
    expected = label.data() + label.size();
    joined_bytes += label.size() + 1;
  }
  if (is_run && begin >= message.data()) {
    metric_.label_bytes = {begin, static_cast<size_t>(expected - begin)};
    return;
  }
  metric_.joined_labels.clear();
  metric_.joined_labels.reserve(joined_bytes);
  for (const std::string_view label : metric_.labels) {
    metric_.joined_labels.append(label).push_back('\xff');
  }
  metric_.label_bytes = metric_.joined_labels;
}

void ProtobufParser::ReadSimple(std::string_view message, bool is_counter) {
  for (pbf_reader reader = Open(message); reader.next();) {
    const uint32_t field = FieldOf(reader);
    if (field == Field(1, kFixed64)) {
      metric_.value = reader.get_double();
    } else if (is_counter && field == Field(2, kBytes)) {
      metric_.exemplar = TakeBytes(reader);
      metric_.has_exemplars = true;
    } else if (is_counter && field == Field(3, kBytes)) {
      metric_.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
    } else {
      reader.skip();
    }
  }
}

void ProtobufParser::ReadSummary(std::string_view message) {
  for (pbf_reader reader = Open(message); reader.next();) {
    switch (FieldOf(reader)) {
      case Field(1, kVarint):
        metric_.count = static_cast<double>(reader.get_uint64());
        break;
      case Field(2, kFixed64):
        metric_.sum = reader.get_double();
        break;
      case Field(3, kBytes): {
        Point& point = metric_.points.emplace_back();
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
        metric_.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
        break;
      default:
        reader.skip();
    }
  }
}

void ProtobufParser::ReadHistogram(std::string_view message) {
  for (pbf_reader reader = Open(message); reader.next();) {
    if (native_->Read(reader)) continue;
    switch (FieldOf(reader)) {
      case Field(2, kFixed64):
        metric_.sum = reader.get_double();
        break;
      case Field(3, kBytes):
        ReadBucket(TakeBytes(reader));
        break;
      case Field(15, kBytes):
        metric_.start_timestamp_ms = ReadTimestampMs(TakeBytes(reader));
        break;
      case Field(16, kBytes):
        metric_.native_exemplars.push_back(TakeBytes(reader));
        metric_.has_exemplars = true;
        break;
      default:
        reader.skip();
    }
  }
  metric_.count = native_->any_count();
}

void ProtobufParser::ReadBucket(std::string_view message) {
  Point& point = metric_.points.emplace_back();
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
        metric_.has_exemplars = true;
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

// Histograms.

// Whether the metric is read as a native histogram.
bool ProtobufParser::ChooseHistogram() {
  if (options_.reads_native_histograms && native_->is_native()) {
    BuildNative();
    return true;
  }
  return options_.converts_classic_histograms && BuildFromClassic();
}

void ProtobufParser::BuildNative() {
  const auto fill = [this](auto& histogram) {
    histogram.counter_reset_hint = family_.type == MetricType::kGaugeHistogram
                                       ? CounterResetHint::kGauge
                                       : CounterResetHint::kUnknown;
    histogram.schema = native_->schema;
    histogram.sum = metric_.sum;
    histogram.zero_threshold = native_->zero_threshold;
    histogram.positive_spans = native_->positive_spans;
    histogram.negative_spans = native_->negative_spans;
    histogram.custom_values.clear();
  };
  is_float_ = native_->is_float();
  if (is_float_) {
    fill(float_histogram_);
    float_histogram_.count = native_->float_count;
    float_histogram_.zero_count = native_->float_zero_count;
    float_histogram_.positive_buckets = native_->positive_counts;
    float_histogram_.negative_buckets = native_->negative_counts;
    CompactBuckets(float_histogram_, 0);
    return;
  }
  fill(histogram_);
  histogram_.count = native_->count;
  histogram_.zero_count = native_->zero_count;
  histogram_.positive_deltas = native_->positive_deltas;
  histogram_.negative_deltas = native_->negative_deltas;
  CompactBuckets(histogram_, 0);
}

bool ProtobufParser::BuildFromClassic() {
  ClassicHistogram classic;
  for (const Point& point : metric_.points) classic.AddBucket(point.bound, point.value);
  classic.SetCount(metric_.count);
  classic.SetSum(metric_.sum);
  const ClassicHistogram::Kind kind = classic.Build(histogram_, float_histogram_);
  if (kind == ClassicHistogram::Kind::kInvalid) return false;
  is_float_ = kind == ClassicHistogram::Kind::kFloat;
  if (family_.type == MetricType::kGaugeHistogram) {
    histogram_.counter_reset_hint = float_histogram_.counter_reset_hint = CounterResetHint::kGauge;
  }
  return true;
}

// Summaries and classic histograms, series by series.

Entry ProtobufParser::EnterParts() {
  // The page may leave out the bucket that holds everything.
  if (is_histogram() && (metric_.points.empty() || metric_.points.back().bound != kInfinity)) {
    metric_.points.push_back({kInfinity, metric_.count, {}});
  }
  stage_ = Stage::kParts;
  SetPart(Part::kCount, 0);
  return Entry::kSeries;
}

Entry ProtobufParser::NextPart() {
  if (part_ == Part::kCount) {
    SetPart(Part::kSum, 0);
    return Entry::kSeries;
  }
  const size_t next = part_ == Part::kSum ? 0 : point_ + 1;
  if (next == metric_.points.size()) return NextMetric();
  SetPart(Part::kPoint, next);
  return Entry::kSeries;
}

void ProtobufParser::SetPart(Part part, size_t point) {
  part_ = part;
  point_ = point;
  // No bound has these bits, which are those of NaNs.
  part_key_ = ~uint64_t{0} - static_cast<uint64_t>(part);
  switch (part) {
    case Part::kWhole:
      value_ = metric_.value;
      break;
    case Part::kCount:
      value_ = metric_.count;
      break;
    case Part::kSum:
      value_ = metric_.sum;
      break;
    case Part::kPoint:
      value_ = metric_.points[point].value;
      part_key_ = std::bit_cast<uint64_t>(metric_.points[point].bound);
      break;
  }
  if (stage_ == Stage::kHistogram) part_key_ -= 4;  // Beside a gauge of the same name.
}

Status ProtobufParser::CopyLabels(LabelsBuilder& labels,
                                  std::vector<std::string>& empty_names) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string name(family_.name);
  name += kPartSuffixes[static_cast<size_t>(part_)];
  if (part_ == Part::kPoint && is_histogram()) name += "_bucket";
  pairs.emplace_back(kMetricNameLabel, std::move(name));
  try {
    for (const std::string_view message : metric_.labels) {
      pairs.push_back(ReadLabel(message));
      const auto& [label, value] = pairs.back();
      if (!IsValidUtf8Name(label)) {
        return Errorf(ErrorCode::kInvalidArgument, "invalid label name: {}", label);
      }
      if (!IsValidUtf8(value)) {
        return Errorf(ErrorCode::kInvalidArgument, "invalid label value: {}", value);
      }
    }
  } catch (const protozero::exception& e) {
    return Errorf(ErrorCode::kInvalidArgument, "malformed protobuf message: {}", e.what());
  }
  if (part_ == Part::kPoint) {
    pairs.emplace_back(is_histogram() ? "le" : "quantile",
                       FormatOpenMetricsFloat(metric_.points[point_].bound));
  }
  return BuildLabels(std::move(pairs), labels, empty_names);
}

// Exemplars.

void ProtobufParser::CopyExemplars(std::vector<Exemplar>& exemplars) const {
  if (!metric_.has_exemplars) return;
  try {
    if (stage_ == Stage::kHistogram) return CopyHistogramExemplars(exemplars);
    std::string_view message = metric_.exemplar;
    if (part_ == Part::kPoint) message = metric_.points[point_].exemplar;
    if (!message.empty()) exemplars.push_back(ReadExemplar(message));
  } catch (const protozero::exception&) {
    // Upstream would have refused the page; the samples are worth more than an exemplar.
  }
}

void ProtobufParser::CopyHistogramExemplars(std::vector<Exemplar>& exemplars) const {
  const auto append = [&exemplars](std::string_view message) {
    Exemplar exemplar = ReadExemplar(message);
    // Without a time nobody can tell a new exemplar from the one of the last scrape.
    if (exemplar.has_timestamp) exemplars.push_back(std::move(exemplar));
  };
  for (const std::string_view message : metric_.native_exemplars) append(message);
  if (!metric_.native_exemplars.empty()) return;
  for (const Point& point : metric_.points) {
    if (!point.exemplar.empty()) append(point.exemplar);
  }
}

}  // namespace tocsin::exposition
