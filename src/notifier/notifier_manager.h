#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "config/prometheus_config.h"
#include "discovery/discovery_manager.h"
#include "model/alert.h"
#include "model/relabel.h"
#include "notifier/notifier_environment.h"
#include "notifier/send_queue.h"

namespace tocsin::notifier {

/// For /api/v1/alertmanagers: the URLs alerts are sent to, and those that relabeling dropped.
struct AlertmanagersView {
  std::vector<std::string> active;
  std::vector<std::string> dropped;
};

/// Sends alerts to the Alertmanagers of the `alerting` block, each through a queue of its own, so
/// that a dead one costs the others nothing. Thread-safe; ApplyConfig and Stop from one thread at a
/// time.
class NotifierManager {
 public:
  NotifierManager(const NotifierEnvironment& environment, NotifierOptions options);
  ~NotifierManager();
  NotifierManager(const NotifierManager&) = delete;
  NotifierManager& operator=(const NotifierManager&) = delete;

  /// Takes the block and the labels that every alert gets. On error (a client block that cannot be
  /// used) nothing changes. Queues of Alertmanagers that stay keep their alerts.
  Status ApplyConfig(const config::AlertingConfig& alerting, const Labels& external_labels);

  /// Relabels and queues. Does not wait for the network.
  void Send(std::span<const Alert> alerts);

  AlertmanagersView Alertmanagers() const;

  /// Ends discovery and sending; waits until queues are drained, if options say so, and requests
  /// under way are done: at most one request's timeout longer where an Alertmanager does not
  /// answer.
  void Stop();

 private:
  /// One entry of alerting.alertmanagers and what discovery found for it.
  struct Peers {
    config::AlertmanagerEndpointConfig config;
    PeerOptions options;
    std::vector<config::TargetGroup> groups;
    std::map<std::string, std::shared_ptr<SendQueue>> queues;  // By URL; shared with requests.
    std::vector<std::string> active;
    std::vector<std::string> dropped;
  };
  using Queues = std::vector<std::shared_ptr<SendQueue>>;

  void UpdateTargets(const std::string& job, const std::vector<config::TargetGroup>& groups);
  Queues SyncLocked(Peers& peers) REQUIRES(mutex_);
  void CountDiscoveredLocked() REQUIRES(mutex_);

  // Constant after construction.
  const NotifierEnvironment environment_;
  const NotifierOptions options_;
  telemetry::Gauge& discovered_;

  mutable Mutex mutex_;
  std::map<std::string, Peers> peers_ GUARDED_BY(mutex_);  // By job: "config-0", …
  std::vector<RelabelRule> relabel_rules_ GUARDED_BY(mutex_);
  Labels external_labels_ GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;

  std::unique_ptr<discovery::DiscoveryManager> discovery_;  // Last: it delivers to the peers.
};

}  // namespace tocsin::notifier
