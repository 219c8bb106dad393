#include "config/discovery_clouds.h"

#include "config/http_client_binding.h"

namespace tocsin::config {
namespace {

void CheckRole(MappingReader& at, const std::string& role, std::string_view first,
               std::string_view second) {
  if (role.empty()) {
    return at.Fail("role", fmt::format("role missing (one of: {}, {})", first, second));
  }
  if (role != first && role != second) {
    at.Fail("role", fmt::format("unknown role {}", GoQuote(role)));
  }
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, DigitalOceanDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
}

template <typename Archive>
void Describe(Archive& archive, HetznerDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("role", config.role, Show::kAlways);
  archive.Field("label_selector", config.label_selector);
}

void Validate(MappingReader& at, HetznerDiscoveryConfig& config) {
  CheckRole(at, config.role, "robot", "hcloud");
}

template <typename Archive>
void Describe(Archive& archive, IonosDiscoveryConfig& config) {
  archive.Field("datacenter_id", config.datacenter_id, Show::kAlways);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
}

void Validate(MappingReader& at, IonosDiscoveryConfig& config) {
  if (config.datacenter_id.empty()) at.Fail("datacenter_id", "datacenter id can't be empty");
}

template <typename Archive>
void Describe(Archive& archive, LinodeDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("tag_separator", config.tag_separator);
  archive.Field("region", config.region);
}

template <typename Archive>
void Describe(Archive& archive, ScalewayDiscoveryConfig& config) {
  archive.Field("project_id", config.project_id, Show::kAlways);
  archive.Field("api_url", config.api_url);
  archive.Field("zone", config.zone, Show::kAlways);
  archive.Field("access_key", config.access_key, Show::kAlways);
  archive.Field("secret_key", config.secret_key, Show::kAlways);
  archive.Field("secret_key_file", FilePath{config.secret_key_file}, Show::kAlways);
  archive.Field("name_filter", config.name_filter);
  archive.Field("tags_filter", config.tags_filter);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("role", config.role, Show::kAlways);
}

void Validate(MappingReader& at, ScalewayDiscoveryConfig& config) {
  CheckRole(at, config.role, "instance", "baremetal");
  if (at.failed()) return;
  if (config.project_id.empty()) return at.Fail("project_id", "project_id is mandatory");
  if (config.secret_key.empty() && config.secret_key_file.empty()) {
    return at.Fail("one of secret_key & secret_key_file must be configured");
  }
  if (!config.secret_key.empty() && !config.secret_key_file.empty()) {
    return at.Fail("secret_key", "at most one of secret_key & secret_key_file must be configured");
  }
  if (config.access_key.empty()) at.Fail("access_key", "access_key is mandatory");
}

template <typename Archive>
void Describe(Archive& archive, VultrDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
}

DiscoveryKind DigitalOceanDiscoveryKind() {
  return MakeDiscoveryKind<DigitalOceanDiscoveryConfig>("digitalocean_sd_configs");
}

DiscoveryKind HetznerDiscoveryKind() {
  return MakeDiscoveryKind<HetznerDiscoveryConfig>("hetzner_sd_configs");
}

DiscoveryKind IonosDiscoveryKind() {
  return MakeDiscoveryKind<IonosDiscoveryConfig>("ionos_sd_configs");
}

DiscoveryKind LinodeDiscoveryKind() {
  return MakeDiscoveryKind<LinodeDiscoveryConfig>("linode_sd_configs");
}

DiscoveryKind ScalewayDiscoveryKind() {
  return MakeDiscoveryKind<ScalewayDiscoveryConfig>("scaleway_sd_configs");
}

DiscoveryKind VultrDiscoveryKind() {
  return MakeDiscoveryKind<VultrDiscoveryConfig>("vultr_sd_configs");
}

}  // namespace tocsin::config
