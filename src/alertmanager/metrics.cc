#include "alertmanager/metrics.h"

#include <initializer_list>
#include <vector>

namespace tocsin::alertmanager {

namespace {

constexpr const char* kReasons[] = {
    "other",     "clientError", "serverError", "contextCanceled", "contextDeadlineExceeded",
    "authError", "rateLimited"};
// All of upstream's, so that a dashboard finds every series at 0.
constexpr const char* kIntegrations[] = {
    "discord",   "email",    "incidentio", "jira",     "mattermost", "msteams",
    "msteamsv2", "opsgenie", "pagerduty",  "pushover", "rocketchat", "slack",
    "sns",       "telegram", "victorops",  "webex",    "webhook",    "wechat"};
constexpr const char* kSuppressionReasons[] = {"silence", "inhibition", "mute_time_interval",
                                               "active_time_interval"};

const std::vector<double> kLatencyBuckets = {1, 5, 10, 15, 20};

}  // namespace

Metrics::Metrics(telemetry::Registry& r)
    : registry(r),
      alerts_received_firing(r.AddCounter("alertmanager_alerts_received_total",
                                          "The total number of received alerts.",
                                          {{"status", "firing"}, {"version", "v2"}})),
      alerts_received_resolved(r.AddCounter("alertmanager_alerts_received_total",
                                            "The total number of received alerts.",
                                            {{"status", "resolved"}, {"version", "v2"}})),
      alerts_invalid(r.AddCounter("alertmanager_alerts_invalid_total",
                                  "The total number of received alerts that were invalid.",
                                  {{"version", "v2"}})),
      alerts_active(
          r.AddGauge("alertmanager_alerts", "How many alerts by state.", {{"state", "active"}})),
      alerts_suppressed(r.AddGauge("alertmanager_alerts", "How many alerts by state.",
                                   {{"state", "suppressed"}})),
      alerts_unprocessed(r.AddGauge("alertmanager_alerts", "How many alerts by state.",
                                    {{"state", "unprocessed"}})),
      alerts_limited(r.AddCounter("alertmanager_alerts_limited_total",
                                  "Total number of alerts that were dropped due to per alert name "
                                  "limit")),
      aggregation_groups(r.AddGauge("alertmanager_dispatcher_aggregation_groups",
                                    "Number of active aggregation groups")),
      alert_processing_duration(
          r.AddSummary("alertmanager_dispatcher_alert_processing_duration_seconds",
                       "Summary of latencies for the processing of alerts.")),
      silences_active(r.AddGauge("alertmanager_silences", "How many silences by state.",
                                 {{"state", "active"}})),
      silences_pending(r.AddGauge("alertmanager_silences", "How many silences by state.",
                                  {{"state", "pending"}})),
      silences_expired(r.AddGauge("alertmanager_silences", "How many silences by state.",
                                  {{"state", "expired"}})),
      silences_queries(r.AddCounter("alertmanager_silences_queries_total",
                                    "How many silence queries were received.")),
      silences_maintenance(r.AddCounter("alertmanager_silences_maintenance_total",
                                        "How many maintenances were executed for silences.")),
      silences_maintenance_errors(
          r.AddCounter("alertmanager_silences_maintenance_errors_total",
                       "How many maintenances were executed for silences that failed.")),
      silences_snapshot_size(r.AddGauge("alertmanager_silences_snapshot_size_bytes",
                                        "Size of the last silence snapshot in bytes.")),
      nflog_queries(r.AddCounter("alertmanager_nflog_queries_total",
                                 "Number of notification log queries were received.")),
      nflog_maintenance(
          r.AddCounter("alertmanager_nflog_maintenance_total",
                       "How many maintenances were executed for the notification log.")),
      nflog_maintenance_errors(r.AddCounter(
          "alertmanager_nflog_maintenance_errors_total",
          "How many maintenances were executed for the notification log that failed.")),
      nflog_snapshot_size(r.AddGauge("alertmanager_nflog_snapshot_size_bytes",
                                     "Size of the last notification log snapshot in bytes.")),
      config_hash(r.AddGauge("alertmanager_config_hash",
                             "Hash of the currently loaded alertmanager configuration. Note that "
                             "this is not a cryptographically strong hash.")),
      config_last_reload_successful(
          r.AddGauge("alertmanager_config_last_reload_successful",
                     "Whether the last configuration reload attempt was successful.")),
      config_last_reload_success_timestamp(
          r.AddGauge("alertmanager_config_last_reload_success_timestamp_seconds",
                     "Timestamp of the last successful configuration reload.")),
      receivers(r.AddGauge("alertmanager_receivers", "Number of configured receivers.")),
      integrations(r.AddGauge("alertmanager_integrations", "Number of configured integrations.")),
      inhibition_rules(
          r.AddGauge("alertmanager_inhibition_rules", "Number of configured inhibition rules.")),
      cluster_enabled(r.AddGauge("alertmanager_cluster_enabled",
                                 "Indicates whether the clustering is enabled or not.")) {
  for (const char* integration : kIntegrations) {
    notifications(integration);
    notification_requests(integration);
    notification_requests_failed(integration);
    notification_latency(integration);
    for (const char* reason : kReasons) notifications_failed(integration, reason);
  }
  for (const char* reason : kSuppressionReasons) notifications_suppressed(reason);
}

telemetry::Counter& Metrics::notifications(const std::string& integration) {
  return registry.AddCounter("alertmanager_notifications_total",
                             "The total number of attempted notifications.",
                             {{"integration", integration}});
}

telemetry::Counter& Metrics::notifications_failed(const std::string& integration,
                                                  const std::string& reason) {
  return registry.AddCounter("alertmanager_notifications_failed_total",
                             "The total number of failed notifications.",
                             {{"integration", integration}, {"reason", reason}});
}

telemetry::Counter& Metrics::notification_requests(const std::string& integration) {
  return registry.AddCounter("alertmanager_notification_requests_total",
                             "The total number of attempted notification requests.",
                             {{"integration", integration}});
}

telemetry::Counter& Metrics::notification_requests_failed(const std::string& integration) {
  return registry.AddCounter("alertmanager_notification_requests_failed_total",
                             "The total number of failed notification requests.",
                             {{"integration", integration}});
}

telemetry::Histogram& Metrics::notification_latency(const std::string& integration) {
  return registry.AddHistogram("alertmanager_notification_latency_seconds",
                               "The latency of notifications in seconds.", kLatencyBuckets,
                               {{"integration", integration}});
}

telemetry::Counter& Metrics::notifications_suppressed(const std::string& reason) {
  return registry.AddCounter("alertmanager_notifications_suppressed_total",
                             "The total number of notifications suppressed for being silenced, "
                             "inhibited, outside of active time intervals or within muted time "
                             "intervals.",
                             {{"reason", reason}});
}

}  // namespace tocsin::alertmanager
