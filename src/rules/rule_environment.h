#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "base/timers.h"
#include "model/labels.h"
#include "rules/alert_sink.h"
#include "rules/alert_template.h"
#include "rules/rule_queries.h"
#include "storage/appendable.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"

namespace tocsin::rules {

/// What rules need from the rest of the program. All references are kept and must outlive the
/// manager.
struct RuleEnvironment {
  const Clock& clock;
  Timers& timers;
  RuleQueries& queries;
  storage::Appendable& appendable;
  storage::Queryable& queryable;
  AlertSink& sink;
  Fs& fs;
  telemetry::Registry& registry;
  Logger& logger;
  /// Evaluates groups, the lane of rules; null evaluates on the timers' threads.
  ThreadPool* pool = nullptr;
};

/// Upstream's --rules.* flags and what alerts tell the world.
struct RuleOptions {
  std::string external_url;                 ///< Of this server, without a slash at its end.
  int64_t outage_tolerance_ms = 3'600'000;  ///< --rules.alert.for-outage-tolerance
  int64_t for_grace_period_ms = 600'000;    ///< --rules.alert.for-grace-period
  int64_t resend_delay_ms = 60'000;         ///< --rules.alert.resend-delay
  /// Where alert state is kept over a restart; "" keeps none, as upstream.
  std::string state_path;
};

}  // namespace tocsin::rules
