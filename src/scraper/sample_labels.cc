#include "scraper/sample_labels.h"

#include <algorithm>
#include <utility>

namespace tocsin::scraper {

namespace {

constexpr std::string_view kExportedPrefix = "exported_";

// printf's "%.50s" cuts after runes, not bytes.
std::string_view First50Runes(std::string_view text) {
  size_t runes = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_rune_start = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (is_rune_start && ++runes > 50) return text.substr(0, i);
  }
  return text;
}

// Shorter names first, so that exported_job finds its place before a sample's own
// exported_exported_job.
void RenameConflicting(std::vector<std::pair<std::string, std::string>> conflicting,
                       LabelsBuilder& labels) {
  std::stable_sort(conflicting.begin(), conflicting.end(),
                   [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  for (auto& [name, value] : conflicting) {
    do {
      name.insert(0, kExportedPrefix);
    } while (!labels.Get(name).empty());
    labels.Set(name, value);
  }
}

bool AreNamesValid(const Labels& labels, bool legacy_names) {
  return std::all_of(labels.begin(), labels.end(), [legacy_names](LabelView label) {
    if (label.name == kMetricNameLabel) {
      return legacy_names ? IsLegacyMetricName(label.value) : IsValidUtf8Name(label.value);
    }
    const bool is_name_valid =
        legacy_names ? IsLegacyLabelName(label.name) : IsValidUtf8Name(label.name);
    return is_name_valid && IsValidUtf8(label.value);
  });
}

}  // namespace

bool AddTargetLabels(const Labels& target, const SampleLabelRules& rules,
                     std::span<const std::string> empty_names, LabelsBuilder& labels) {
  std::vector<std::pair<std::string, std::string>> conflicting;
  for (const LabelView label : target) {
    const std::string_view own = labels.Get(label.name);
    if (rules.honor_labels) {
      const bool is_empty_here =
          std::find(empty_names.begin(), empty_names.end(), label.name) != empty_names.end();
      if (own.empty() && !is_empty_here) labels.Set(label.name, label.value);
      continue;
    }
    if (!own.empty()) conflicting.emplace_back(label.name, own);
    labels.Set(label.name, label.value);
  }
  if (!conflicting.empty()) RenameConflicting(std::move(conflicting), labels);
  return Relabel(rules.metric_relabel_configs, labels) && !labels.empty();
}

Status CheckSampleLabels(const Labels& labels, const SampleLabelRules& rules) {
  const std::string_view metric = labels.Get(kMetricNameLabel);
  if (metric.empty()) {
    return Error(ErrorCode::kInvalidArgument, "missing metric name (__name__ label)");
  }
  if (!AreNamesValid(labels, rules.legacy_names)) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid metric name or label names: " + labels.ToString());
  }
  if (rules.label_limit > 0 && labels.size() > rules.label_limit) {
    return Errorf(ErrorCode::kTooLarge,
                  "label_limit exceeded (metric: {}, number of labels: {}, limit: {})",
                  First50Runes(metric), labels.size(), rules.label_limit);
  }
  for (const LabelView label : labels) {
    if (rules.label_name_length_limit > 0 && label.name.size() > rules.label_name_length_limit) {
      return Errorf(ErrorCode::kTooLarge,
                    "label_name_length_limit exceeded (metric: {}, label name: {}, length: {}, "
                    "limit: {})",
                    First50Runes(metric), First50Runes(label.name), label.name.size(),
                    rules.label_name_length_limit);
    }
    if (rules.label_value_length_limit > 0 && label.value.size() > rules.label_value_length_limit) {
      return Errorf(ErrorCode::kTooLarge,
                    "label_value_length_limit exceeded (metric: {}, label name: {}, value: {}, "
                    "length: {}, limit: {})",
                    First50Runes(metric), First50Runes(label.name),
                    GoQuote(First50Runes(label.value)), label.value.size(),
                    rules.label_value_length_limit);
    }
  }
  return {};
}

Labels ReportLabels(const Labels& target, std::string_view name) {
  LabelsBuilder labels(target);
  labels.Set(kMetricNameLabel, name);
  return labels.Build();
}

}  // namespace tocsin::scraper
