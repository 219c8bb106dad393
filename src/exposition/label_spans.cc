#include "exposition/label_spans.h"

#include <algorithm>

#include "exposition/escaping.h"
#include "exposition/sample_value.h"

namespace tocsin::exposition {

void CanonicalizeBound(MetricType type, std::string_view name, std::string& value) {
  const bool is_bound = (type == MetricType::kSummary && name == "quantile") ||
                        (type == MetricType::kHistogram && name == "le");
  if (!is_bound) return;
  if (const Result<double> bound = ParseSampleValue(value)) value = FormatOpenMetricsFloat(*bound);
}

Status BuildLabels(std::vector<std::pair<std::string, std::string>> pairs, LabelsBuilder& labels,
                   std::vector<std::string>& empty_names) {
  // In order the builder appends, so that a series with very many labels costs no quadratic time.
  std::sort(pairs.begin(), pairs.end());
  labels.Clear();
  empty_names.clear();
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0 && pairs[i].first == pairs[i - 1].first) {
      return Errorf(ErrorCode::kInvalidArgument, "label name {} is not unique: invalid sample",
                    GoQuote(pairs[i].first));
    }
    if (pairs[i].second.empty()) {
      empty_names.push_back(pairs[i].first);
    } else {
      labels.Set(pairs[i].first, pairs[i].second);
    }
  }
  return {};
}

Status BuildLabels(std::string_view page, Span name, const std::vector<LabelSpans>& spans,
                   MetricType type, LabelsBuilder& labels, std::vector<std::string>& empty_names) {
  const auto text_of = [page](Span span) {
    return Unescape(page.substr(span.begin, span.end - span.begin), EscapedIn::kLabelValue);
  };
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(spans.size() + 1);
  pairs.emplace_back(kMetricNameLabel, text_of(name));
  for (const LabelSpans& label : spans) {
    pairs.emplace_back(text_of(label.name), text_of(label.value));
    CanonicalizeBound(type, pairs.back().first, pairs.back().second);
  }
  return BuildLabels(std::move(pairs), labels, empty_names);
}

}  // namespace tocsin::exposition
