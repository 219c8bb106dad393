#include "app/scraping.h"

#include <algorithm>
#include <map>
#include <thread>

#include "app/runtime.h"
#include "config/target_group_file.h"

namespace tocsin::app {

discovery::DiscoveryEnvironment MakeDiscoveryEnvironment(const Scraping::Parts& parts,
                                                         Logger& logger) {
  return {
      parts.clock,
      parts.timers,
      parts.fs,
      parts.watcher,
      logger,
      parts.registry,
      config::LoadTargetGroupFile,
      parts.client,
      parts.resolver,
      [&pool = parts.discovery_pool](std::function<void()> task) { pool.Submit(std::move(task)); },
      [](const std::string& name) { return LookUpEnvironment(name).value_or(""); }};
}

Scraping::Scraping(const Parts& parts, uint64_t offset_seed)
    : scrape_logger_(parts.logger, {{"component", "scrape manager"}}),
      discovery_logger_(parts.logger, {{"component", "discovery manager scrape"}}),
      workers_("scrape", std::max(1u, std::thread::hardware_concurrency())),
      manager_({parts.clock, parts.client.io_timers(), parts.client, parts.storage, scrape_logger_,
                parts.registry,
                [this](std::function<void()> task) { workers_.Submit(std::move(task)); },
                offset_seed, parts.global_url, parts.features,
                [this](const std::string& path) -> std::shared_ptr<Logger> {
                  auto log = OpenJsonFileLogger(path);
                  if (log) return std::move(*log);
                  scrape_logger_.Error("Cannot open scrape failure log file",
                                       {{"err", log.error().message()}});
                  return nullptr;
                }}) {
  discovery_ = std::make_unique<discovery::DiscoveryManager>(
      "scrape", MakeDiscoveryEnvironment(parts, discovery_logger_),
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
