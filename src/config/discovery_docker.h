#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

namespace tocsin::config {

/// What a list of Docker's is limited to: any of the values.
struct DockerFilter {
  std::string name;
  std::vector<std::string> values;
};

/// One entry of docker_sd_configs.
struct DockerDiscoveryConfig {
  std::string host;  ///< unix:///path, tcp://, http:// or https://
  uint64_t port = 80;
  std::vector<DockerFilter> filters;
  std::string host_networking_host = "localhost";
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  bool match_first_network = true;
  HttpClientConfig http_client;
};

/// One entry of dockerswarm_sd_configs.
struct DockerSwarmDiscoveryConfig {
  std::string host;
  std::string role;  ///< services, tasks or nodes
  uint64_t port = 80;
  std::vector<DockerFilter> filters;
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  HttpClientConfig http_client;
};

DiscoveryKind DockerDiscoveryKind();
DiscoveryKind DockerSwarmDiscoveryKind();

}  // namespace tocsin::config
