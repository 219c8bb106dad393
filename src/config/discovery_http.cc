#include "config/discovery_http.h"

#include "config/http_client_binding.h"

namespace tocsin::config {

template <typename Archive>
void Describe(Archive& archive, HttpDiscoveryConfig& config) {
  DescribeHttpClient(archive, config.http_client);
  archive.Field("refresh_interval", config.refresh_interval);
  archive.Field("url", config.url, Show::kAlways);
}

void Validate(MappingReader& at, HttpDiscoveryConfig& config) {
  if (config.url.empty()) return at.Fail("url", "URL is missing");
  const bool has_scheme = config.url.starts_with("http://") || config.url.starts_with("https://");
  if (!has_scheme) return at.Fail("url", "URL scheme must be 'http' or 'https'");
  const size_t host = config.url.find("//") + 2;
  if (host == config.url.size() || config.url[host] == '/') {
    at.Fail("url", "host is missing in URL");
  }
}

DiscoveryKind HttpDiscoveryKind() {
  return MakeDiscoveryKind<HttpDiscoveryConfig>("http_sd_configs");
}

}  // namespace tocsin::config
