#include "config/discovery_dns.h"

#include <algorithm>
#include <cctype>

namespace tocsin::config {

template <typename Archive>
void Describe(Archive& archive, DnsDiscoveryConfig& config) {
  archive.Field("names", config.names, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("type", config.type, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
}

void Validate(MappingReader& at, DnsDiscoveryConfig& config) {
  if (config.names.empty()) {
    return at.Fail("names", "DNS-SD config must contain at least one SRV record name");
  }
  const std::string written = config.type;
  std::transform(config.type.begin(), config.type.end(), config.type.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  const bool needs_port =
      config.type == "A" || config.type == "AAAA" || config.type == "MX" || config.type == "NS";
  if (!needs_port && config.type != "SRV") {
    return at.Fail("type", fmt::format("invalid DNS-SD records type {}", written));
  }
  if (needs_port && config.port == 0) {
    at.Fail("port", "a port is required in DNS-SD configs for all record types except SRV");
  }
}

DiscoveryKind DnsDiscoveryKind() { return MakeDiscoveryKind<DnsDiscoveryConfig>("dns_sd_configs"); }

}  // namespace tocsin::config
