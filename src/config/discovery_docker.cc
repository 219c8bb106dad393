#include "config/discovery_docker.h"

#include "config/http_client_binding.h"
#include "config/url_text.h"

namespace tocsin::config {
namespace {

void CheckHost(MappingReader& at, const std::string& host) {
  if (host.empty()) return at.Fail("host", "host missing");
  if (const Status status = CheckUrl(host); !status) at.Fail("host", status.error().message());
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, DockerFilter& filter) {
  archive.Field("name", filter.name, Show::kAlways);
  archive.Field("values", filter.values, Show::kAlways);
}

template <typename Archive>
void Describe(Archive& archive, DockerDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("host", config.host, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("filters", config.filters, Show::kAlways);
  archive.Field("host_networking_host", config.host_networking_host, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("match_first_network", config.match_first_network, Show::kAlways);
}

void Validate(MappingReader& at, DockerDiscoveryConfig& config) { CheckHost(at, config.host); }

template <typename Archive>
void Describe(Archive& archive, DockerSwarmDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("host", config.host, Show::kAlways);
  archive.Field("role", config.role, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("filters", config.filters, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
}

void Validate(MappingReader& at, DockerSwarmDiscoveryConfig& config) {
  CheckHost(at, config.host);
  if (at.failed()) return;
  if (config.role.empty()) {
    return at.Fail("role", "role missing (one of: tasks, services, nodes)");
  }
  if (config.role != "services" && config.role != "nodes" && config.role != "tasks") {
    at.Fail("role",
            fmt::format("invalid role {}, expected tasks, services, or nodes", config.role));
  }
}

DiscoveryKind DockerDiscoveryKind() {
  return MakeDiscoveryKind<DockerDiscoveryConfig>("docker_sd_configs");
}

DiscoveryKind DockerSwarmDiscoveryKind() {
  return MakeDiscoveryKind<DockerSwarmDiscoveryConfig>("dockerswarm_sd_configs");
}

}  // namespace tocsin::config
