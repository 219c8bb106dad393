#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// dns_sd_configs: the records of some names.
Result<ServerDiscovery> MakeDnsDiscovery(const config::ServerDiscoveryConfig& config,
                                         const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
