#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

class VultrRefresher final : public ApiRefresher {
 public:
  VultrRefresher(const config::VultrDiscoveryConfig& config, http::ClientOptions options,
                 const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        port_(config.port) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    std::vector<Labels> targets;
    std::string cursor;
    do {
      TOCSIN_ASSIGN_OR_RETURN(
          const JsonValue answer,
          api_.GetJson(
              fmt::format("https://api.vultr.com/v2/instances?{}per_page=100",
                          cursor.empty() ? "" : "cursor=" + http::QueryEscape(cursor) + "&")));
      for (const JsonValue& instance : Items(answer.Find("instances"))) {
        targets.push_back(MakeTarget(instance));
      }
      const std::string next = ScalarText(FindPath(answer, {"meta", "links", "next"}));
      cursor = next == cursor ? "" : next;
    } while (!cursor.empty());
    return OneGroup("Vultr", std::move(targets));
  }

 private:
  Labels MakeTarget(const JsonValue& instance) const {
    static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
        {"id", "id"},
        {"label", "label"},
        {"os", "os"},
        {"region", "region"},
        {"plan", "plan"},
        {"main_ip", "main_ip"},
        {"main_ipv6", "v6_main_ip"},
        {"internal_ip", "internal_ip"},
        {"hostname", "hostname"},
        {"server_status", "server_status"},
    };
    static constexpr std::pair<std::string_view, std::string_view> kNumbers[] = {
        {"os_id", "os_id"},  {"vcpu_count", "vcpu_count"},
        {"ram_mb", "ram"},   {"allowed_bandwidth_gb", "allowed_bandwidth"},
        {"disk_gb", "disk"},
    };
    TargetLabels labels("__meta_vultr_instance_");
    labels.SetAddress(JoinHostPort(instance.FindString("main_ip"), port_));
    for (const auto& [label, key] : kTexts) labels.Set(label, instance.Find(key));
    for (const auto& [label, key] : kNumbers) {
      labels.Set(label, std::to_string(IntegerOf(instance.Find(key))));
    }
    labels.Set("features", JoinSurrounded(Strings(instance.Find("features")), ","));
    labels.Set("tags", JoinSurrounded(Strings(instance.Find("tags")), ","));
    return labels.Build();
  }

  const uint64_t port_;
};

}  // namespace

Result<ServerDiscovery> MakeVultrDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::VultrDiscoveryConfig, VultrRefresher>("vultr", config,
                                                                        environment);
}

}  // namespace tocsin::discovery
