#include "discovery/discovery_manager.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "discovery/file_discovery.h"
#include "discovery/server_discovery.h"
#include "discovery/static_discovery.h"

namespace tocsin::discovery {

/// A running discovery and what it found last.
struct DiscoveryManager::Provider {
  std::string key;                         // Tells whether a configuration still asks for the same.
  std::vector<TargetGroup> groups;         // Guarded by the manager's mutex_.
  bool is_started = false;                 // Touched under apply_mutex_ only.
  std::unique_ptr<Discoverer> discoverer;  // Last: it publishes into groups until it is gone.
};

struct DiscoveryManager::Job {
  Providers providers;
  bool is_dirty = false;
  int64_t last_delivery_ms = INT64_MIN;
};

namespace {

std::string KeyOf(const std::vector<TargetGroup>& groups) {
  std::string key = "static";
  for (const TargetGroup& group : groups) {
    key += '\0' + group.source + '\0' + group.labels.bytes() + '\0';
    for (const Labels& target : group.targets) key += target.bytes() + '\0';
  }
  return key;
}

std::string KeyOf(const config::FileDiscoveryConfig& config) {
  std::string key = "file " + std::to_string(config.refresh_interval.count());
  for (const std::string& file : config.files) key += '\0' + file;
  return key;
}

}  // namespace

DiscoveryManager::DiscoveryManager(std::string name, const DiscoveryEnvironment& environment,
                                   Deliver deliver, int64_t coalesce_ms)
    : name_(std::move(name)),
      environment_(environment),
      deliver_(std::move(deliver)),
      coalesce_ms_(coalesce_ms),
      received_updates_(environment.registry.AddCounter(
          "prometheus_sd_received_updates_total",
          "Total number of update events received from the SD providers.", {{"name", name_}})),
      sent_updates_(environment.registry.AddCounter(
          "prometheus_sd_updates_total", "Total number of update events sent to the SD consumers.",
          {{"name", name_}})) {}

DiscoveryManager::~DiscoveryManager() {
  std::map<std::string, Job> jobs;
  std::map<uint64_t, Timers::TimerId> timers;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    jobs.swap(jobs_);
    timers = flush_timers_;
  }
  for (const auto& [token, timer] : timers) environment_.timers.Cancel(timer);
  jobs.clear();
}

void DiscoveryManager::ApplyConfig(const std::map<std::string, config::DiscoveryConfigs>& jobs) {
  MutexLock apply_lock(apply_mutex_);
  std::map<std::string, Job> old_jobs;
  std::vector<std::pair<std::string, std::shared_ptr<Provider>>> to_start;
  {
    MutexLock lock(mutex_);
    old_jobs.swap(jobs_);
    for (const auto& [name, configs] : jobs) {
      const auto old = old_jobs.find(name);
      Job& job = jobs_[name];
      job.providers = MakeProviders(name, configs, old == old_jobs.end() ? nullptr : &old->second);
      job.is_dirty =
          old == old_jobs.end() || old->second.is_dirty || old->second.providers != job.providers;
      for (const auto& provider : job.providers) {
        if (!provider->is_started) to_start.emplace_back(name, provider);
      }
    }
  }
  for (const auto& [name, provider] : to_start) StartProvider(name, provider);
  {
    MutexLock lock(mutex_);
    ScheduleFlush();
  }
  for (const auto& [name, job] : old_jobs) {
    if (!jobs.contains(name)) {
      environment_.registry
          .AddGauge("prometheus_sd_discovered_targets", "Current number of discovered targets.",
                    {{"config", name}, {"name", name_}})
          .Set(0);
    }
  }
  old_jobs.clear();  // Providers that nobody kept stop here, outside of mutex_.
}

DiscoveryManager::Providers DiscoveryManager::MakeProviders(const std::string& job,
                                                            const config::DiscoveryConfigs& configs,
                                                            const Job* old_job) const {
  Providers providers;
  const auto add = [&](std::string key, auto make) {
    if (old_job != nullptr) {
      for (const auto& old : old_job->providers) {
        if (old->key == key) return providers.push_back(old);
      }
    }
    auto provider = std::make_shared<Provider>();
    provider->key = std::move(key);
    provider->discoverer = make();
    providers.push_back(std::move(provider));
  };
  if (!configs.static_groups.empty()) {
    add(KeyOf(configs.static_groups),
        [&] { return std::make_unique<StaticDiscovery>(configs.static_groups); });
  }
  for (const config::FileDiscoveryConfig& file : configs.files) {
    add(KeyOf(file), [&] { return std::make_unique<FileDiscovery>(file, environment_); });
  }
  for (const config::ServerDiscoveryConfig& server : configs.servers) {
    add(server.kind + '\0' + server.fingerprint, [&]() -> std::unique_ptr<Discoverer> {
      auto discovery = MakeServerDiscovery(server, job, environment_);
      if (discovery) return std::move(*discovery);
      environment_.logger.Error("Cannot create service discovery",
                                {{"config", job}, {"err", discovery.error().message()}});
      return std::make_unique<StaticDiscovery>(std::vector<TargetGroup>());
    });
  }
  return providers;
}

void DiscoveryManager::StartProvider(const std::string& job,
                                     const std::shared_ptr<Provider>& provider) {
  provider->is_started = true;
  // The provider owns the discoverer, which stops before the provider goes: a plain pointer is
  // safe.
  provider->discoverer->Start(
      [this, job, target = provider.get()](std::vector<TargetGroup> groups) {
        Received(job, *target, std::move(groups));
      });
}

void DiscoveryManager::Received(const std::string& job, Provider& provider,
                                std::vector<TargetGroup> groups) {
  received_updates_.Increment();
  MutexLock lock(mutex_);
  provider.groups = std::move(groups);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  found->second.is_dirty = true;
  ScheduleFlush();
}

// Sets the timer to when the first dirty job is due.
void DiscoveryManager::ScheduleFlush() {
  if (is_stopped_) return;
  const int64_t now_ms = environment_.clock.NowMs();
  int64_t deadline_ms = INT64_MAX;
  for (const auto& [name, job] : jobs_) {
    if (!job.is_dirty) continue;
    const bool is_first = job.last_delivery_ms == INT64_MIN;
    deadline_ms = std::min(
        deadline_ms, is_first ? now_ms : std::max(now_ms, job.last_delivery_ms + coalesce_ms_));
  }
  // A later pending timer is left to run: it finds nothing to do.
  if (deadline_ms >= flush_deadline_ms_) return;
  flush_deadline_ms_ = deadline_ms;
  const uint64_t token = ++last_token_;
  flush_timers_[token] = environment_.timers.RunAt(deadline_ms, [this, token] {
    Flush();
    MutexLock lock(mutex_);
    if (!is_stopped_) flush_timers_.erase(token);
  });
}

void DiscoveryManager::Flush() {
  MutexLock delivery_lock(delivery_mutex_);
  std::vector<std::string> due;
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    flush_deadline_ms_ = INT64_MAX;
    const int64_t now_ms = environment_.clock.NowMs();
    for (auto& [name, job] : jobs_) {
      const bool is_first = job.last_delivery_ms == INT64_MIN;
      if (!job.is_dirty || (!is_first && job.last_delivery_ms + coalesce_ms_ > now_ms)) continue;
      job.is_dirty = false;
      job.last_delivery_ms = now_ms;
      due.push_back(name);
    }
    ScheduleFlush();
  }
  for (const std::string& name : due) DeliverJob(name);
}

void DiscoveryManager::DeliverJob(const std::string& name) {
  std::vector<TargetGroup> groups;
  size_t target_count = 0;
  {
    MutexLock lock(mutex_);
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) return;
    for (const auto& provider : found->second.providers) {
      for (const TargetGroup& group : provider->groups) {
        groups.push_back(group);
        target_count += group.targets.size();
      }
    }
  }
  environment_.registry
      .AddGauge("prometheus_sd_discovered_targets", "Current number of discovered targets.",
                {{"config", name}, {"name", name_}})
      .Set(static_cast<double>(target_count));
  sent_updates_.Increment();
  deliver_(name, groups);
}

}  // namespace tocsin::discovery
