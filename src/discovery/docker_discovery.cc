#include "discovery/docker_discovery.h"

#include <algorithm>

#include "discovery/docker_client.h"

namespace tocsin::discovery {
namespace {

using Networks = std::vector<std::pair<std::string, const JsonValue*>>;

// Those that are not null, in order of their names.
Networks NetworksOf(const JsonValue& container) {
  Networks networks;
  for (const auto& [name, network] :
       Members(FindPath(container, {"NetworkSettings", "Networks"}))) {
    if (!network.is_null()) networks.emplace_back(name, &network);
  }
  std::sort(networks.begin(), networks.end());
  return networks;
}

std::string NetworkMode(const JsonValue& container) {
  return ScalarText(FindPath(container, {"HostConfig", "NetworkMode"}));
}

class DockerContainersRefresher final : public DockerRefresher {
 public:
  DockerContainersRefresher(const config::DockerDiscoveryConfig& config,
                            http::ClientOptions options, const DiscoveryEnvironment& environment)
      : DockerRefresher(environment, std::move(options), config.host, config.refresh_interval,
                        "__meta_docker_"),
        config_(config),
        filter_query_(DockerFilterQuery(config.filters)) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue containers, Ask("/containers/json", filter_query_,
                                                            "error while listing containers"));
    TOCSIN_ASSIGN_OR_RETURN(const auto network_labels,
                            FetchNetworks("error while computing network labels"));
    containers_by_id_.clear();
    for (const JsonValue& container : Items(&containers)) {
      containers_by_id_[std::string(container.FindString("Id"))] = &container;
    }
    std::vector<Labels> targets;
    for (const JsonValue& container : Items(&containers)) {
      if (Strings(container.Find("Names")).empty()) continue;
      for (const auto& [name, network] : ReachableNetworks(container)) {
        TargetLabels labels = CommonLabels(container);
        labels.Set("network_ip", network->Find("IPAddress"));
        MergeFound(labels, network_labels, network->Find("NetworkID"));
        AddPorts(container, *network, labels, targets);
      }
    }
    return OneGroup("Docker", std::move(targets));
  }

 private:
  TargetLabels CommonLabels(const JsonValue& container) const {
    TargetLabels labels(prefix_);
    labels.Set("container_id", container.Find("Id"));
    labels.Set("container_name", Strings(container.Find("Names")).at(0));
    labels.Set("container_network_mode", NetworkMode(container));
    labels.SetMembers("container_label_", container.Find("Labels"));
    return labels;
  }

  // A container in the network of another has that one's, which may again be another's.
  Networks ReachableNetworks(const JsonValue& container) const {
    static constexpr std::string_view kOfContainer = "container:";
    const JsonValue* owner = &container;
    Networks networks = NetworksOf(container);
    for (size_t hops = 0; networks.empty() && hops < containers_by_id_.size(); ++hops) {
      const std::string mode = NetworkMode(*owner);
      if (!mode.starts_with(kOfContainer)) break;
      const auto found = containers_by_id_.find(mode.substr(kOfContainer.size()));
      if (found == containers_by_id_.end()) break;
      owner = found->second;
      networks = NetworksOf(*owner);
    }
    if (config_.match_first_network && networks.size() > 1) networks.resize(1);
    return networks;
  }

  void AddPorts(const JsonValue& container, const JsonValue& network, const TargetLabels& common,
                std::vector<Labels>& targets) const {
    const std::string_view ip = network.FindString("IPAddress");
    bool has_port = false;
    for (const JsonValue& port : Items(container.Find("Ports"))) {
      if (port.FindString("Type") != "tcp") continue;
      const std::string private_port = std::to_string(IntegerOf(port.Find("PrivatePort")));
      TargetLabels labels = common;
      labels.Set("port_private", private_port);
      if (const int64_t public_port = IntegerOf(port.Find("PublicPort")); public_port > 0) {
        labels.Set("port_public", std::to_string(public_port));
        labels.Set("port_public_ip", port.Find("IP"));
      }
      labels.SetAddress(JoinHostPort(ip, private_port));
      targets.push_back(labels.Build());
      has_port = true;
    }
    if (has_port) return;
    TargetLabels labels = common;
    const bool is_host_network = NetworkMode(container) == "host";
    labels.SetAddress(is_host_network ? config_.host_networking_host
                                      : JoinHostPort(ip, config_.port));
    targets.push_back(labels.Build());
  }

  const config::DockerDiscoveryConfig config_;
  const std::string filter_query_;
  std::map<std::string, const JsonValue*> containers_by_id_;  // Of the refresh under way.
};

}  // namespace

Result<ServerDiscovery> MakeDockerDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::DockerDiscoveryConfig, DockerContainersRefresher>(
      "docker", config, environment);
}

}  // namespace tocsin::discovery
