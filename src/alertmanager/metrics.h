#pragma once

#include <string>

#include "telemetry/registry.h"

namespace tocsin::alertmanager {

/// The Alertmanager's own metrics, under upstream's names; its mixin alerts on them. The objects
/// live in the registry. Thread-safe.
class Metrics {
 public:
  explicit Metrics(telemetry::Registry& registry);

  // By integration kind.
  telemetry::Counter& notifications(const std::string& integration);
  telemetry::Counter& notifications_failed(const std::string& integration,
                                           const std::string& reason);
  telemetry::Counter& notification_requests(const std::string& integration);
  telemetry::Counter& notification_requests_failed(const std::string& integration);
  telemetry::Histogram& notification_latency(const std::string& integration);
  /// `reason`: silence, inhibition, mute_time_interval, active_time_interval.
  telemetry::Counter& notifications_suppressed(const std::string& reason);

  telemetry::Registry& registry;

  telemetry::Counter& alerts_received_firing;
  telemetry::Counter& alerts_received_resolved;
  telemetry::Counter& alerts_invalid;
  telemetry::Gauge& alerts_active;
  telemetry::Gauge& alerts_suppressed;
  telemetry::Gauge& alerts_unprocessed;
  telemetry::Counter& alerts_limited;

  telemetry::Gauge& aggregation_groups;
  telemetry::Histogram& alert_processing_duration;

  telemetry::Gauge& silences_active;
  telemetry::Gauge& silences_pending;
  telemetry::Gauge& silences_expired;
  telemetry::Counter& silences_queries;
  telemetry::Counter& silences_maintenance;
  telemetry::Counter& silences_maintenance_errors;
  telemetry::Gauge& silences_snapshot_size;

  telemetry::Counter& nflog_queries;
  telemetry::Counter& nflog_maintenance;
  telemetry::Counter& nflog_maintenance_errors;
  telemetry::Gauge& nflog_snapshot_size;

  telemetry::Gauge& config_hash;
  telemetry::Gauge& config_last_reload_successful;
  telemetry::Gauge& config_last_reload_success_timestamp;
  telemetry::Gauge& receivers;
  telemetry::Gauge& integrations;
  telemetry::Gauge& inhibition_rules;
  telemetry::Gauge& cluster_enabled;
};

}  // namespace tocsin::alertmanager
