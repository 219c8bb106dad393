#pragma once

#include <string>

#include "telemetry/registry.h"

namespace tocsin::rules {

/// The metrics that all rule groups share, under Prometheus' names. References live as long as the
/// registry.
struct RuleMetrics {
  explicit RuleMetrics(telemetry::Registry& registry);

  telemetry::Registry& registry;
  telemetry::Histogram& evaluation_duration_seconds;
  telemetry::Histogram& group_duration_seconds;
};

/// The metrics of one group, labelled rule_group="file;group".
struct GroupMetrics {
  GroupMetrics(telemetry::Registry& registry, const std::string& file, const std::string& group);

  telemetry::Counter& evaluations;
  telemetry::Counter& evaluation_failures;
  telemetry::Counter& iterations;
  telemetry::Counter& iterations_missed;
  telemetry::Gauge& interval_seconds;
  telemetry::Gauge& last_evaluation_timestamp_seconds;
  telemetry::Gauge& last_duration_seconds;
  telemetry::Gauge& last_rule_duration_sum_seconds;
  telemetry::Gauge& last_restore_duration_seconds;
  telemetry::Gauge& rules;
  telemetry::Gauge& last_evaluation_samples;
};

}  // namespace tocsin::rules
