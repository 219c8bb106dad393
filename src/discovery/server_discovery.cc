#include "discovery/server_discovery.h"

#include "discovery/cloud_discoveries.h"
#include "discovery/consul_discovery.h"
#include "discovery/dns_discovery.h"
#include "discovery/docker_discovery.h"
#include "discovery/http_discovery.h"
#include "discovery/kubernetes_discovery.h"
#include "discovery/registry_discoveries.h"
#include "discovery/zookeeper_discovery.h"

namespace tocsin::discovery {
namespace {

using MakeKind = Result<ServerDiscovery> (*)(const config::ServerDiscoveryConfig& config,
                                             const DiscoveryEnvironment& environment);

constexpr std::pair<std::string_view, MakeKind> kKinds[] = {
    {"consul_sd_configs", &MakeConsulDiscovery},
    {"digitalocean_sd_configs", &MakeDigitalOceanDiscovery},
    {"dns_sd_configs", &MakeDnsDiscovery},
    {"docker_sd_configs", &MakeDockerDiscovery},
    {"dockerswarm_sd_configs", &MakeDockerSwarmDiscovery},
    {"eureka_sd_configs", &MakeEurekaDiscovery},
    {"hetzner_sd_configs", &MakeHetznerDiscovery},
    {"http_sd_configs", &MakeHttpDiscovery},
    {"ionos_sd_configs", &MakeIonosDiscovery},
    {"kubernetes_sd_configs", &MakeKubernetesDiscovery},
    {"linode_sd_configs", &MakeLinodeDiscovery},
    {"marathon_sd_configs", &MakeMarathonDiscovery},
    {"nerve_sd_configs", &MakeNerveDiscovery},
    {"nomad_sd_configs", &MakeNomadDiscovery},
    {"puppetdb_sd_configs", &MakePuppetDbDiscovery},
    {"scaleway_sd_configs", &MakeScalewayDiscovery},
    {"serverset_sd_configs", &MakeServersetDiscovery},
    {"triton_sd_configs", &MakeTritonDiscovery},
    {"uyuni_sd_configs", &MakeUyuniDiscovery},
    {"vultr_sd_configs", &MakeVultrDiscovery},
};

}  // namespace

Result<std::unique_ptr<Discoverer>> MakeServerDiscovery(const config::ServerDiscoveryConfig& config,
                                                        const std::string& job,
                                                        const DiscoveryEnvironment& environment) {
  for (const auto& [key, make] : kKinds) {
    if (key != config.kind) continue;
    TOCSIN_ASSIGN_OR_RETURN(ServerDiscovery discovery, make(config, environment));
    if (discovery.make_discoverer) return discovery.make_discoverer(job);
    return std::make_unique<RefreshDiscovery>(std::move(discovery.mechanism), job,
                                              discovery.interval_ms, std::move(discovery.refresher),
                                              environment);
  }
  return Errorf(ErrorCode::kUnimplemented, "{} is not supported", config.kind);
}

}  // namespace tocsin::discovery
