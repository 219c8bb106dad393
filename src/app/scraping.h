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
    discovery::FileWatcher& watcher;
    discovery::DnsResolver& resolver;
    ThreadPool& discovery_pool;  ///< Where discoveries wait for their servers.
    http::IoClient& client;      ///< Its timers tell scrapes their time.
    storage::Appendable& storage;
    Logger& logger;
    telemetry::Registry& registry;
    scraper::GlobalUrlOptions global_url;
    scraper::ScrapeFeatures features;
  };

  /// References must outlive the object.
  Scraping(const Parts& parts, uint64_t offset_seed);
  ~Scraping();
  Scraping(const Scraping&) = delete;
  Scraping& operator=(const Scraping&) = delete;

  /// Unchanged jobs and targets go on undisturbed.
  void ApplyConfig(const config::PrometheusConfig& config);
  /// Stops discovery, then scrapes; none is under way when it returns.
  void Stop();

  const scraper::ScrapeManager& targets() const { return manager_; }

 private:
  ContextLogger scrape_logger_;
  ContextLogger discovery_logger_;
  ThreadPool workers_;  // Parse and append pages.
  scraper::ScrapeManager manager_;
  std::unique_ptr<discovery::DiscoveryManager> discovery_;
};

/// What discoveries of a component need; `logger` and the rest are kept.
discovery::DiscoveryEnvironment MakeDiscoveryEnvironment(const Scraping::Parts& parts,
                                                         Logger& logger);

}  // namespace tocsin::app
