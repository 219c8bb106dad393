#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// docker_sd_configs: the TCP ports of running containers in each of their networks.
Result<ServerDiscovery> MakeDockerDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment);

/// dockerswarm_sd_configs: the services, tasks or nodes of a swarm.
Result<ServerDiscovery> MakeDockerSwarmDiscovery(const config::ServerDiscoveryConfig& config,
                                                 const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
