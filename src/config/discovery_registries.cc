#include "config/discovery_registries.h"

#include "config/http_client_binding.h"
#include "config/url_text.h"

namespace tocsin::config {
namespace {

// What follows "scheme://" starts with a host.
bool HasSchemeAndHost(const std::string& url) {
  const size_t colon = url.find("://");
  if (colon == std::string::npos || colon == 0) return false;
  return colon + 3 < url.size() && url[colon + 3] != '/';
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, NomadDiscoveryConfig& config) {
  archive.Field("allow_stale", config.allow_stale, Show::kAlways);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("namespace", config.namespace_name, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval, Show::kAlways);
  archive.Field("region", config.region, Show::kAlways);
  archive.Field("server", config.server, Show::kAlways);
  archive.Field("tag_separator", config.tag_separator);
}

void Validate(MappingReader& at, NomadDiscoveryConfig& config) {
  if (config.server.find_first_not_of(" \t\r\n") == std::string::npos) {
    at.Fail("server", "nomad SD configuration requires a server address");
  }
}

template <typename Archive>
void Describe(Archive& archive, EurekaDiscoveryConfig& config) {
  archive.Field("server", config.server);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval);
}

void Validate(MappingReader& at, EurekaDiscoveryConfig& config) {
  if (config.server.empty()) return at.Fail("server", "eureka_sd: empty or null eureka server");
  if (const Status status = CheckUrl(config.server); !status) {
    return at.Fail("server", status.error().message());
  }
  if (!HasSchemeAndHost(config.server)) {
    at.Fail("server", "eureka_sd: invalid eureka server URL");
  }
}

template <typename Archive>
void Describe(Archive& archive, MarathonDiscoveryConfig& config) {
  archive.Field("servers", config.servers);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("auth_token", config.auth_token);
  archive.Field("auth_token_file", FilePath{config.auth_token_file});
  DescribeHttpClient(archive, config.http_client);
}

void Validate(MappingReader& at, MarathonDiscoveryConfig& config) {
  if (config.servers.empty()) {
    return at.Fail("servers", "marathon_sd: must contain at least one Marathon server");
  }
  const bool has_token = !config.auth_token.empty();
  const bool has_file = !config.auth_token_file.empty();
  if (has_token && has_file) {
    return at.Fail("auth_token",
                   "marathon_sd: at most one of auth_token & auth_token_file must be configured");
  }
  if (!has_token && !has_file) return;
  if (config.http_client.basic_auth) {
    return at.Fail("basic_auth",
                   "marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be "
                   "configured");
  }
  if (at.Has("bearer_token") || at.Has("bearer_token_file")) {
    return at.Fail(at.Has("bearer_token") ? "bearer_token" : "bearer_token_file",
                   "marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & "
                   "auth_token_file must be configured");
  }
  if (config.http_client.authorization) {
    at.Fail("authorization",
            "marathon_sd: at most one of auth_token, auth_token_file & authorization must be "
            "configured");
  }
}

template <typename Archive>
void Describe(Archive& archive, PuppetDbDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("url", config.url, Show::kAlways);
  archive.Field("query", config.query, Show::kAlways);
  archive.Field("include_parameters", config.include_parameters, Show::kAlways);
  archive.Field("port", config.port, Show::kAlways);
}

void Validate(MappingReader& at, PuppetDbDiscoveryConfig& config) {
  if (config.url.empty()) return at.Fail("url", "URL is missing");
  if (const Status status = CheckUrl(config.url); !status) {
    return at.Fail("url", status.error().message());
  }
  if (!config.url.starts_with("http:") && !config.url.starts_with("https:")) {
    return at.Fail("url", "URL scheme must be 'http' or 'https'");
  }
  if (!HasSchemeAndHost(config.url)) return at.Fail("url", "host is missing in URL");
  if (config.query.empty()) at.Fail("query", "query missing");
}

template <typename Archive>
void Describe(Archive& archive, TritonDiscoveryConfig& config) {
  archive.Field("account", config.account, Show::kAlways);
  archive.Field("role", config.role, Show::kAlways);
  archive.Field("dns_suffix", config.dns_suffix, Show::kAlways);
  archive.Field("endpoint", config.endpoint, Show::kAlways);
  archive.Field("groups", config.groups);
  archive.Field("port", config.port, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("tls_config", config.http_client.tls_config);
  archive.Field("version", config.version, Show::kAlways);
}

void Validate(MappingReader& at, TritonDiscoveryConfig& config) {
  if (config.role != "container" && config.role != "cn") {
    return at.Fail("role", "triton SD configuration requires role to be 'container' or 'cn'");
  }
  if (config.account.empty()) {
    return at.Fail("account", "triton SD configuration requires an account");
  }
  if (config.dns_suffix.empty()) {
    return at.Fail("dns_suffix", "triton SD configuration requires a dns_suffix");
  }
  if (config.endpoint.empty()) {
    return at.Fail("endpoint", "triton SD configuration requires an endpoint");
  }
  if (config.refresh_interval.count() <= 0) {
    at.Fail("refresh_interval",
            "triton SD configuration requires RefreshInterval to be a positive integer");
  }
}

template <typename Archive>
void Describe(Archive& archive, UyuniDiscoveryConfig& config) {
  archive.Field("server", config.server, Show::kAlways);
  archive.Field("username", config.username, Show::kAlways);
  archive.Field("password", config.password, Show::kAlways);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("entitlement", config.entitlement);
  archive.Field("separator", config.separator);
  archive.Field("refresh_interval", config.refresh_interval);
}

void Validate(MappingReader& at, UyuniDiscoveryConfig& config) {
  if (config.server.empty()) {
    return at.Fail("server", "Uyuni SD configuration requires server host");
  }
  if (const Status status = CheckUrl(config.server); !status) {
    return at.Fail("server", "Uyuni Server URL is not valid: " + status.error().message());
  }
  if (config.username.empty()) {
    return at.Fail("username", "Uyuni SD configuration requires a username");
  }
  if (config.password.empty()) {
    at.Fail("password", "Uyuni SD configuration requires a password");
  }
}

DiscoveryKind NomadDiscoveryKind() {
  return MakeDiscoveryKind<NomadDiscoveryConfig>("nomad_sd_configs");
}

DiscoveryKind EurekaDiscoveryKind() {
  return MakeDiscoveryKind<EurekaDiscoveryConfig>("eureka_sd_configs");
}

DiscoveryKind MarathonDiscoveryKind() {
  return MakeDiscoveryKind<MarathonDiscoveryConfig>("marathon_sd_configs");
}

DiscoveryKind PuppetDbDiscoveryKind() {
  return MakeDiscoveryKind<PuppetDbDiscoveryConfig>("puppetdb_sd_configs");
}

DiscoveryKind TritonDiscoveryKind() {
  return MakeDiscoveryKind<TritonDiscoveryConfig>("triton_sd_configs");
}

DiscoveryKind UyuniDiscoveryKind() {
  return MakeDiscoveryKind<UyuniDiscoveryConfig>("uyuni_sd_configs");
}

}  // namespace tocsin::config
