#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "alertmanager/stored_alert.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "config/alertmanager_config.h"
#include "model/matcher.h"

namespace tocsin::alertmanager {

/// Knows which firing alerts silence which others. A source counts whether it is itself silenced,
/// inhibited or routed anywhere. Thread-safe.
class Inhibitor {
 public:
  /// Keeps a reference to `clock`. Fails only for a matcher that does not compile.
  static Result<std::unique_ptr<Inhibitor>> Make(
      const Clock& clock, const std::vector<config::InhibitRuleConfig>& rules);

  /// Takes note of new or changed alerts, before any of them is notified.
  void Observe(const AlertList& alerts);
  /// Forgets sources that have resolved.
  void Collect();

  /// The fingerprint of an alert that inhibits these labels now: that of the first rule that
  /// applies.
  std::optional<uint64_t> InhibitedBy(const Labels& labels) const;

  size_t rule_count() const { return rules_.size(); }

 private:
  struct Rule {
    std::vector<Matcher> source_matchers;
    std::vector<Matcher> target_matchers;
    std::vector<std::string> equal;
    /// Firing sources by the values of their equal labels. All of them, not one a key: a source
    /// that may not inhibit a target must not hide one that may.
    std::unordered_map<std::string, std::map<uint64_t, AlertPtr>> sources;
  };

  explicit Inhibitor(const Clock& clock) : clock_(clock) {}
  static std::string EqualKey(const Rule& rule, const Labels& labels);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::vector<Rule> rules_;  // Only `sources` changes, GUARDED_BY(mutex_).
};

}  // namespace tocsin::alertmanager
