#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::tsdb {

/// How long to keep the series that match all of `matchers`.
struct RetentionRule {
  std::vector<Matcher> matchers;
  int64_t retention_ms = 0;  ///< Above 0.
};

/// Before which time samples of a series need not be kept: the first rule that matches it decides.
/// Immutable.
class RetentionRules {
 public:
  RetentionRules() = default;
  explicit RetentionRules(std::vector<RetentionRule> rules) : rules_(std::move(rules)) {}

  bool empty() const { return rules_.empty(); }
  std::span<const RetentionRule> all() const { return rules_; }

  /// INT64_MIN when no rule matches.
  int64_t MinTime(const Labels& labels, int64_t now_ms) const;

 private:
  std::vector<RetentionRule> rules_;
};

}  // namespace tocsin::tsdb
