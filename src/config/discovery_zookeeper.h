#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/discovery_kind.h"

namespace tocsin::config {

/// What entries of serverset_sd_configs and nerve_sd_configs have in common: all keys.
struct ZooKeeperDiscoveryConfig {
  std::vector<std::string> servers;                              ///< host or host:port.
  std::vector<std::string> paths;                                ///< Each begins with "/".
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< Of the session.
};

struct ServersetDiscoveryConfig : ZooKeeperDiscoveryConfig {};
struct NerveDiscoveryConfig : ZooKeeperDiscoveryConfig {};

DiscoveryKind ServersetDiscoveryKind();
DiscoveryKind NerveDiscoveryKind();

}  // namespace tocsin::config
