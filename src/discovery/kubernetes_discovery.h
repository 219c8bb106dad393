#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// kubernetes_sd_configs: the objects of an API server, listed and then watched.
Result<ServerDiscovery> MakeKubernetesDiscovery(const config::ServerDiscoveryConfig& config,
                                                const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
