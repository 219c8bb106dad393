#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "config/prometheus_config.h"
#include "discovery/fake_environment.h"
#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// Discoveries as a configuration file asks for them, and what they published last.
class ServerDiscoveryTest : public ::testing::Test {
 protected:
  static config::ServerDiscoveryConfig Config(const std::string& list) {
    const auto config = config::ParsePrometheusConfig("scrape_configs:\n- job_name: j\n  " + list,
                                                      "prometheus.yml");
    EXPECT_TRUE(config) << config.error().message();
    return config->AllScrapeConfigs().at(0).discovery.servers.at(0);
  }
  void Start(const std::string& list) {
    auto discovery = MakeServerDiscovery(Config(list), "j", fake_.environment);
    ASSERT_TRUE(discovery) << discovery.error().message();
    discovery_ = std::move(*discovery);
    discovery_->Start([this](std::vector<TargetGroup> groups) {
      groups_ = std::move(groups);
      ++publications_;
    });
    fake_.RunDueTimers();
  }

  /// Targets of all groups, each with what its group gives it.
  std::vector<Labels> Targets() const {
    std::vector<Labels> targets;
    for (const TargetGroup& group : groups_) {
      for (const Labels& target : group.targets) {
        LabelsBuilder labels(group.labels);
        for (const auto [name, value] : target) labels.Set(name, value);
        targets.push_back(labels.Build());
      }
    }
    return targets;
  }
  /// The URLs that were asked, in order.
  std::vector<std::string> Urls() const {
    std::vector<std::string> urls;
    for (const http::ClientRequest& request : fake_.client.requests) urls.push_back(request.url);
    return urls;
  }

  FakeEnvironment fake_;
  std::vector<TargetGroup> groups_;
  int publications_ = 0;
  std::unique_ptr<Discoverer> discovery_;  // First to go: it publishes into the others.
};

}  // namespace tocsin::discovery
