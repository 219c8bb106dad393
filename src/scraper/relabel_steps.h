#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "model/relabel.h"

namespace tocsin::scraper {

/// What one rule makes of a target: an entry of /api/v1/targets/relabel_steps. Value type.
struct RelabelStep {
  RelabelRule rule;
  Labels output;  ///< Empty once it is dropped.
  bool is_kept = true;
};

/// Applies `rules` one by one. After the rule that drops the target, no step keeps it.
std::vector<RelabelStep> MakeRelabelSteps(std::span<const RelabelRule> rules, const Labels& labels);

/// The name of an action in a configuration: "labelmap".
std::string_view RelabelActionText(RelabelRule::Action action);

/// Why rule `index` drops a target, in one line for people.
std::string DescribeDrop(std::span<const RelabelRule> rules, size_t index);

}  // namespace tocsin::scraper
