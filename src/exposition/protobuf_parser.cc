#include "exposition/protobuf_parser.h"

#include <bit>
#include <cmath>
#include <limits>

#include "exposition/classic_histogram.h"
#include "exposition/histogram_buckets.h"
#include "exposition/label_spans.h"
#include "exposition/sample_value.h"

namespace tocsin::exposition {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kPartSuffixes[] = {"", "_count", "_sum", ""};

bool IsSuffixOfName(std::string_view unit, std::string_view name) {
  return name.ends_with(unit) && name.size() > unit.size() &&
         name[name.size() - unit.size() - 1] == '_';
}

}  // namespace

ProtobufParser::ProtobufParser(std::string_view page, const ProtobufOptions& options)
    : page_(page), options_(options), rest_(page) {}

Entry ProtobufParser::Next() {
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
  return Entry::kInvalid;
}

Entry ProtobufParser::Fail(const Error& error) {
  error_ = Errorf(error.code(), "{} (message at byte {})", error.message(), message_begin_);
  return Entry::kInvalid;
}

// Families.

Entry ProtobufParser::NextFamily() {
  while (!rest_.empty()) {
    message_begin_ = page_.size() - rest_.size();
    const Result<std::string_view> message = TakeMessage(rest_);
    if (!message) return Fail(message.error());
    if (const Status status = EnterFamily(*message); !status) return Fail(status.error());
    if (family_.metrics.empty()) continue;
    stage_ = Stage::kHelp;
    return Entry::kHelp;
  }
  return Entry::kEnd;
}

Status ProtobufParser::EnterFamily(std::string_view message) {
  next_metric_ = 0;
  TOCSIN_RETURN_IF_ERROR(ReadFamily(message, family_));
  if (family_.metrics.empty()) return {};
  TOCSIN_RETURN_IF_ERROR(CheckFamily());
  constexpr MetricType kTypes[] = {MetricType::kCounter,   MetricType::kGauge,
                                   MetricType::kSummary,   MetricType::kUnknown,
                                   MetricType::kHistogram, MetricType::kGaugeHistogram};
  type_ = kTypes[family_.type];
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
  if (family_.type > 5) {
    return Errorf(ErrorCode::kInvalidArgument, "unknown metric type for metric {}: {}",
                  GoQuote(name), family_.type);
  }
  if (family_.unit.empty()) return {};
  const bool is_total = family_.type == 0 && name.ends_with("_total");
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
  if (const Status status = ReadMetric(family_.metrics[next_metric_++], type_, metric_); !status) {
    return Fail(status.error());
  }
  if (is_histogram() && ChooseHistogram()) {
    stage_ = Stage::kHistogram;
    SetPart(Part::kWhole, 0);
    return Entry::kHistogram;
  }
  if (is_histogram() || type_ == MetricType::kSummary) return EnterParts();
  stage_ = Stage::kMetricDone;
  SetPart(Part::kWhole, 0);
  return Entry::kSeries;
}

// Histograms.

// Whether the metric is read as a native histogram.
bool ProtobufParser::ChooseHistogram() {
  if (options_.reads_native_histograms && metric_.native.is_native()) {
    BuildNative();
    return true;
  }
  return options_.converts_classic_histograms && BuildFromClassic();
}

void ProtobufParser::BuildNative() {
  const auto fill = [this](auto& histogram) {
    histogram.counter_reset_hint = type_ == MetricType::kGaugeHistogram
                                       ? CounterResetHint::kGauge
                                       : CounterResetHint::kUnknown;
    histogram.schema = metric_.native.schema;
    histogram.sum = metric_.sum;
    histogram.zero_threshold = metric_.native.zero_threshold;
    histogram.positive_spans = metric_.native.positive_spans;
    histogram.negative_spans = metric_.native.negative_spans;
    histogram.custom_values.clear();
  };
  is_float_ = metric_.native.is_float();
  if (is_float_) {
    fill(float_histogram_);
    float_histogram_.count = metric_.native.float_count;
    float_histogram_.zero_count = metric_.native.float_zero_count;
    float_histogram_.positive_buckets = metric_.native.positive_counts;
    float_histogram_.negative_buckets = metric_.native.negative_counts;
    CompactBuckets(float_histogram_, 0);
    return;
  }
  fill(histogram_);
  histogram_.count = metric_.native.count;
  histogram_.zero_count = metric_.native.zero_count;
  histogram_.positive_deltas = metric_.native.positive_deltas;
  histogram_.negative_deltas = metric_.native.negative_deltas;
  CompactBuckets(histogram_, 0);
}

bool ProtobufParser::BuildFromClassic() {
  ClassicHistogram classic;
  for (const PointMessage& point : metric_.points) classic.AddBucket(point.bound, point.value);
  classic.SetCount(metric_.count);
  classic.SetSum(metric_.sum);
  const ClassicHistogram::Kind kind = classic.Build(histogram_, float_histogram_);
  if (kind == ClassicHistogram::Kind::kInvalid) return false;
  is_float_ = kind == ClassicHistogram::Kind::kFloat;
  if (type_ == MetricType::kGaugeHistogram) {
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
  for (const std::string_view message : metric_.labels) {
    TOCSIN_ASSIGN_OR_RETURN(auto pair, ReadLabel(message));
    if (!IsValidUtf8Name(pair.first)) {
      return Errorf(ErrorCode::kInvalidArgument, "invalid label name: {}", pair.first);
    }
    if (!IsValidUtf8(pair.second)) {
      return Errorf(ErrorCode::kInvalidArgument, "invalid label value: {}", pair.second);
    }
    pairs.push_back(std::move(pair));
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
  if (stage_ == Stage::kHistogram) return CopyHistogramExemplars(exemplars);
  std::string_view message = metric_.exemplar;
  if (part_ == Part::kPoint) message = metric_.points[point_].exemplar;
  if (message.empty()) return;
  // Upstream would have refused the page; the samples are worth more than an exemplar.
  if (auto exemplar = ReadExemplar(message)) exemplars.push_back(std::move(*exemplar));
}

void ProtobufParser::CopyHistogramExemplars(std::vector<Exemplar>& exemplars) const {
  const auto append = [&exemplars](std::string_view message) {
    auto exemplar = ReadExemplar(message);
    // Without a time nobody can tell a new exemplar from the one of the last scrape.
    if (exemplar && exemplar->has_timestamp) exemplars.push_back(std::move(*exemplar));
  };
  for (const std::string_view message : metric_.native_exemplars) append(message);
  if (!metric_.native_exemplars.empty()) return;
  for (const PointMessage& point : metric_.points) {
    if (!point.exemplar.empty()) append(point.exemplar);
  }
}

}  // namespace tocsin::exposition
