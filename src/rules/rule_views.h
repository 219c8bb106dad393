#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "rules/active_alert.h"

namespace tocsin::rules {

// Snapshots for /api/v1/rules and /api/v1/alerts. Value types.

enum class RuleHealth { kUnknown, kGood, kBad };

/// "unknown", "ok", "err".
std::string_view RuleHealthText(RuleHealth health);

struct AlertView {
  Labels labels;  ///< With alertname.
  Labels annotations;
  AlertState state = AlertState::kPending;
  int64_t active_at_ns = 0;
  int64_t keep_firing_since_ns = 0;  ///< 0: not kept.
  double value = 0;
};

struct RuleView {
  bool is_alerting = false;
  std::string name;
  std::string query;                                             ///< As the printer writes it.
  std::vector<std::pair<std::string, std::string>> labels;       ///< Templates as written.
  std::vector<std::pair<std::string, std::string>> annotations;  ///< Of alerting rules.
  RuleHealth health = RuleHealth::kUnknown;
  std::string last_error;
  double evaluation_seconds = 0;
  int64_t last_evaluation_ns = 0;  ///< 0: never.
  // Of alerting rules:
  AlertState state = AlertState::kUnknown;  ///< The highest of its alerts.
  double hold_seconds = 0;                  ///< `for`
  double keep_firing_seconds = 0;
  std::vector<AlertView> alerts;  ///< Pending and firing, sorted by labels.
};

struct GroupView {
  std::string name;
  std::string file;
  std::vector<RuleView> rules;
  double interval_seconds = 0;
  int64_t limit = 0;
  double evaluation_seconds = 0;
  int64_t last_evaluation_ns = 0;  ///< 0: never.
};

}  // namespace tocsin::rules
