#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

constexpr uint64_t kMaxSecretBytes = 1 << 20;
constexpr int kPageSize = 50;

std::string JoinTags(const std::vector<std::string>& tags) {
  std::string joined;
  for (const std::string& tag : tags) joined += (joined.empty() ? "" : ",") + tag;
  return joined;
}

// "fr-par" of "fr-par-1".
std::string RegionOf(const std::string& zone) {
  const size_t last = zone.rfind('-');
  return last == zone.find('-') ? "" : zone.substr(0, last);
}

const JsonValue* FindById(const JsonValue::Array& list, const std::string& id) {
  for (const JsonValue& item : list) {
    if (!id.empty() && item.FindString("id") == id) return &item;
  }
  return nullptr;
}

class ScalewayRefresher final : public ApiRefresher {
 public:
  ScalewayRefresher(const config::ScalewayDiscoveryConfig& config, http::ClientOptions options,
                    const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        fs_(environment.fs) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    std::vector<Labels> targets;
    TOCSIN_RETURN_IF_ERROR(config_.role == "instance" ? AddInstances(targets)
                                                      : AddBareMetal(targets));
    return OneGroup("scaleway", std::move(targets));
  }

 private:
  Result<std::string> SecretKey() const {
    if (config_.secret_key_file.empty()) return config_.secret_key.reveal();
    auto key = fs_.ReadFile(config_.secret_key_file, kMaxSecretBytes);
    if (!key) {
      return key.error().WithContext("unable to read auth token file " + config_.secret_key_file);
    }
    while (!key->empty() && static_cast<unsigned char>(key->back()) <= ' ') key->pop_back();
    return key;
  }

  // Every page of `list`; `size_key` is what this API calls the size of a page.
  Result<JsonValue::Array> FetchAll(const std::string& path, std::string_view list,
                                    std::string_view size_key, http::Fields query) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string key, SecretKey());
    query.emplace_back(size_key, std::to_string(kPageSize));
    JsonValue::Array all;
    for (int page = 1;; ++page) {
      http::Fields of_page = query;
      of_page.emplace_back("page", std::to_string(page));
      TOCSIN_ASSIGN_OR_RETURN(
          const JsonValue answer,
          api_.GetJson(fmt::format("{}{}?{}", config_.api_url, path, http::EncodeForm(of_page)),
                       {{"X-Auth-Token", key}}));
      const JsonValue::Array& items = Items(answer.Find(list));
      all.insert(all.end(), items.begin(), items.end());
      if (items.size() < kPageSize) return all;
    }
  }

  Status AddInstances(std::vector<Labels>& targets) {
    http::Fields query;
    if (!config_.name_filter.empty()) query.emplace_back("name", config_.name_filter);
    if (!config_.tags_filter.empty()) query.emplace_back("tags", JoinTags(config_.tags_filter));
    TOCSIN_ASSIGN_OR_RETURN(
        const auto servers,
        FetchAll(fmt::format("/instance/v1/zones/{}/servers", http::PathEscape(config_.zone)),
                 "servers", "per_page", std::move(query)));
    for (const JsonValue& server : servers) AddInstance(server, targets);
    return {};
  }

  void AddInstance(const JsonValue& server, std::vector<Labels>& targets) const {
    static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
        {"boot_type", "boot_type"},
        {"hostname", "hostname"},
        {"id", "id"},
        {"name", "name"},
        {"organization_id", "organization"},
        {"project_id", "project"},
        {"status", "state"},
        {"type", "commercial_type"},
        {"zone", "zone"},
    };
    TargetLabels labels("__meta_scaleway_instance_");
    for (const auto& [label, key] : kTexts) labels.Set(label, server.Find(key));
    labels.Set("image_arch", FindPath(server, {"image", "arch"}));
    labels.Set("image_id", FindPath(server, {"image", "id"}));
    labels.Set("image_name", FindPath(server, {"image", "name"}));
    labels.Set("location_cluster_id", FindPath(server, {"location", "cluster_id"}));
    labels.Set("location_hypervisor_id", FindPath(server, {"location", "hypervisor_id"}));
    labels.Set("location_node_id", FindPath(server, {"location", "node_id"}));
    labels.Set("security_group_id", FindPath(server, {"security_group", "id"}));
    labels.Set("security_group_name", FindPath(server, {"security_group", "name"}));
    labels.Set("region", RegionOf(ScalarText(server.Find("zone"))));
    labels.Set("tags", JoinSurrounded(Strings(server.Find("tags")), ","));
    const std::string address = SetAddresses(server, labels);
    if (address.empty()) return;
    labels.SetAddress(JoinHostPort(address, config_.port));
    targets.push_back(labels.Build());
  }

  // Returns the address to scrape: the private one, else the public ones, IPv4 before IPv6.
  static std::string SetAddresses(const JsonValue& server, TargetLabels& labels) {
    std::vector<std::string> ipv4, ipv6;
    for (const JsonValue& ip : Items(server.Find("public_ips"))) {
      const std::string_view family = ip.FindString("family");
      if (family == "inet") ipv4.emplace_back(ip.FindString("address"));
      if (family == "inet6") ipv6.emplace_back(ip.FindString("address"));
    }
    labels.Set("public_ipv4_addresses", JoinSurrounded(ipv4, ","));
    labels.Set("public_ipv6_addresses", JoinSurrounded(ipv6, ","));
    labels.Set("public_ipv6", FindPath(server, {"ipv6", "address"}));
    labels.Set("public_ipv4", FindPath(server, {"public_ip", "address"}));
    labels.Set("private_ipv4", server.Find("private_ip"));
    for (const std::string_view name : {"private_ipv4", "public_ipv4", "public_ipv6"}) {
      if (const std::string_view address = labels.Get(name); !address.empty()) {
        return std::string(address);
      }
    }
    if (!ipv4.empty()) return ipv4[0];
    return ipv6.empty() ? "" : ipv6[0];
  }

  Status AddBareMetal(std::vector<Labels>& targets) {
    const std::string base = fmt::format("/baremetal/v1/zones/{}", http::PathEscape(config_.zone));
    http::Fields query = {{"project_id", config_.project_id}};
    if (!config_.name_filter.empty()) query.emplace_back("name", config_.name_filter);
    for (const std::string& tag : config_.tags_filter) query.emplace_back("tags", tag);
    TOCSIN_ASSIGN_OR_RETURN(const auto servers,
                            FetchAll(base + "/servers", "servers", "page_size", std::move(query)));
    TOCSIN_ASSIGN_OR_RETURN(const auto offers,
                            FetchAll(base + "/offers", "offers", "page_size", {}));
    TOCSIN_ASSIGN_OR_RETURN(const auto systems, FetchAll(base + "/os", "os", "page_size", {}));
    for (const JsonValue& server : servers) {
      TargetLabels labels("__meta_scaleway_baremetal_");
      for (const std::string_view name : {"id", "name", "zone", "status"}) {
        labels.Set(name, server.Find(name));
      }
      const JsonValue* offer = FindById(offers, ScalarText(server.Find("offer_id")));
      labels.Set("type", FindPath(offer, {"name"}));
      const JsonValue* system =
          FindById(systems, ScalarText(FindPath(server, {"install", "os_id"})));
      labels.Set("os_name", FindPath(system, {"name"}));
      labels.Set("os_version", FindPath(system, {"version"}));
      labels.Set("tags", JoinSurrounded(Strings(server.Find("tags")), ","));
      for (const JsonValue& ip : Items(server.Find("ips"))) {
        labels.Set("ip_version", ip.Find("version"));
        labels.Set("ip_is_public", "true");
        labels.SetAddress(JoinHostPort(ip.FindString("address"), config_.port));
        targets.push_back(labels.Build());
      }
    }
    return {};
  }

  const config::ScalewayDiscoveryConfig config_;
  Fs& fs_;
};

}  // namespace

Result<ServerDiscovery> MakeScalewayDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::ScalewayDiscoveryConfig, ScalewayRefresher>("scaleway", config,
                                                                              environment);
}

}  // namespace tocsin::discovery
