#include "tsdb/compaction/retention_rules.h"

#include <algorithm>

namespace tocsin::tsdb {

int64_t RetentionRules::MinTime(const Labels& labels, int64_t now_ms) const {
  for (const RetentionRule& rule : rules_) {
    const bool is_match = std::ranges::all_of(
        rule.matchers, [&](const Matcher& matcher) { return matcher.Matches(labels); });
    if (is_match) return now_ms - rule.retention_ms;
  }
  return INT64_MIN;
}

}  // namespace tocsin::tsdb
