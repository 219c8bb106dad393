#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "app/alert_fanout.h"
#include "app/alertmanager_service.h"
#include "app/prometheus_options.h"
#include "app/runtime.h"
#include "app/scraping.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "config/prometheus_config.h"
#include "discovery/file_watcher.h"
#include "notifier/notifier_manager.h"
#include "promql/engine.h"
#include "rules/rule_manager.h"
#include "rules/rule_queries.h"
#include "tsdb/database.h"

namespace tocsin::app {

/// Reads and checks the main configuration, from a file or the embedded default.
using LoadConfig = std::function<Result<config::PrometheusConfig>(config::ConfigWarnings&)>;

/// Everything between the network's two ends: storage, queries, scrapes, rules, and the way to
/// whoever pages. Made in that order, stopped in the reverse. Thread-safe, but for Start and Stop.
class Monitoring {
 public:
  /// Opens storage, builds everything and applies the configuration. Scrapes run and queries can be
  /// served from then on, while the samples of storage's log are still being replayed. `runtime`
  /// must outlive it.
  static Result<std::unique_ptr<Monitoring>> Make(Runtime& runtime,
                                                  const PrometheusOptions& options,
                                                  LoadConfig load_config);
  ~Monitoring();
  Monitoring(const Monitoring&) = delete;
  Monitoring& operator=(const Monitoring&) = delete;

  /// Waits for the replay and starts what must not act on half the samples: rules and maintenance.
  Status Start();
  void Stop();

  /// Reads all configuration files and applies them, or, when one of them is wrong, none: the error
  /// is its place and reason, and everything goes on as before.
  Status Reload();

  struct ReloadState {
    bool is_successful = false;
    int64_t success_time_ns = 0;
    std::string yaml;  ///< The configuration in force, secrets masked.
    Labels external_labels;
  };
  ReloadState reload_state() const;

  tsdb::Database& database() { return *database_; }
  promql::Engine& engine() { return *engine_; }
  rules::RuleManager& rules() { return *rules_; }
  const scraper::ScrapeManager& targets() const { return scraping_->targets(); }
  AlertmanagerService& alertmanager() { return *alertmanager_; }
  notifier::NotifierManager& notifier() { return *notifier_; }

 private:
  Monitoring(Runtime& runtime, const PrometheusOptions& options, LoadConfig load_config);

  Status Build();
  Scraping::Parts ScrapingParts() const;
  Result<tsdb::RetentionOptions> RetentionFor(const config::PrometheusConfig& config) const;
  Status ReloadLocked() REQUIRES(reload_mutex_);
  void ScheduleMaintenance();

  Runtime& runtime_;
  const PrometheusOptions options_;
  const LoadConfig load_config_;
  ContextLogger tsdb_logger_;
  ContextLogger rules_logger_;
  ContextLogger engine_logger_;
  ContextLogger notifier_logger_;
  telemetry::Gauge& reload_successful_;
  telemetry::Gauge& reload_time_;

  std::unique_ptr<tsdb::Database> database_;
  ThreadPool query_pool_;
  ThreadPool rule_pool_;
  std::unique_ptr<promql::Engine> engine_;
  std::atomic<int64_t> subquery_step_ms_{60'000};  // global.evaluation_interval
  std::unique_ptr<discovery::FileWatcher> watcher_;
  std::unique_ptr<AlertmanagerService> alertmanager_;
  std::unique_ptr<notifier::NotifierManager> notifier_;
  std::unique_ptr<AlertFanout> alert_fanout_;
  std::unique_ptr<rules::EngineRuleQueries> rule_queries_;
  std::unique_ptr<rules::RuleManager> rules_;
  std::unique_ptr<Scraping> scraping_;

  Mutex reload_mutex_;  // One reload at a time. Taken before mutex_.

  mutable Mutex mutex_;
  ReloadState reload_state_ GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  Timers::TimerId maintenance_timer_ GUARDED_BY(mutex_) = 0;

  ThreadPool upkeep_pool_;  // Last: its task uses the others.
};

}  // namespace tocsin::app
