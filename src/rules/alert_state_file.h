#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "rules/alerting_rule.h"
#include "rules/rule.h"

namespace tocsin::rules {

/// The alerts of one alerting rule, as they are saved.
struct SavedRule {
  std::string file;
  std::string group;
  std::string alert;
  LabelPairs labels;  ///< Of the rule.
  AlertMap alerts;
};

/// What survives a restart: every alert that is pending, firing, kept firing or resolved lately.
/// Value type.
struct SavedAlertState {
  int64_t saved_at_ns = 0;
  std::vector<SavedRule> rules;  ///< Those with alerts, in the order of groups and rules.
};

/// JSON with a version; readable, and replaced as a whole.
std::string FormatAlertState(const SavedAlertState& state);
/// kCorruption for text that is no alert state, kInvalidArgument for a version that is not known.
Result<SavedAlertState> ParseAlertState(std::string_view text);

}  // namespace tocsin::rules
