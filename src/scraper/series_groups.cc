#include "scraper/series_groups.h"

#include <array>
#include <cmath>

#include "exposition/sample_value.h"

namespace tocsin::scraper {

namespace {

constexpr std::string_view kCreatedSuffix = "_created";

bool CutSuffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

// The family's name within the name of one of its series.
std::string_view BaseName(std::string_view name, MetricType type) {
  if (CutSuffix(name, kCreatedSuffix)) return name;
  if (type == MetricType::kCounter) {
    CutSuffix(name, "_total");
  } else if (!CutSuffix(name, "_count") && !CutSuffix(name, "_sum")) {
    if (type == MetricType::kHistogram) CutSuffix(name, "_bucket");
  }
  return name;
}

bool IsNumber(std::string_view text) {
  const Result<double> number = exposition::ParseSampleValue(text);
  return number && !std::isnan(*number);
}

}  // namespace

std::optional<LineRole> LineClassifier::RoleOf(const LabelsBuilder& labels) const {
  const std::string_view name = labels.Get(kMetricNameLabel);
  const bool has_start =
      reads_start_timestamps && (type == MetricType::kCounter || type == MetricType::kSummary ||
                                 type == MetricType::kHistogram);
  if (has_start && name.ends_with(kCreatedSuffix)) return LineRole::kCreated;
  if (converts_classic_histograms && type == MetricType::kHistogram) {
    std::string_view base = name;
    if (CutSuffix(base, "_bucket")) {
      if (base == family && IsNumber(labels.Get("le"))) return LineRole::kBucket;
    } else if (CutSuffix(base, "_count")) {
      if (base == family) return LineRole::kCount;
    } else if (CutSuffix(base, "_sum")) {
      if (base == family) return LineRole::kSum;
    }
  }
  if (has_start) return LineRole::kStarted;
  return std::nullopt;
}

uint32_t SeriesGroups::GroupOf(const LabelsBuilder& labels, LineRole role, MetricType type) {
  LabelsBuilder shared = labels;
  shared.Set(kMetricNameLabel, std::string(BaseName(labels.Get(kMetricNameLabel), type)));
  if (type == MetricType::kHistogram) shared.Delete("le");
  if (type == MetricType::kSummary) shared.Delete("quantile");
  const Labels group_labels = shared.Build();
  const auto [found, is_new] =
      group_of_hash_.try_emplace(group_labels.Hash(), static_cast<uint32_t>(groups_.size()));
  if (is_new) groups_.emplace_back();
  Group& group = groups_[found->second];
  const bool becomes_histogram = role != LineRole::kStarted && role != LineRole::kCreated;
  if (becomes_histogram && !group.is_known) {
    group.labels = group_labels;
    group.is_known = true;
  }
  return found->second;
}

uint32_t SeriesGroups::AddLine(const Line& line) {
  lines_.push_back(line);
  return static_cast<uint32_t>(lines_.size() - 1);
}

size_t SeriesGroups::memory_bytes() const {
  return lines_.capacity() * sizeof(Line) + groups_.capacity() * sizeof(Group);
}

}  // namespace tocsin::scraper
