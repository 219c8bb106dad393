#include <arpa/inet.h>

#include "discovery/docker_client.h"
#include "discovery/docker_discovery.h"

namespace tocsin::discovery {
namespace {

using LabelsById = std::map<std::string, TargetLabels>;

// The address in "10.0.0.3/24".
Result<std::string> AddressOfNetwork(const std::string& text) {
  const std::string address = text.substr(0, text.find('/'));
  char parsed[sizeof(in6_addr)];
  const bool is_address = inet_pton(AF_INET, address.c_str(), parsed) == 1 ||
                          inet_pton(AF_INET6, address.c_str(), parsed) == 1;
  if (!is_address || address.size() == text.size()) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "error while parsing address {}: invalid CIDR address: {}", text, text);
  }
  return address;
}

std::string ServiceMode(const JsonValue& service) {
  const auto has = [&](std::string_view mode) {
    const JsonValue* found = FindPath(service, {"Spec", "Mode", mode});
    return found != nullptr && !found->is_null();
  };
  if (has("Global")) return "global";
  return has("Replicated") ? "replicated" : "";
}

bool IsTcp(const JsonValue& port) { return port.FindString("Protocol") == "tcp"; }

class DockerSwarmRefresher final : public DockerRefresher {
 public:
  DockerSwarmRefresher(const config::DockerSwarmDiscoveryConfig& config,
                       http::ClientOptions options, const DiscoveryEnvironment& environment)
      : DockerRefresher(environment, std::move(options), config.host, config.refresh_interval,
                        "__meta_dockerswarm_"),
        config_(config),
        filter_query_(DockerFilterQuery(config.filters)) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    std::vector<Labels> targets;
    if (config_.role == "services") TOCSIN_RETURN_IF_ERROR(AddServices(targets));
    if (config_.role == "tasks") TOCSIN_RETURN_IF_ERROR(AddTasks(targets));
    if (config_.role == "nodes") TOCSIN_RETURN_IF_ERROR(AddNodes(targets));
    return OneGroup("DockerSwarm", std::move(targets));
  }

 private:
  // What a task knows of its service, too.
  TargetLabels BasicServiceLabels(const JsonValue& service) const {
    TargetLabels labels(prefix_);
    labels.Set("service_id", service.Find("ID"));
    labels.Set("service_name", FindPath(service, {"Spec", "Name"}));
    labels.Set("service_mode", ServiceMode(service));
    labels.SetMembers("service_label_", FindPath(service, {"Spec", "Labels"}));
    return labels;
  }

  Status AddServices(std::vector<Labels>& targets) {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue services,
                            Ask("/services", filter_query_, "error while listing swarm services"));
    TOCSIN_ASSIGN_OR_RETURN(const LabelsById networks,
                            FetchNetworks("error while computing swarm network labels"));
    for (const JsonValue& service : Items(&services)) {
      TargetLabels labels = BasicServiceLabels(service);
      const JsonValue* container = FindPath(service, {"Spec", "TaskTemplate", "ContainerSpec"});
      labels.Set("service_task_container_hostname", FindPath(container, {"Hostname"}));
      labels.Set("service_task_container_image", FindPath(container, {"Image"}));
      labels.Set("service_updating_status", FindPath(service, {"UpdateStatus", "State"}));
      for (const JsonValue& virtual_ip : Items(FindPath(service, {"Endpoint", "VirtualIPs"}))) {
        TOCSIN_ASSIGN_OR_RETURN(const std::string ip,
                                AddressOfNetwork(ScalarText(virtual_ip.Find("Addr"))));
        TargetLabels in_network = labels;
        MergeFound(in_network, networks, virtual_ip.Find("NetworkID"));
        AddServicePorts(service, ip, in_network, targets);
      }
    }
    return {};
  }

  void AddServicePorts(const JsonValue& service, const std::string& ip, const TargetLabels& common,
                       std::vector<Labels>& targets) const {
    bool has_port = false;
    for (const JsonValue& port : Items(FindPath(service, {"Endpoint", "Ports"}))) {
      if (!IsTcp(port)) continue;
      TargetLabels labels = common;
      labels.Set("service_endpoint_port_name", port.Find("Name"));
      labels.Set("service_endpoint_port_publish_mode", port.Find("PublishMode"));
      labels.SetAddress(JoinHostPort(ip, std::to_string(IntegerOf(port.Find("PublishedPort")))));
      targets.push_back(labels.Build());
      has_port = true;
    }
    if (!has_port) AddAtFallbackPort(ip, common, targets);
  }

  void AddAtFallbackPort(const std::string& ip, TargetLabels labels,
                         std::vector<Labels>& targets) const {
    labels.SetAddress(JoinHostPort(ip, config_.port));
    targets.push_back(labels.Build());
  }

  TargetLabels NodeLabels(const JsonValue& node) const {
    TargetLabels labels(prefix_);
    labels.Set("node_id", node.Find("ID"));
    labels.Set("node_role", FindPath(node, {"Spec", "Role"}));
    labels.Set("node_address", FindPath(node, {"Status", "Addr"}));
    labels.Set("node_availability", FindPath(node, {"Spec", "Availability"}));
    labels.Set("node_hostname", FindPath(node, {"Description", "Hostname"}));
    labels.Set("node_platform_architecture",
               FindPath(node, {"Description", "Platform", "Architecture"}));
    labels.Set("node_platform_os", FindPath(node, {"Description", "Platform", "OS"}));
    labels.Set("node_status", FindPath(node, {"Status", "State"}));
    labels.SetMembers("node_label_", FindPath(node, {"Spec", "Labels"}));
    return labels;
  }

  Status AddNodes(std::vector<Labels>& targets) {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue nodes,
                            Ask("/nodes", filter_query_, "error while listing swarm nodes"));
    for (const JsonValue& node : Items(&nodes)) {
      TargetLabels labels = NodeLabels(node);
      labels.Set("node_engine_version", FindPath(node, {"Description", "Engine", "EngineVersion"}));
      if (const JsonValue* manager = node.Find("ManagerStatus");
          manager != nullptr && !manager->is_null()) {
        labels.Set("node_manager_leader", IsTrue(manager->Find("Leader")) ? "true" : "false");
        labels.Set("node_manager_reachability", manager->Find("Reachability"));
        labels.Set("node_manager_address", manager->Find("Addr"));
      }
      labels.SetAddress(JoinHostPort(labels.Get("node_address"), config_.port));
      targets.push_back(labels.Build());
    }
    return {};
  }

  Status AddTasks(std::vector<Labels>& targets) {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue tasks,
                            Ask("/tasks", filter_query_, "error while listing swarm services"));
    static constexpr std::string_view kServices = "error while computing services labels and ports";
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue services, Ask("/services", "", kServices));
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue nodes,
                            Ask("/nodes", "", "error while computing nodes labels and ports"));
    TOCSIN_ASSIGN_OR_RETURN(const LabelsById networks,
                            FetchNetworks("error while computing swarm network labels"));
    LabelsById service_labels;
    std::map<std::string, const JsonValue*> services_by_id;
    for (const JsonValue& service : Items(&services)) {
      const std::string id = ScalarText(service.Find("ID"));
      services_by_id[id] = &service;
      service_labels.insert_or_assign(id, BasicServiceLabels(service));
    }
    LabelsById node_labels;
    for (const JsonValue& node : Items(&nodes)) {
      node_labels.insert_or_assign(ScalarText(node.Find("ID")), NodeLabels(node));
    }
    for (const JsonValue& task : Items(&tasks)) {
      TargetLabels labels = TaskLabels(task);
      MergeFound(labels, service_labels, task.Find("ServiceID"));
      MergeFound(labels, node_labels, task.Find("NodeID"));
      AddPublishedPorts(task, labels, targets);
      const auto service = services_by_id.find(ScalarText(task.Find("ServiceID")));
      const JsonValue* ports = service == services_by_id.end()
                                   ? nullptr
                                   : FindPath(*service->second, {"Endpoint", "Ports"});
      TOCSIN_RETURN_IF_ERROR(AddAttachments(task, ports, labels, networks, targets));
    }
    return {};
  }

  TargetLabels TaskLabels(const JsonValue& task) {
    TargetLabels labels(prefix_);
    labels.Set("task_id", task.Find("ID"));
    labels.Set("task_desired_state", task.Find("DesiredState"));
    labels.Set("task_state", FindPath(task, {"Status", "State"}));
    labels.Set("task_slot", std::to_string(IntegerOf(task.Find("Slot"))));
    const std::string container =
        ScalarText(FindPath(task, {"Status", "ContainerStatus", "ContainerID"}));
    labels.Set("task_container_id", container);
    const JsonValue* spec = FindPath(task, {"Spec", "ContainerSpec"});
    if (spec == nullptr || spec->is_null()) return labels;
    AddContainerLabels(container, labels);
    labels.SetMembers("container_label_", spec->Find("Labels"));
    return labels;
  }

  // Containers on other nodes are not known here: no labels then, and no error.
  void AddContainerLabels(const std::string& container, TargetLabels& labels) {
    if (container.empty()) return;
    const auto inspected = Ask("/containers/" + container + "/json", "", "inspecting");
    if (inspected) {
      labels.SetMembers("container_label_", FindPath(*inspected, {"Config", "Labels"}));
    }
  }

  void AddPublishedPorts(const JsonValue& task, const TargetLabels& common,
                         std::vector<Labels>& targets) const {
    for (const JsonValue& port : Items(FindPath(task, {"Status", "PortStatus", "Ports"}))) {
      if (!IsTcp(port)) continue;
      TargetLabels labels = common;
      labels.Set("task_port_publish_mode", port.Find("PublishMode"));
      labels.SetAddress(JoinHostPort(labels.Get("node_address"),
                                     std::to_string(IntegerOf(port.Find("PublishedPort")))));
      targets.push_back(labels.Build());
    }
  }

  // A target for each address in each network and, at that, each port of the service.
  Status AddAttachments(const JsonValue& task, const JsonValue* service_ports,
                        const TargetLabels& common, const LabelsById& networks,
                        std::vector<Labels>& targets) const {
    for (const JsonValue& attachment : Items(task.Find("NetworksAttachments"))) {
      for (const std::string& address : Strings(attachment.Find("Addresses"))) {
        TOCSIN_ASSIGN_OR_RETURN(const std::string ip, AddressOfNetwork(address));
        TargetLabels in_network = common;
        MergeFound(in_network, networks, FindPath(attachment, {"Network", "ID"}));
        bool has_port = false;
        for (const JsonValue& port : Items(service_ports)) {
          if (!IsTcp(port)) continue;
          TargetLabels labels = in_network;
          labels.Set("task_port_publish_mode", port.Find("PublishMode"));
          labels.SetAddress(
              JoinHostPort(ip, std::to_string(IntegerOf(port.Find("PublishedPort")))));
          targets.push_back(labels.Build());
          has_port = true;
        }
        if (!has_port) AddAtFallbackPort(ip, in_network, targets);
      }
    }
    return {};
  }

  const config::DockerSwarmDiscoveryConfig config_;
  const std::string filter_query_;
};

}  // namespace

Result<ServerDiscovery> MakeDockerSwarmDiscovery(const config::ServerDiscoveryConfig& config,
                                                 const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::DockerSwarmDiscoveryConfig, DockerSwarmRefresher>(
      "dockerswarm", config, environment);
}

}  // namespace tocsin::discovery
