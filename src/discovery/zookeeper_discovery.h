#pragma once

#include <string>
#include <string_view>

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// serverset_sd_configs and nerve_sd_configs: the members below some paths of ZooKeeper.
Result<ServerDiscovery> MakeServersetDiscovery(const config::ServerDiscoveryConfig& config,
                                               const DiscoveryEnvironment& environment);
Result<ServerDiscovery> MakeNerveDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment);

/// The target that a node's data describes; kInvalidArgument for data that describes none.
Result<Labels> ParseServersetMember(std::string_view data, const std::string& path);
Result<Labels> ParseNerveMember(std::string_view data, const std::string& path);

}  // namespace tocsin::discovery
