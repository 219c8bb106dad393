#pragma once

#include <chrono>
#include <string>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

namespace tocsin::config {

/// One entry of http_sd_configs.
struct HttpDiscoveryConfig {
  std::string url;
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(1);
  HttpClientConfig http_client;
};

DiscoveryKind HttpDiscoveryKind();

}  // namespace tocsin::config
