#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

// Clouds whose API takes what the http client block can say, or one key, as credentials.

namespace tocsin::config {

/// One entry of digitalocean_sd_configs.
struct DigitalOceanDiscoveryConfig {
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  HttpClientConfig http_client;
};

/// One entry of hetzner_sd_configs.
struct HetznerDiscoveryConfig {
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  std::string role;            ///< robot or hcloud
  std::string label_selector;  ///< For hcloud.
  HttpClientConfig http_client;
};

/// One entry of ionos_sd_configs.
struct IonosDiscoveryConfig {
  std::string datacenter_id;
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  HttpClientConfig http_client;
};

/// One entry of linode_sd_configs.
struct LinodeDiscoveryConfig {
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  std::string tag_separator = ",";
  std::string region;  ///< All when empty.
  HttpClientConfig http_client;
};

/// One entry of scaleway_sd_configs.
struct ScalewayDiscoveryConfig {
  std::string project_id;
  std::string api_url = "https://api.scaleway.com";
  std::string zone = "fr-par-1";
  std::string access_key;
  Secret secret_key;
  std::string secret_key_file;
  std::string name_filter;
  std::vector<std::string> tags_filter;
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  std::string role;  ///< instance or baremetal
  HttpClientConfig http_client;
};

/// One entry of vultr_sd_configs.
struct VultrDiscoveryConfig {
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  uint64_t port = 80;
  HttpClientConfig http_client;
};

DiscoveryKind DigitalOceanDiscoveryKind();
DiscoveryKind HetznerDiscoveryKind();
DiscoveryKind IonosDiscoveryKind();
DiscoveryKind LinodeDiscoveryKind();
DiscoveryKind ScalewayDiscoveryKind();
DiscoveryKind VultrDiscoveryKind();

}  // namespace tocsin::config
