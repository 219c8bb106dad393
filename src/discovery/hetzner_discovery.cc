#include <map>

#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

std::string WholeNumber(const JsonValue* json) {
  return std::to_string(json == nullptr ? 0 : static_cast<int64_t>(json->number()));
}

class HetznerRefresher final : public ApiRefresher {
 public:
  HetznerRefresher(const config::HetznerDiscoveryConfig& config, http::ClientOptions options,
                   const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval), config_(config) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    std::vector<Labels> targets;
    TOCSIN_RETURN_IF_ERROR(config_.role == "robot" ? AddDedicated(targets) : AddCloud(targets));
    return OneGroup("hetzner", std::move(targets));
  }

 private:
  Status AddDedicated(std::vector<Labels>& targets) {
    http::ClientRequest request;
    request.url = "https://robot-ws.your-server.de/server";
    TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, api_.Send(std::move(request)));
    if (response.status / 100 != 2) {
      return Errorf(ErrorCode::kUnavailable,
                    "non 2xx status '{}' response during hetzner service discovery with role robot",
                    response.status);
    }
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue list, ParseJson(response.body));
    for (const JsonValue& item : Items(&list)) {
      if (const JsonValue* server = item.Find("server")) targets.push_back(Dedicated(*server));
    }
    return {};
  }

  Labels Dedicated(const JsonValue& server) const {
    std::string datacenter(server.FindString("dc"));
    for (char& c : datacenter) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    TargetLabels labels("__meta_hetzner_");
    labels.SetAddress(JoinHostPort(server.FindString("server_ip"), config_.port));
    labels.Set("role", "robot");
    labels.Set("server_id", server.Find("server_number"));
    labels.Set("server_name", server.Find("server_name"));
    labels.Set("datacenter", datacenter);
    labels.Set("public_ipv4", server.Find("server_ip"));
    labels.Set("server_status", server.Find("status"));
    labels.Set("robot_product", server.Find("product"));
    labels.Set("robot_cancelled", IsTrue(server.Find("cancelled")) ? "true" : "false");
    for (const JsonValue& subnet : Items(server.Find("subnet"))) {
      const std::string ip = ScalarText(subnet.Find("ip"));
      if (ip.find(':') == std::string::npos) continue;
      labels.Set("public_ipv6_network", fmt::format("{}/{}", ip, ScalarText(subnet.Find("mask"))));
      break;
    }
    return labels.Build();
  }

  Status AddCloud(std::vector<Labels>& targets) {
    TOCSIN_ASSIGN_OR_RETURN(const auto servers, FetchAll("servers", config_.label_selector));
    TOCSIN_ASSIGN_OR_RETURN(const auto networks, FetchAll("networks", ""));
    std::map<int64_t, std::string> network_names;
    for (const JsonValue& network : networks) {
      network_names[IntegerOf(network.Find("id"))] = ScalarText(network.Find("name"));
    }
    for (const JsonValue& server : servers) targets.push_back(OfCloud(server, network_names));
    return {};
  }

  // Every page of a list of the cloud's API.
  Result<JsonValue::Array> FetchAll(const std::string& what, const std::string& selector) {
    JsonValue::Array all;
    for (int64_t page = 1; page != 0;) {
      TOCSIN_ASSIGN_OR_RETURN(
          const JsonValue answer,
          api_.GetJson(fmt::format(
              "https://api.hetzner.cloud/v1/{}?{}page={}&per_page=50", what,
              selector.empty() ? "" : "label_selector=" + http::QueryEscape(selector) + "&",
              page)));
      for (const JsonValue& item : Items(answer.Find(what))) all.push_back(item);
      const int64_t next = IntegerOf(FindPath(answer, {"meta", "pagination", "next_page"}));
      page = next > page ? next : 0;
    }
    return all;
  }

  Labels OfCloud(const JsonValue& server, const std::map<int64_t, std::string>& networks) const {
    const std::string public_ipv4 = ScalarText(FindPath(server, {"public_net", "ipv4", "ip"}));
    // Go prints an address that is not there.
    const std::string ipv4 = public_ipv4.empty() ? "<nil>" : public_ipv4;
    const std::string ipv6 = ScalarText(FindPath(server, {"public_net", "ipv6", "ip"}));
    // The location moved out of the data centre, which is going away.
    const JsonValue* datacenter = server.Find("datacenter");
    const JsonValue* location = server.Find("location");
    if (location == nullptr || location->is_null()) location = FindPath(datacenter, {"location"});
    const JsonValue* type = server.Find("server_type");

    TargetLabels labels("__meta_hetzner_");
    labels.SetAddress(JoinHostPort(ipv4, config_.port));
    labels.Set("role", "hcloud");
    labels.Set("server_id", server.Find("id"));
    labels.Set("server_name", server.Find("name"));
    labels.Set("datacenter", FindPath(datacenter, {"name"}));
    labels.Set("public_ipv4", ipv4);
    labels.Set("public_ipv6_network", ipv6.empty() ? "<nil>" : ipv6);
    labels.Set("server_status", server.Find("status"));
    labels.Set("hcloud_location", FindPath(location, {"name"}));
    labels.Set("hcloud_location_network_zone", FindPath(location, {"network_zone"}));
    labels.Set("hcloud_datacenter_location", FindPath(location, {"name"}));
    labels.Set("hcloud_datacenter_location_network_zone", FindPath(location, {"network_zone"}));
    labels.Set("hcloud_server_type", FindPath(type, {"name"}));
    labels.Set("hcloud_cpu_cores", WholeNumber(FindPath(type, {"cores"})));
    labels.Set("hcloud_cpu_type", FindPath(type, {"cpu_type"}));
    labels.Set("hcloud_memory_size_gb", WholeNumber(FindPath(type, {"memory"})));
    labels.Set("hcloud_disk_size_gb", WholeNumber(FindPath(type, {"disk"})));
    for (const std::string_view name : {"name", "description", "os_version", "os_flavor"}) {
      labels.Set(fmt::format("hcloud_image_{}", name), FindPath(server, {"image", name}));
    }
    for (const JsonValue& attachment : Items(server.Find("private_net"))) {
      const auto network = networks.find(IntegerOf(attachment.Find("network")));
      if (network == networks.end()) continue;
      labels.Set("hcloud_private_ipv4_" + SanitizeLabelName(network->second),
                 attachment.Find("ip"));
    }
    for (const auto& [key, value] : Members(server.Find("labels"))) {
      labels.Set("hcloud_labelpresent_" + SanitizeLabelName(key), "true");
    }
    labels.SetMembers("hcloud_label_", server.Find("labels"));
    return labels.Build();
  }

  const config::HetznerDiscoveryConfig config_;
};

}  // namespace

Result<ServerDiscovery> MakeHetznerDiscovery(const config::ServerDiscoveryConfig& config,
                                             const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::HetznerDiscoveryConfig, HetznerRefresher>("hetzner", config,
                                                                            environment);
}

}  // namespace tocsin::discovery
