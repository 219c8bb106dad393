#include "app/scraping.h"

#include <algorithm>
#include <map>
#include <thread>

#include "config/target_group_file.h"

namespace tocsin::app {

Result<std::unique_ptr<Scraping>> Scraping::Make(const Parts& parts, uint64_t offset_seed) {
  TOCSIN_ASSIGN_OR_RETURN(auto watcher, discovery::MakeInotifyWatcher());
  return std::unique_ptr<Scraping>(new Scraping(parts, offset_seed, std::move(watcher)));
}

Scraping::Scraping(const Parts& parts, uint64_t offset_seed,
                   std::unique_ptr<discovery::FileWatcher> watcher)
    : scrape_logger_(parts.logger, {{"component", "scrape manager"}}),
      discovery_logger_(parts.logger, {{"component", "discovery manager scrape"}}),
      workers_("scrape", std::max(1u, std::thread::hardware_concurrency())),
      manager_({parts.clock, parts.timers, parts.client, parts.storage, scrape_logger_,
                parts.registry,
                [this](std::function<void()> task) { workers_.Submit(std::move(task)); },
                offset_seed, parts.global_url}),
      watcher_(std::move(watcher)) {
  const discovery::DiscoveryEnvironment environment{parts.clock,
                                                    parts.timers,
                                                    parts.fs,
                                                    *watcher_,
                                                    discovery_logger_,
                                                    parts.registry,
                                                    config::LoadTargetGroupFile};
  discovery_ = std::make_unique<discovery::DiscoveryManager>(
      "scrape", environment,
      [this](const std::string& job, const std::vector<config::TargetGroup>& groups) {
        manager_.UpdateTargets(job, groups);
      });
}

Scraping::~Scraping() { Stop(); }

void Scraping::ApplyConfig(const config::PrometheusConfig& config) {
  const std::vector<config::ScrapeConfig> jobs = config.AllScrapeConfigs();
  std::map<std::string, config::DiscoveryConfigs> discoveries;
  for (const config::ScrapeConfig& job : jobs) discoveries.emplace(job.job_name, job.discovery);
  manager_.ApplyConfig(jobs);
  discovery_->ApplyConfig(discoveries);
}

void Scraping::Stop() {
  discovery_.reset();
  manager_.Stop();
}

}  // namespace tocsin::app
