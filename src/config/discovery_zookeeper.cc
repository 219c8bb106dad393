#include "config/discovery_zookeeper.h"

namespace tocsin::config {
namespace {

template <typename Archive>
void DescribeKeys(Archive& archive, ZooKeeperDiscoveryConfig& config) {
  archive.Field("servers", config.servers, Show::kAlways);
  archive.Field("paths", config.paths, Show::kAlways);
  archive.Field("timeout", config.timeout);
}

void ValidateKeys(MappingReader& at, const ZooKeeperDiscoveryConfig& config,
                  std::string_view name) {
  if (config.servers.empty()) {
    return at.Fail("servers",
                   fmt::format("{} SD config must contain at least one Zookeeper server", name));
  }
  if (config.paths.empty()) {
    return at.Fail("paths", fmt::format("{} SD config must contain at least one path", name));
  }
  for (const std::string& path : config.paths) {
    if (path.starts_with('/')) continue;
    return at.Fail("paths", fmt::format("{} SD config paths must begin with '/': {}", name, path));
  }
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, ServersetDiscoveryConfig& config) {
  DescribeKeys(archive, config);
}
template <typename Archive>
void Describe(Archive& archive, NerveDiscoveryConfig& config) {
  DescribeKeys(archive, config);
}
void Validate(MappingReader& at, ServersetDiscoveryConfig& config) {
  ValidateKeys(at, config, "serverset");
}
void Validate(MappingReader& at, NerveDiscoveryConfig& config) {
  ValidateKeys(at, config, "nerve");
}

DiscoveryKind ServersetDiscoveryKind() {
  return MakeDiscoveryKind<ServersetDiscoveryConfig>("serverset_sd_configs");
}
DiscoveryKind NerveDiscoveryKind() {
  return MakeDiscoveryKind<NerveDiscoveryConfig>("nerve_sd_configs");
}

}  // namespace tocsin::config
