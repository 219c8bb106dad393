#include "exposition/text_writer.h"

#include "exposition/escaping.h"
#include "model/number_text.h"

namespace tocsin::exposition {

namespace {

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendEscaped(out, text, EscapedIn::kLabelValue);
  out.push_back('"');
}

std::string_view TypeWord(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    default:
      return "untyped";
  }
}

}  // namespace

void TextWriter::WriteHelp(std::string_view family, std::string_view help) {
  out_ += "# HELP ";
  WriteFamily(family);
  out_.push_back(' ');
  AppendEscaped(out_, help, EscapedIn::kHelp);
  out_.push_back('\n');
}

void TextWriter::WriteType(std::string_view family, MetricType type) {
  out_ += "# TYPE ";
  WriteFamily(family);
  out_.push_back(' ');
  out_ += TypeWord(type);
  out_.push_back('\n');
}

void TextWriter::WriteFamily(std::string_view family) {
  if (IsLegacyMetricName(family)) {
    out_ += family;
  } else {
    AppendQuoted(out_, family);
  }
}

void TextWriter::WriteSeries(const Labels& labels) {
  const std::string_view name = labels.Get(kMetricNameLabel);
  const bool is_name_inside = !name.empty() && !IsLegacyMetricName(name);
  if (!is_name_inside) out_ += name;
  char separator = '{';
  if (is_name_inside) {
    out_.push_back('{');
    AppendQuoted(out_, name);
    separator = ',';
  }
  for (const LabelView label : labels) {
    if (label.name == kMetricNameLabel) continue;
    out_.push_back(separator);
    separator = ',';
    if (IsLegacyLabelName(label.name)) {
      out_ += label.name;
    } else {
      AppendQuoted(out_, label.name);
    }
    out_.push_back('=');
    AppendQuoted(out_, label.value);
  }
  if (separator == ',') out_.push_back('}');
}

void TextWriter::WriteSample(const Labels& labels, double value,
                             std::optional<int64_t> timestamp_ms) {
  WriteSeries(labels);
  out_.push_back(' ');
  AppendFloatGeneral(out_, value);
  if (timestamp_ms) {
    out_.push_back(' ');
    out_ += std::to_string(*timestamp_ms);
  }
  out_.push_back('\n');
}

}  // namespace tocsin::exposition
