#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

// Registries and schedulers that users run themselves, each with a few keys.

namespace tocsin::config {

/// One entry of nomad_sd_configs.
struct NomadDiscoveryConfig {
  bool allow_stale = true;
  std::string namespace_name = "default";
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  std::string region = "global";
  std::string server = "http://localhost:4646";
  std::string tag_separator = ",";
  HttpClientConfig http_client;
};

/// One entry of eureka_sd_configs.
struct EurekaDiscoveryConfig {
  std::string server;
  std::chrono::milliseconds refresh_interval = std::chrono::seconds(30);
  HttpClientConfig http_client;
};

/// One entry of marathon_sd_configs.
struct MarathonDiscoveryConfig {
  std::vector<std::string> servers;  ///< Any of them is asked.
  std::chrono::milliseconds refresh_interval = std::chrono::seconds(30);
  Secret auth_token;  ///< DC/OS' own scheme: Authorization: token=…
  std::string auth_token_file;
  HttpClientConfig http_client;
};

/// One entry of puppetdb_sd_configs.
struct PuppetDbDiscoveryConfig {
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  std::string url;
  std::string query;  ///< In PQL, over resources.
  bool include_parameters = false;
  uint64_t port = 80;
  HttpClientConfig http_client;
};

/// One entry of triton_sd_configs.
struct TritonDiscoveryConfig {
  std::string account;
  std::string role = "container";  ///< container or cn
  std::string dns_suffix;
  std::string endpoint;  ///< The host that lists machines; their names end in the suffix.
  std::vector<std::string> groups;
  uint64_t port = 9163;  ///< Of the endpoint and of targets.
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  int64_t version = 1;
  HttpClientConfig http_client;  ///< Only its tls_config is read.
};

/// One entry of uyuni_sd_configs.
struct UyuniDiscoveryConfig {
  std::string server;
  std::string username;
  Secret password;
  std::string entitlement = "monitoring_entitled";  ///< Systems must have it.
  std::string separator = ",";
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  HttpClientConfig http_client;
};

DiscoveryKind NomadDiscoveryKind();
DiscoveryKind EurekaDiscoveryKind();
DiscoveryKind MarathonDiscoveryKind();
DiscoveryKind PuppetDbDiscoveryKind();
DiscoveryKind TritonDiscoveryKind();
DiscoveryKind UyuniDiscoveryKind();

}  // namespace tocsin::config
