#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "discovery/discoverer.h"
#include "discovery/environment.h"

namespace tocsin::discovery {

/// Upstream's --scrape.discovery-reload-interval: how often at most a job's targets change.
inline constexpr int64_t kDefaultCoalesceMs = 5000;

/// Runs the discoveries of a set of jobs and delivers, per job, all target groups of all its
/// discoveries. The first groups of a job are delivered at once; later updates are collected, so
/// that a job is delivered at most once in `coalesce_ms`. Thread-safe.
class DiscoveryManager {
 public:
  /// The complete groups of a job, ordered by discovery and source. Runs on a timer's thread, one
  /// call at a time. Must not call ApplyConfig.
  using Deliver =
      std::function<void(const std::string& job, const std::vector<TargetGroup>& groups)>;

  /// `name` tells this manager's metrics from others': "scrape", "notify".
  DiscoveryManager(std::string name, const DiscoveryEnvironment& environment, Deliver deliver,
                   int64_t coalesce_ms = kDefaultCoalesceMs);
  /// Stops all discoveries; no delivery runs afterwards.
  ~DiscoveryManager();

  /// Replaces the jobs. Discoveries whose configuration is the same go on undisturbed with the
  /// groups they have found; a job that lost some is delivered without them.
  void ApplyConfig(const std::map<std::string, config::DiscoveryConfigs>& jobs);

 private:
  struct Provider;
  struct Job;
  using Providers = std::vector<std::shared_ptr<Provider>>;

  Providers MakeProviders(const std::string& job, const config::DiscoveryConfigs& configs,
                          const Job* old_job) const;
  void StartProvider(const std::string& job, const std::shared_ptr<Provider>& provider);
  void Received(const std::string& job, Provider& provider, std::vector<TargetGroup> groups);
  void ScheduleFlush() REQUIRES(mutex_);
  void Flush();
  void DeliverJob(const std::string& job);

  // Constant after construction.
  const std::string name_;
  const DiscoveryEnvironment environment_;
  const Deliver deliver_;
  const int64_t coalesce_ms_;
  telemetry::Counter& received_updates_;
  telemetry::Counter& sent_updates_;

  // Serialises ApplyConfig and deliveries. Taken before mutex_.
  Mutex apply_mutex_;
  Mutex delivery_mutex_;

  // Never held while a callback of others runs.
  Mutex mutex_;
  std::map<std::string, Job> jobs_ GUARDED_BY(mutex_);
  std::map<uint64_t, Timers::TimerId> flush_timers_ GUARDED_BY(mutex_);  // Pending or running.
  uint64_t last_token_ GUARDED_BY(mutex_) = 0;
  int64_t flush_deadline_ms_ GUARDED_BY(mutex_) = INT64_MAX;  // Of the pending timer.
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::discovery
