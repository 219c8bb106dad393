#include "scraper/scrape_manager.h"

#include <set>
#include <utility>

namespace tocsin::scraper {

uint64_t MakeOffsetSeed(std::string_view hostname, const Labels& external_labels) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : std::string(hostname) + external_labels.ToString()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

ScrapeManager::ScrapeManager(const ScrapeManagerOptions& options)
    : metrics_(options.registry),
      environment_{options.clock,
                   options.timers,
                   options.client,
                   options.storage,
                   options.logger,
                   metrics_,
                   metadata_pool_,
                   options.run_on_worker,
                   options.offset_seed,
                   options.global_url,
                   std::make_shared<WorkTracker>()},
      features_(options.features),
      open_failure_log_(options.open_failure_log) {
  refresh_id_ = options.registry.AddRefresh([this] { RefreshMetadataMetrics(); });
}

ScrapeManager::~ScrapeManager() {
  metrics_.registry.RemoveRefresh(refresh_id_);
  Stop();
}

void ScrapeManager::ApplyConfig(const std::vector<config::ScrapeConfig>& jobs) {
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  std::set<std::string> names;
  for (const config::ScrapeConfig& job : jobs) {
    names.insert(job.job_name);
    std::unique_ptr<ScrapePool>& pool = pools_[job.job_name];
    auto settings = MakeScrapeSettings(job, features_, OpenFailureLog(job.scrape_failure_log_file));
    if (pool == nullptr) {
      metrics_.pools.Increment();
      pool = std::make_unique<ScrapePool>(environment_, std::move(settings));
    } else {
      pool->ApplySettings(std::move(settings));
      KeepRetired(*pool);
    }
  }
  for (auto it = pools_.begin(); it != pools_.end();) {
    if (names.contains(it->first)) {
      ++it;
      continue;
    }
    it->second->RetireAll();
    KeepRetired(*it->second);
    it = pools_.erase(it);
  }
}

// Jobs that name the same file share it, and so do scrapes that began before a reload.
std::shared_ptr<Logger> ScrapeManager::OpenFailureLog(const std::string& path) {
  if (path.empty() || !open_failure_log_) return nullptr;
  std::weak_ptr<Logger>& known = failure_logs_[path];
  std::shared_ptr<Logger> log = known.lock();
  if (log == nullptr) known = log = open_failure_log_(path);
  return log;
}

void ScrapeManager::UpdateTargets(const std::string& job,
                                  const std::vector<config::TargetGroup>& groups) {
  MutexLock lock(mutex_);
  const auto found = pools_.find(job);
  if (is_stopped_ || found == pools_.end()) return;
  found->second->Sync(groups);
  KeepRetired(*found->second);
}

void ScrapeManager::KeepRetired(ScrapePool& pool) {
  std::erase_if(retired_, [](const auto& loop) { return loop.expired(); });
  for (auto& loop : pool.TakeRetired()) retired_.push_back(std::move(loop));
}

void ScrapeManager::Stop() {
  std::vector<std::shared_ptr<ScrapeLoop>> loops;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    for (const auto& [name, pool] : pools_) {
      for (auto& loop : pool->ActiveLoops()) loops.push_back(std::move(loop));
    }
    for (const auto& retired : retired_) {
      if (auto loop = retired.lock()) loops.push_back(std::move(loop));
    }
    pools_.clear();
    retired_.clear();
  }
  for (const auto& loop : loops) loop->Abandon();
  environment_.work->WaitUntilIdle();
  for (const auto& loop : loops) loop->Release();
}

template <typename Visit>
void ScrapeManager::ForEachPool(const std::string& pool, Visit visit) const {
  for (const auto& [name, candidate] : pools_) {
    if (pool.empty() || pool == name) visit(*candidate);
  }
}

std::vector<std::string> ScrapeManager::PoolNames() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, pool] : pools_) names.push_back(name);
  return names;
}

std::vector<ActiveTargetView> ScrapeManager::ActiveTargets(const std::string& pool) const {
  MutexLock lock(mutex_);
  std::vector<ActiveTargetView> views;
  ForEachPool(pool, [&views](const ScrapePool& each) {
    for (const auto& loop : each.ActiveLoops()) views.push_back(loop->View());
  });
  return views;
}

std::vector<DroppedTargetView> ScrapeManager::DroppedTargets(const std::string& pool) const {
  MutexLock lock(mutex_);
  std::vector<DroppedTargetView> views;
  ForEachPool(pool, [&views](const ScrapePool& each) {
    for (auto& view : each.DroppedTargets()) views.push_back(std::move(view));
  });
  return views;
}

std::optional<std::vector<RelabelStep>> ScrapeManager::RelabelSteps(const std::string& pool,
                                                                    const Labels& labels) const {
  std::vector<RelabelRule> rules;
  {
    MutexLock lock(mutex_);
    const auto found = pools_.find(pool);
    if (found == pools_.end()) return std::nullopt;
    rules = found->second->config().relabel_configs;
  }
  return MakeRelabelSteps(rules, labels);
}

std::map<std::string, size_t> ScrapeManager::DroppedTargetCounts() const {
  MutexLock lock(mutex_);
  std::map<std::string, size_t> counts;
  for (const auto& [name, pool] : pools_) counts[name] = pool->dropped_count();
  return counts;
}

std::vector<TargetMetadataView> ScrapeManager::Metadata() const {
  MutexLock lock(mutex_);
  std::vector<TargetMetadataView> views;
  ForEachPool("", [&views](const ScrapePool& each) {
    for (const auto& loop : each.ActiveLoops()) {
      views.push_back({loop->target()->labels, loop->metadata().List()});
    }
  });
  return views;
}

void ScrapeManager::RefreshMetadataMetrics() {
  struct Sums {
    size_t entries = 0;
    size_t bytes = 0;
  };
  std::map<std::string, Sums> sums;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, pool] : pools_) {
      for (const auto& loop : pool->ActiveLoops()) {
        sums[name].entries += loop->metadata().size();
        sums[name].bytes += loop->metadata().text_bytes();
      }
    }
  }
  for (const auto& [name, sum] : sums) {
    const telemetry::LabelPairs labels = {{"scrape_job", name}};
    metrics_.registry
        .AddGauge("prometheus_target_metadata_cache_entries",
                  "Total number of metric metadata entries in the cache", labels)
        .Set(static_cast<double>(sum.entries));
    metrics_.registry
        .AddGauge("prometheus_target_metadata_cache_bytes",
                  "The number of bytes that are currently used for storing metric metadata in the "
                  "cache",
                  labels)
        .Set(static_cast<double>(sum.bytes));
  }
}

}  // namespace tocsin::scraper
