#include "scraper/metric_family.h"

#include <algorithm>
#include <span>

namespace tocsin::scraper {

namespace {

using Suffixes = std::span<const std::string_view>;

constexpr std::string_view kHistogramSuffixes[] = {"_bucket", "_sum", "_count"};
constexpr std::string_view kGaugeHistogramSuffixes[] = {"_bucket", "_gsum", "_gcount"};
constexpr std::string_view kSummarySuffixes[] = {"_sum", "_count"};
constexpr std::string_view kCounterSuffixes[] = {"_total"};
constexpr std::string_view kInfoSuffixes[] = {"_info"};

Suffixes SuffixesOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return kCounterSuffixes;
    case MetricType::kHistogram:
      return kHistogramSuffixes;
    case MetricType::kGaugeHistogram:
      return kGaugeHistogramSuffixes;
    case MetricType::kSummary:
      return kSummarySuffixes;
    case MetricType::kInfo:
      return kInfoSuffixes;
    default:
      return {};
  }
}

}  // namespace

bool IsSeriesOfFamily(std::string_view metric, std::string_view family, MetricType type) {
  if (!metric.starts_with(family)) return false;
  const std::string_view suffix = metric.substr(family.size());
  if (suffix.empty()) return true;
  const Suffixes suffixes = SuffixesOf(type);
  return std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end();
}

void SetTypeAndUnit(MetricType type, std::string_view unit, LabelsBuilder& labels) {
  if (type != MetricType::kUnknown) labels.Set("__type__", MetricTypeText(type));
  if (!unit.empty()) labels.Set("__unit__", unit);
}

}  // namespace tocsin::scraper
