#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

// Registries and schedulers that users run themselves.

/// nomad_sd_configs: the instances of all services.
Result<ServerDiscovery> MakeNomadDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment);
/// eureka_sd_configs: the instances of all applications.
Result<ServerDiscovery> MakeEurekaDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment);
/// marathon_sd_configs: a group for each application, a target for each port of its tasks.
Result<ServerDiscovery> MakeMarathonDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment);
/// puppetdb_sd_configs: the nodes that have the resources a query asks for.
Result<ServerDiscovery> MakePuppetDbDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment);
/// triton_sd_configs: containers, or the compute nodes they run on.
Result<ServerDiscovery> MakeTritonDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment);
/// uyuni_sd_configs: the exporters on systems that Uyuni monitors.
Result<ServerDiscovery> MakeUyuniDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
