#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"

namespace tocsin::discovery {
namespace {

// The first address of a kind ("public", "private") in networks.v4 or networks.v6.
std::string AddressOf(const JsonValue& droplet, std::string_view family, std::string_view type) {
  for (const JsonValue& network : Items(FindPath(droplet, {"networks", family}))) {
    if (network.FindString("type") == type) return ScalarText(network.Find("ip_address"));
  }
  return {};
}

class DigitalOceanRefresher final : public ApiRefresher {
 public:
  DigitalOceanRefresher(const config::DigitalOceanDiscoveryConfig& config,
                        http::ClientOptions options, const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        port_(config.port) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    std::vector<Labels> targets;
    for (int page = 1; page != 0;) {
      const auto answer = api_.GetJson(fmt::format("https://api.digitalocean.com/v2/droplets{}",
                                                   page == 1 ? "" : fmt::format("?page={}", page)));
      if (!answer) {
        return answer.error().WithContext(
            fmt::format("error while listing droplets page {}", page == 1 ? 0 : page));
      }
      for (const JsonValue& droplet : Items(answer->Find("droplets"))) {
        if (!Items(FindPath(droplet, {"networks", "v4"})).empty()) {
          targets.push_back(MakeTarget(droplet));
        }
      }
      page = ScalarText(FindPath(*answer, {"links", "pages", "next"})).empty() ? 0 : page + 1;
    }
    return OneGroup("DigitalOcean", std::move(targets));
  }

 private:
  Labels MakeTarget(const JsonValue& droplet) const {
    const std::string public_ipv4 = AddressOf(droplet, "v4", "public");
    TargetLabels labels("__meta_digitalocean_");
    labels.SetAddress(JoinHostPort(public_ipv4, port_));
    labels.Set("droplet_id", droplet.Find("id"));
    labels.Set("droplet_name", droplet.Find("name"));
    labels.Set("image", FindPath(droplet, {"image", "slug"}));
    labels.Set("image_name", FindPath(droplet, {"image", "name"}));
    labels.Set("private_ipv4", AddressOf(droplet, "v4", "private"));
    labels.Set("public_ipv4", public_ipv4);
    labels.Set("public_ipv6", AddressOf(droplet, "v6", "public"));
    labels.Set("region", FindPath(droplet, {"region", "slug"}));
    labels.Set("size", droplet.Find("size_slug"));
    labels.Set("status", droplet.Find("status"));
    labels.Set("vpc", droplet.Find("vpc_uuid"));
    labels.Set("features", JoinSurrounded(Strings(droplet.Find("features")), ","));
    labels.Set("tags", JoinSurrounded(Strings(droplet.Find("tags")), ","));
    return labels.Build();
  }

  const uint64_t port_;
};

}  // namespace

Result<ServerDiscovery> MakeDigitalOceanDiscovery(const config::ServerDiscoveryConfig& config,
                                                  const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::DigitalOceanDiscoveryConfig, DigitalOceanRefresher>(
      "digitalocean", config, environment);
}

}  // namespace tocsin::discovery
