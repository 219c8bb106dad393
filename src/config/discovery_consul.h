#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

namespace tocsin::config {

/// One entry of consul_sd_configs.
struct ConsulDiscoveryConfig {
  std::string server = "localhost:8500";
  std::string path_prefix;
  Secret token;
  std::string datacenter;  ///< The agent's own when empty.
  std::string namespace_name;
  std::string partition;
  std::string tag_separator = ",";
  std::string scheme = "http";
  std::string username;  ///< With the password, another way to write basic_auth; ends up there.
  Secret password;
  bool allow_stale = true;
  std::chrono::milliseconds refresh_interval = std::chrono::seconds(30);
  std::vector<std::string> services;  ///< All when empty.
  std::vector<std::string> tags;      ///< An instance must have all of them.
  std::map<std::string, std::string> node_meta;
  std::string filter;         ///< For the list of services, in Consul's filter language.
  std::string health_filter;  ///< For instances, likewise.
  HttpClientConfig http_client;
};

DiscoveryKind ConsulDiscoveryKind();

}  // namespace tocsin::config
