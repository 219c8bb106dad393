#pragma once

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

// Clouds that list their machines as JSON to whoever brings a token.

/// digitalocean_sd_configs: droplets.
Result<ServerDiscovery> MakeDigitalOceanDiscovery(const config::ServerDiscoveryConfig& config,
                                                  const DiscoveryEnvironment& environment);
/// hetzner_sd_configs: servers of the cloud or, with the role robot, dedicated ones.
Result<ServerDiscovery> MakeHetznerDiscovery(const config::ServerDiscoveryConfig& config,
                                             const DiscoveryEnvironment& environment);
/// ionos_sd_configs: the servers of a data centre.
Result<ServerDiscovery> MakeIonosDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment);
/// linode_sd_configs: instances.
Result<ServerDiscovery> MakeLinodeDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment);
/// scaleway_sd_configs: instances or bare metal servers of a zone.
Result<ServerDiscovery> MakeScalewayDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment);
/// vultr_sd_configs: instances.
Result<ServerDiscovery> MakeVultrDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
