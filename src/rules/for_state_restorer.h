#pragma once

#include <cstdint>

#include "base/log.h"
#include "base/result.h"
#include "rules/alerting_rule.h"
#include "rules/rule_environment.h"
#include "storage/queryable.h"

namespace tocsin::rules {

/// Upstream's way to continue `for` after a restart: the last sample of ALERTS_FOR_STATE tells
/// since when an alert was active and until when the server ran. Used where no saved state is at
/// hand, as after running Prometheus on the same data. Immutable.
class ForStateRestorer {
 public:
  /// Keeps references to all of them.
  ForStateRestorer(storage::Queryable& queryable, const RuleOptions& options, Logger& logger)
      : queryable_(queryable), options_(options), logger_(logger) {}

  /// Moves the beginnings of the rule's active alerts and lets the rule write its series from now
  /// on. Time spent down does not count; an alert that would fire sooner than the grace period
  /// waits that long.
  void Restore(AlertingRule& rule, int64_t time_ns) const;

 private:
  Status RestoreFromSeries(AlertingRule& rule, int64_t time_ns) const;

  storage::Queryable& queryable_;
  const RuleOptions& options_;
  Logger& logger_;
};

}  // namespace tocsin::rules
