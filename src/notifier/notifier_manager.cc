#include "notifier/notifier_manager.h"

#include <utility>

#include "notifier/alertmanager_urls.h"

namespace tocsin::notifier {
namespace {

// What is left of an alert after relabeling; false if it is dropped.
bool RelabelAlert(const std::vector<RelabelRule>& rules, const Labels& external_labels,
                  Alert& alert) {
  LabelsBuilder labels(alert.labels);
  for (const LabelView label : external_labels)
    if (!alert.labels.Has(label.name)) labels.Set(label.name, label.value);
  if (!Relabel(rules, labels)) return false;
  alert.labels = labels.Build();
  return true;
}

std::vector<Alert> RelabelAlerts(const std::vector<RelabelRule>& rules,
                                 const Labels& external_labels, std::span<const Alert> alerts) {
  std::vector<Alert> kept;
  for (const Alert& alert : alerts) {
    kept.push_back(alert);
    if (!RelabelAlert(rules, external_labels, kept.back())) kept.pop_back();
  }
  return kept;
}

}  // namespace

NotifierManager::NotifierManager(const NotifierEnvironment& environment, NotifierOptions options)
    : environment_(environment),
      options_(options),
      discovered_(
          environment.registry.AddGauge("prometheus_notifications_alertmanagers_discovered",
                                        "The number of alertmanagers discovered and active.")) {
  environment_.registry
      .AddGauge("prometheus_notifications_queue_capacity",
                "The capacity of the alert notifications queue.")
      .Set(static_cast<double>(options_.queue_capacity));
  discovery_ = std::make_unique<discovery::DiscoveryManager>(
      "notify", environment_.discovery,
      [this](const std::string& job, const std::vector<config::TargetGroup>& groups) {
        UpdateTargets(job, groups);
      });
}

NotifierManager::~NotifierManager() { Stop(); }

Status NotifierManager::ApplyConfig(const config::AlertingConfig& alerting,
                                    const Labels& external_labels) {
  std::map<std::string, Peers> next;
  std::map<std::string, config::DiscoveryConfigs> jobs;
  for (size_t i = 0; i < alerting.alertmanagers.size(); ++i) {
    const std::string job = "config-" + std::to_string(i);
    Peers& peers = next[job];
    peers.config = alerting.alertmanagers[i];
    TOCSIN_ASSIGN_OR_RETURN(http::ClientOptions client,
                            environment_.make_client_options(peers.config.http_client));
    peers.options = {std::make_shared<const http::ClientOptions>(std::move(client)),
                     peers.config.timeout.count()};
    jobs[job] = peers.config.discovery;
  }
  Queues gone;
  {
    MutexLock lock(mutex_);
    for (auto& [job, old] : peers_) {
      const auto at = next.find(job);
      if (at != next.end()) {
        at->second.groups = std::move(old.groups);
        at->second.queues = std::move(old.queues);
      } else {
        for (auto& [url, queue] : old.queues) gone.push_back(queue);
      }
    }
    peers_ = std::move(next);
    relabel_rules_ = alerting.alert_relabel_configs;
    external_labels_ = external_labels;
    for (auto& [job, peers] : peers_)
      for (auto& queue : SyncLocked(peers)) gone.push_back(std::move(queue));
    CountDiscoveredLocked();
  }
  for (const auto& queue : gone) queue->Stop(false);
  discovery_->ApplyConfig(jobs);
  return {};
}

void NotifierManager::UpdateTargets(const std::string& job,
                                    const std::vector<config::TargetGroup>& groups) {
  Queues gone;
  {
    MutexLock lock(mutex_);
    const auto at = peers_.find(job);
    if (at == peers_.end() || is_stopped_) return;
    at->second.groups = groups;
    gone = SyncLocked(at->second);
    CountDiscoveredLocked();
  }
  for (const auto& queue : gone) queue->Stop(false);
}

// Makes the queues those of the URLs there are now and returns the superfluous ones.
NotifierManager::Queues NotifierManager::SyncLocked(Peers& peers) {
  AlertmanagerUrls urls = ResolveAlertmanagers(peers.config, peers.groups);
  std::map<std::string, std::shared_ptr<SendQueue>> next;
  for (const std::string& url : urls.active) {
    std::shared_ptr<SendQueue>& queue = next[url];
    const auto old = peers.queues.find(url);
    if (old == peers.queues.end()) {
      queue = std::make_shared<SendQueue>(url, peers.options, environment_, options_);
      continue;
    }
    queue = std::move(old->second);
    queue->SetPeer(peers.options);
    peers.queues.erase(old);
  }
  Queues gone;
  for (auto& [url, queue] : peers.queues) gone.push_back(std::move(queue));
  peers.queues = std::move(next);
  peers.active = std::move(urls.active);
  peers.dropped = std::move(urls.dropped);
  return gone;
}

void NotifierManager::CountDiscoveredLocked() {
  size_t count = 0;
  for (const auto& [job, peers] : peers_) count += peers.queues.size();
  discovered_.Set(static_cast<double>(count));
}

void NotifierManager::Send(std::span<const Alert> alerts) {
  struct Delivery {
    std::vector<RelabelRule> rules;
    Queues queues;
  };
  std::vector<Delivery> deliveries;
  std::vector<RelabelRule> rules;
  Labels external_labels;
  {
    MutexLock lock(mutex_);
    if (is_stopped_ || peers_.empty()) return;
    rules = relabel_rules_;
    external_labels = external_labels_;
    for (const auto& [job, peers] : peers_) {
      Delivery& delivery = deliveries.emplace_back();
      delivery.rules = peers.config.alert_relabel_configs;
      for (const auto& [url, queue] : peers.queues) delivery.queues.push_back(queue);
    }
  }
  const std::vector<Alert> relabeled = RelabelAlerts(rules, external_labels, alerts);
  for (const Delivery& delivery : deliveries) {
    const std::vector<Alert> kept = RelabelAlerts(delivery.rules, Labels(), relabeled);
    if (kept.empty()) continue;
    for (const auto& queue : delivery.queues) queue->Add(kept);
  }
}

AlertmanagersView NotifierManager::Alertmanagers() const {
  AlertmanagersView view;
  MutexLock lock(mutex_);
  for (const auto& [job, peers] : peers_) {
    view.active.insert(view.active.end(), peers.active.begin(), peers.active.end());
    view.dropped.insert(view.dropped.end(), peers.dropped.begin(), peers.dropped.end());
  }
  return view;
}

void NotifierManager::Stop() {
  Queues queues;
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    is_stopped_ = true;
    for (const auto& [job, peers] : peers_)
      for (const auto& [url, queue] : peers.queues) queues.push_back(queue);
  }
  discovery_.reset();
  for (const auto& queue : queues) queue->Stop(options_.drain_on_shutdown);
  for (const auto& queue : queues) queue->WaitUntilIdle();
}

}  // namespace tocsin::notifier
