#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "alertmanager/alert_intake.h"
#include "alertmanager/alert_store.h"
#include "alertmanager/alertmanager.h"
#include "alertmanager/dispatcher.h"
#include "alertmanager/inhibitor.h"
#include "alertmanager/metrics.h"
#include "alertmanager/notification_log.h"
#include "alertmanager/notification_templates.h"
#include "alertmanager/route.h"
#include "alertmanager/silences.h"
#include "base/mutex.h"

namespace tocsin::alertmanager {

/// What a configuration was built into. Immutable but for what its parts guard themselves; shared
/// by the core and the requests that look at it.
struct RunningConfig {
  config::AlertmanagerConfig config;
  std::shared_ptr<const Route> route;
  std::shared_ptr<Inhibitor> inhibitor;
  std::shared_ptr<const NotificationTemplates> templates;
  std::shared_ptr<Dispatcher> dispatcher;
};

using RunningConfigPtr = std::shared_ptr<const RunningConfig>;

/// The stores and the configuration in force: what the API and the Alertmanager itself work on.
/// Thread-safe.
class Core {
 public:
  Core(const AlertmanagerDependencies& dependencies, AlertmanagerOptions options);

  /// Creates the storage directory and reads it.
  Status Load(int64_t resolve_timeout_ms);

  /// Puts `running` in force: it learns of all alerts, inhibitor first, and takes new ones from now
  /// on.
  void Start(RunningConfigPtr running);
  /// The configuration in force; null before the first Start.
  RunningConfigPtr running() const;

  /// Completes, checks and takes alerts. Returns what was refused.
  std::vector<std::string> Post(std::vector<StoredAlert> alerts);

  /// Forgets resolved alerts.
  void CollectAlerts();
  /// Writes all files anew, without what has expired.
  void Maintain();
  /// Sets the gauges that count things.
  void RefreshMetrics();

  const AlertmanagerDependencies dependencies;
  const AlertmanagerOptions options;
  const int64_t started_at_ns;
  Metrics metrics;

 private:
  DurableState silences_state_;
  DurableState log_state_;
  DurableState alerts_state_;

 public:
  Silences silences;
  NotificationLog log;
  AlertStore alerts;

 private:
  // Held shared while alerts are taken and exclusively while the configuration changes, so that no
  // alert falls between two of them.
  mutable SharedMutex running_mutex_;
  RunningConfigPtr running_ GUARDED_BY(running_mutex_);
  double limited_counted_ = 0;  // Confined to RefreshMetrics.
};

}  // namespace tocsin::alertmanager
