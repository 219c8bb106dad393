#pragma once

#include <memory>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "base/timers.h"
#include "config/prometheus_config.h"
#include "discovery/discovery_manager.h"
#include "discovery/file_watcher.h"
#include "http/client.h"
#include "scraper/scrape_manager.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"

namespace tocsin::app {

/// Discovery and scraping wired together: groups that discovery finds become targets. Thread-safe.
class Scraping {
 public:
  struct Parts {
    const Clock& clock;
    Timers& timers;
    Fs& fs;
    http::Client& client;
    storage::Appendable& storage;
    Logger& logger;
    telemetry::Registry& registry;
    scraper::GlobalUrlOptions global_url;
  };

  /// Fails when the system refuses to watch files. References must outlive the object.
  static Result<std::unique_ptr<Scraping>> Make(const Parts& parts, uint64_t offset_seed);
  ~Scraping();

  /// Unchanged jobs and targets go on undisturbed.
  void ApplyConfig(const config::PrometheusConfig& config);
  /// Stops discovery, then scrapes; none is under way when it returns.
  void Stop();

  const scraper::ScrapeManager& targets() const { return manager_; }

 private:
  Scraping(const Parts& parts, uint64_t offset_seed,
           std::unique_ptr<discovery::FileWatcher> watcher);

  ContextLogger scrape_logger_;
  ContextLogger discovery_logger_;
  ThreadPool workers_;  // Parse and append pages.
  scraper::ScrapeManager manager_;
  const std::unique_ptr<discovery::FileWatcher> watcher_;
  std::unique_ptr<discovery::DiscoveryManager> discovery_;
};

}  // namespace tocsin::app
