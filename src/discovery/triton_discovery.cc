#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

std::string ListUrl(const config::TritonDiscoveryConfig& config) {
  std::string url = fmt::format("https://{}:{}/v{}/{}discover", config.endpoint, config.port,
                                config.version, config.role == "cn" ? "gz/" : "");
  std::string groups;
  for (const std::string& group : config.groups) groups += (groups.empty() ? "" : ",") + group;
  return groups.empty() ? url : url + "?groups=" + http::QueryEscape(groups);
}

class TritonRefresher final : public ApiRefresher {
 public:
  TritonRefresher(const config::TritonDiscoveryConfig& config, http::ClientOptions options,
                  const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        url_(ListUrl(config)) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    const auto answer = api_.GetJson(url_);
    if (!answer) {
      return answer.error().WithContext(
          "an error occurred when requesting targets from the discovery endpoint");
    }
    std::vector<Labels> targets;
    for (const JsonValue& container : Items(answer->Find("containers"))) {
      if (config_.role == "container") targets.push_back(Container(container));
    }
    for (const JsonValue& node : Items(answer->Find("cns"))) {
      if (config_.role == "cn") targets.push_back(ComputeNode(node));
    }
    return OneGroup(url_, std::move(targets));
  }

 private:
  TargetLabels Machine(const JsonValue* id) const {
    TargetLabels labels("__meta_triton_");
    labels.SetAddress(fmt::format("{}.{}:{}", ScalarText(id), config_.dns_suffix, config_.port));
    labels.Set("machine_id", id);
    return labels;
  }

  Labels Container(const JsonValue& container) const {
    TargetLabels labels = Machine(container.Find("vm_uuid"));
    labels.Set("machine_alias", container.Find("vm_alias"));
    labels.Set("machine_brand", container.Find("vm_brand"));
    labels.Set("machine_image", container.Find("vm_image_uuid"));
    labels.Set("server_id", container.Find("server_uuid"));
    labels.Set("groups", JoinSurrounded(Strings(container.Find("groups")), ","));
    return labels.Build();
  }

  Labels ComputeNode(const JsonValue& node) const {
    TargetLabels labels = Machine(node.Find("server_uuid"));
    labels.Set("machine_alias", node.Find("server_hostname"));
    return labels.Build();
  }

  const config::TritonDiscoveryConfig config_;
  const std::string url_;
};

}  // namespace

Result<ServerDiscovery> MakeTritonDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::TritonDiscoveryConfig, TritonRefresher>("triton", config,
                                                                          environment);
}

}  // namespace tocsin::discovery
