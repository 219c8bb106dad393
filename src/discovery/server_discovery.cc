#include "discovery/server_discovery.h"

#include "discovery/dns_discovery.h"
#include "discovery/http_discovery.h"
#include "discovery/kubernetes_discovery.h"

namespace tocsin::discovery {
namespace {

using MakeKind = Result<ServerDiscovery> (*)(const config::ServerDiscoveryConfig& config,
                                             const DiscoveryEnvironment& environment);

constexpr std::pair<std::string_view, MakeKind> kKinds[] = {
    {"dns_sd_configs", &MakeDnsDiscovery},
    {"http_sd_configs", &MakeHttpDiscovery},
    {"kubernetes_sd_configs", &MakeKubernetesDiscovery},
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
