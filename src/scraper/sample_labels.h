#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/relabel.h"

namespace tocsin::scraper {

/// How the labels of a page become those of stored series.
struct SampleLabelRules {
  bool honor_labels = false;
  std::vector<RelabelRule> metric_relabel_configs;
  bool legacy_names = false;  ///< metric_name_validation_scheme: legacy
  // 0 is no limit.
  uint64_t label_limit = 0;
  uint64_t label_name_length_limit = 0;
  uint64_t label_value_length_limit = 0;
};

/// Adds the target's labels to those of a sample and relabels the result. Where both have a label,
/// the sample's wins with honor_labels (also an empty one, named in `empty_names`); without, the
/// target's does and the sample's becomes exported_…. False: dropped, and `labels` is unspecified.
bool AddTargetLabels(const Labels& target, const SampleLabelRules& rules,
                     std::span<const std::string> empty_names, LabelsBuilder& labels);

/// Whether a series may have these labels: kInvalidArgument for a missing or invalid name,
/// kTooLarge for an exceeded limit, with Prometheus' texts. Either fails the whole scrape.
Status CheckSampleLabels(const Labels& labels, const SampleLabelRules& rules);

/// The labels of a report series ("up", …) of a target.
Labels ReportLabels(const Labels& target, std::string_view name);

}  // namespace tocsin::scraper
