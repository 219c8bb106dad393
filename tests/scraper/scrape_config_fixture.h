#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/scrape_config.h"

namespace tocsin::scraper {

/// A job as configuration resolves it: every 10 s, timeout 4 s.
inline config::ScrapeConfig MakeJob(const std::string& name = "job") {
  config::ScrapeConfig config;
  config.job_name = name;
  config.scrape_interval = std::chrono::seconds(10);
  config.scrape_timeout = std::chrono::seconds(4);
  config.scrape_protocols = {"OpenMetricsText1.0.0", "PrometheusText1.0.0", "PrometheusText0.0.4"};
  config.metric_name_validation_scheme = "utf8";
  config.metric_name_escaping_scheme = "allow-utf-8";
  return config;
}

/// One group of targets with these addresses.
inline std::vector<config::TargetGroup> MakeGroups(const std::vector<std::string>& addresses) {
  config::TargetGroup group;
  group.source = "0";
  for (const std::string& address : addresses) group.targets.push_back({{"__address__", address}});
  return {group};
}

}  // namespace tocsin::scraper
