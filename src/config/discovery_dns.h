#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/discovery_kind.h"

namespace tocsin::config {

/// One entry of dns_sd_configs.
struct DnsDiscoveryConfig {
  std::vector<std::string> names;
  std::chrono::milliseconds refresh_interval = std::chrono::seconds(30);
  std::string type = "SRV";  ///< In upper case: SRV, A, AAAA, MX or NS.
  uint64_t port = 0;         ///< Of targets found by records other than SRV.
};

DiscoveryKind DnsDiscoveryKind();

}  // namespace tocsin::config
