#include <array>

#include "config/discovery_clouds.h"
#include "config/discovery_consul.h"
#include "config/discovery_dns.h"
#include "config/discovery_docker.h"
#include "config/discovery_http.h"
#include "config/discovery_kind.h"
#include "config/discovery_kubernetes.h"
#include "config/discovery_registries.h"
#include "config/discovery_zookeeper.h"

namespace tocsin::config {

const DiscoveryKind* FindDiscoveryKind(std::string_view key) {
  static const std::array kKinds = {
      ConsulDiscoveryKind(),     DigitalOceanDiscoveryKind(), DnsDiscoveryKind(),
      DockerDiscoveryKind(),     DockerSwarmDiscoveryKind(),  EurekaDiscoveryKind(),
      HetznerDiscoveryKind(),    HttpDiscoveryKind(),         IonosDiscoveryKind(),
      KubernetesDiscoveryKind(), LinodeDiscoveryKind(),       MarathonDiscoveryKind(),
      NerveDiscoveryKind(),      NomadDiscoveryKind(),        PuppetDbDiscoveryKind(),
      ScalewayDiscoveryKind(),   ServersetDiscoveryKind(),    TritonDiscoveryKind(),
      UyuniDiscoveryKind(),      VultrDiscoveryKind(),
  };
  for (const DiscoveryKind& kind : kKinds) {
    if (kind.key == key) return &kind;
  }
  return nullptr;
}

}  // namespace tocsin::config
