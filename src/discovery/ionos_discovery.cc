#include <map>

#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

class IonosRefresher final : public ApiRefresher {
 public:
  IonosRefresher(const config::IonosDiscoveryConfig& config, http::ClientOptions options,
                 const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        port_(config.port),
        url_(fmt::format("https://api.ionos.com/cloudapi/v6/datacenters/{}/servers?depth=3",
                         http::PathEscape(config.datacenter_id))) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue servers, api_.GetJson(url_));
    std::vector<Labels> targets;
    for (const JsonValue& server : Items(servers.Find("items"))) {
      AddTarget(ScalarText(servers.Find("id")), server, targets);
    }
    return OneGroup("ionos", std::move(targets));
  }

 private:
  // A server without an address is no target. The addresses of later interfaces come first.
  void AddTarget(const std::string& servers_id, const JsonValue& server,
                 std::vector<Labels>& targets) const {
    std::vector<std::string> ips;
    std::map<std::string, std::vector<std::string>> ips_by_interface;
    for (const JsonValue& nic : Items(FindPath(server, {"entities", "nics", "items"}))) {
      const JsonValue* name = FindPath(nic, {"properties", "name"});
      const bool has_name = name != nullptr && name->AsString() != nullptr;
      auto& of_interface = ips_by_interface[has_name ? *name->AsString() : "unnamed"];
      const std::vector<std::string> own = Strings(FindPath(nic, {"properties", "ips"}));
      ips.insert(ips.begin(), own.begin(), own.end());
      of_interface.insert(of_interface.begin(), own.begin(), own.end());
    }
    if (ips.empty()) return;
    const JsonValue* properties = server.Find("properties");
    TargetLabels labels("__meta_ionos_server_");
    labels.SetAddress(JoinHostPort(ips[0], port_));
    labels.Set("availability_zone", FindPath(properties, {"availabilityZone"}));
    labels.Set("cpu_family", FindPath(properties, {"cpuFamily"}));
    labels.Set("servers_id", servers_id);
    labels.Set("id", server.Find("id"));
    labels.Set("ip", JoinSurrounded(ips, ","));
    labels.Set("lifecycle", FindPath(server, {"metadata", "state"}));
    labels.Set("name", FindPath(properties, {"name"}));
    labels.Set("state", FindPath(properties, {"vmState"}));
    labels.Set("type", FindPath(properties, {"type"}));
    for (const auto& [name, own] : ips_by_interface) {
      const std::string joined = own.empty() ? ",," : JoinSurrounded(own, ",");
      labels.Set("nic_ip_" + SanitizeLabelName(name), joined);
    }
    labels.Set("boot_cdrom_id", FindPath(properties, {"bootCdrom", "id"}));
    labels.Set("boot_volume_id", FindPath(properties, {"bootVolume", "id"}));
    const auto& volumes = Items(FindPath(server, {"entities", "volumes", "items"}));
    if (!volumes.empty()) {
      labels.Set("boot_image_id", FindPath(volumes[0], {"properties", "image"}));
    }
    targets.push_back(labels.Build());
  }

  const uint64_t port_;
  const std::string url_;
};

}  // namespace

Result<ServerDiscovery> MakeIonosDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::IonosDiscoveryConfig, IonosRefresher>("ionos", config,
                                                                        environment);
}

}  // namespace tocsin::discovery
