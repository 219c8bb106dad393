#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// consul_sd_configs: a group for every service of the catalog that is wanted, a target for every
/// instance of it.
Result<ServerDiscovery> MakeConsulDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
