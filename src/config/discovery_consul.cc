#include "config/discovery_consul.h"

#include "config/http_client_binding.h"

namespace tocsin::config {

template <typename Archive>
void Describe(Archive& archive, ConsulDiscoveryConfig& config) {
  archive.Field("server", config.server);
  archive.Field("path_prefix", config.path_prefix);
  archive.Field("token", config.token);
  archive.Field("datacenter", config.datacenter);
  archive.Field("namespace", config.namespace_name);
  archive.Field("partition", config.partition);
  archive.Field("tag_separator", config.tag_separator);
  archive.Field("scheme", config.scheme);
  archive.Field("username", config.username);
  archive.Field("password", config.password);
  archive.Field("allow_stale", config.allow_stale, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("services", config.services);
  archive.Field("tags", config.tags);
  archive.Field("node_meta", config.node_meta);
  archive.Field("filter", config.filter);
  archive.Field("health_filter", config.health_filter);
  DescribeHttpClient(archive, config.http_client);
}

void Validate(MappingReader& at, ConsulDiscoveryConfig& config) {
  if (config.server.find_first_not_of(" \t\r\n") == std::string::npos) {
    return at.Fail("server", "consul SD configuration requires a server address");
  }
  HttpClientConfig& client = config.http_client;
  if (!config.username.empty() || !config.password.empty()) {
    if (client.basic_auth) {
      return at.Fail("basic_auth",
                     "at most one of consul SD configuration username and password and basic auth "
                     "can be configured");
    }
    client.basic_auth = BasicAuth{config.username, "", config.password, ""};
  }
  if (!config.token.empty() && (client.authorization || client.oauth2)) {
    at.Fail("token", "at most one of consul SD token, authorization, or oauth2 can be configured");
  }
}

DiscoveryKind ConsulDiscoveryKind() {
  return MakeDiscoveryKind<ConsulDiscoveryConfig>("consul_sd_configs");
}

}  // namespace tocsin::config
