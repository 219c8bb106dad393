#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/timers.h"
#include "config/scrape_config.h"
#include "config/target_group.h"
#include "http/client.h"
#include "scraper/relabel_steps.h"
#include "scraper/scrape_loop.h"
#include "scraper/scrape_metrics.h"
#include "scraper/scrape_pool.h"
#include "scraper/target_view.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"

namespace tocsin::scraper {

struct ScrapeManagerOptions {
  const Clock& clock;
  Timers& timers;
  http::Client& client;
  storage::Appendable& storage;
  Logger& logger;
  telemetry::Registry& registry;
  /// Runs a task on some worker thread, soon: ThreadPool::Submit. Must run what it took.
  std::function<void(std::function<void()>)> run_on_worker;
  uint64_t offset_seed = 0;  ///< MakeOffsetSeed().
  GlobalUrlOptions global_url = {};
  ScrapeFeatures features = {};
  /// Opens a file of scrape_failure_log_file: each line is a failed scrape. May be null, and may
  /// return null when it has reported that the file cannot be opened.
  std::function<std::shared_ptr<Logger>(const std::string& path)> open_failure_log = {};
};

/// Spreads the scrapes of several servers over the interval: a hash of the host's name and the
/// external labels, as upstream's.
uint64_t MakeOffsetSeed(std::string_view hostname, const Labels& external_labels);

/// Scrapes all targets of all jobs. Feed it with a configuration, and with target groups as
/// discovery finds them; look at it through snapshots. Thread-safe.
class ScrapeManager {
 public:
  /// References must outlive it.
  explicit ScrapeManager(const ScrapeManagerOptions& options);
  /// Stops.
  ~ScrapeManager();
  ScrapeManager(const ScrapeManager&) = delete;
  ScrapeManager& operator=(const ScrapeManager&) = delete;

  /// Replaces the jobs. Targets that are the same before and after go on undisturbed; targets of
  /// jobs that are gone go stale. A new job has no targets until UpdateTargets.
  void ApplyConfig(const std::vector<config::ScrapeConfig>& jobs);
  /// Replaces the target groups of a job; unknown jobs are ignored, for discovery may be a moment
  /// behind.
  void UpdateTargets(const std::string& job, const std::vector<config::TargetGroup>& groups);
  /// No scrape is under way when this returns, and none will be. Writes no stale markers.
  /// Idempotent.
  void Stop();

  // Snapshots. An empty `pool` means all of them.
  std::vector<std::string> PoolNames() const;
  /// By pool, then by URL.
  std::vector<ActiveTargetView> ActiveTargets(const std::string& pool = "") const;
  std::vector<DroppedTargetView> DroppedTargets(const std::string& pool = "") const;
  /// What each rule of a job's relabel_configs makes of these labels; nothing for unknown jobs.
  std::optional<std::vector<RelabelStep>> RelabelSteps(const std::string& pool,
                                                       const Labels& labels) const;
  /// All dropped targets, also those not kept.
  std::map<std::string, size_t> DroppedTargetCounts() const;
  std::vector<TargetMetadataView> Metadata() const;

 private:
  template <typename Visit>
  void ForEachPool(const std::string& pool, Visit visit) const REQUIRES(mutex_);
  void KeepRetired(ScrapePool& pool) REQUIRES(mutex_);
  std::shared_ptr<Logger> OpenFailureLog(const std::string& path) REQUIRES(mutex_);
  void RefreshMetadataMetrics();

  // Constant after construction, own synchronisation.
  ScrapeMetrics metrics_;
  MetadataPool metadata_pool_;
  const ScrapeEnvironment environment_;
  const ScrapeFeatures features_;
  const std::function<std::shared_ptr<Logger>(const std::string& path)> open_failure_log_;
  uint64_t refresh_id_ = 0;

  // Loops' and timers' locks are taken while this is held, never the other way round.
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<ScrapePool>> pools_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<ScrapeLoop>> retired_ GUARDED_BY(mutex_);
  /// By path. The settings of jobs own them.
  std::map<std::string, std::weak_ptr<Logger>> failure_logs_ GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::scraper
