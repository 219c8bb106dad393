#include <map>

#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"

namespace tocsin::discovery {
namespace {

constexpr uint64_t kMaxTokenBytes = 1 << 20;

// The ports of an application, and the labels of each.
struct Ports {
  std::vector<int64_t> numbers;  // 0: the task knows it.
  std::vector<const JsonValue*> labels;
  std::string_view label_prefix;
};

bool IsInContainerNetwork(const JsonValue& application) {
  const JsonValue::Array& networks = Items(application.Find("networks"));
  return !networks.empty() && networks[0].FindString("mode") == "container";
}

Ports MappedPorts(const JsonValue::Array& mappings, bool is_container_network) {
  Ports ports;
  ports.label_prefix = "port_mapping_label_";
  for (const JsonValue& mapping : mappings) {
    ports.numbers.push_back(
        IntegerOf(mapping.Find(is_container_network ? "containerPort" : "hostPort")));
    ports.labels.push_back(mapping.Find("labels"));
  }
  return ports;
}

// Marathon 1.5 moved the mappings out of `docker`; applications without any define ports.
Ports PortsOf(const JsonValue& application) {
  const bool is_container_network = IsInContainerNetwork(application);
  const JsonValue* container = application.Find("container");
  const auto& mappings = Items(FindPath(container, {"portMappings"}));
  if (!mappings.empty()) return MappedPorts(mappings, is_container_network);
  const auto& old_mappings = Items(FindPath(container, {"docker", "portMappings"}));
  if (!old_mappings.empty()) return MappedPorts(old_mappings, is_container_network);
  Ports ports;
  ports.label_prefix = "port_definition_label_";
  const bool is_required = IsTrue(application.Find("requirePorts"));
  for (const JsonValue& definition : Items(application.Find("portDefinitions"))) {
    ports.numbers.push_back(is_required ? IntegerOf(definition.Find("port")) : 0);
    ports.labels.push_back(definition.Find("labels"));
  }
  return ports;
}

std::vector<int64_t> TaskPorts(const JsonValue& task) {
  std::vector<int64_t> ports;
  for (const JsonValue& port : Items(task.Find("ports"))) ports.push_back(IntegerOf(&port));
  return ports;
}

std::string HostOf(const JsonValue& task, bool is_container_network) {
  const JsonValue::Array& addresses = Items(task.Find("ipAddresses"));
  if (is_container_network && !addresses.empty()) return ScalarText(addresses[0].Find("ipAddress"));
  return ScalarText(task.Find("host"));
}

std::vector<Labels> TargetsOf(const JsonValue& application) {
  std::vector<Labels> targets;
  const bool is_container_network = IsInContainerNetwork(application);
  Ports ports = PortsOf(application);
  for (const JsonValue& task : Items(application.Find("tasks"))) {
    const std::vector<int64_t> task_ports = TaskPorts(task);
    if (ports.numbers.empty()) ports.numbers = task_ports;
    for (size_t i = 0; i < ports.numbers.size(); ++i) {
      int64_t port = ports.numbers[i];
      if (port == 0 && task_ports.size() == ports.numbers.size()) port = task_ports[i];
      TargetLabels labels("__meta_marathon_");
      labels.SetAddress(JoinHostPort(HostOf(task, is_container_network), std::to_string(port)));
      labels.Set("task", task.Find("id"));
      labels.Set("port_index", std::to_string(i));
      if (!ports.labels.empty()) labels.SetMembers(ports.label_prefix, ports.labels[i]);
      targets.push_back(labels.Build());
    }
  }
  return targets;
}

class MarathonRefresher final : public ApiRefresher {
 public:
  MarathonRefresher(const config::MarathonDiscoveryConfig& config, http::ClientOptions options,
                    const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        fs_(environment.fs) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    TOCSIN_ASSIGN_OR_RETURN(http::Fields headers, MakeHeaders());
    // Upstream draws a server at random; taking turns spreads the same and can be foreseen.
    const std::string& server = config_.servers[turn_++ % config_.servers.size()];
    TOCSIN_ASSIGN_OR_RETURN(
        const JsonValue answer,
        api_.GetJson(server + "/v2/apps/?embed=apps.tasks", std::move(headers)));
    std::vector<TargetGroup> groups;
    for (const JsonValue& application : Items(answer.Find("apps"))) {
      TargetGroup& group = groups.emplace_back();
      group.source = ScalarText(application.Find("id"));
      group.targets = TargetsOf(application);
      TargetLabels labels("__meta_marathon_");
      labels.Set("app", group.source);
      labels.Set("image", FindPath(application, {"container", "docker", "image"}));
      labels.SetMembers("app_label_", application.Find("labels"));
      group.labels = labels.Build();
    }
    return groups;
  }

 private:
  Result<http::Fields> MakeHeaders() const {
    std::string token = config_.auth_token.reveal();
    if (!config_.auth_token_file.empty()) {
      auto text = fs_.ReadFile(config_.auth_token_file, kMaxTokenBytes);
      if (!text) {
        return text.error().WithContext("unable to read auth token file " +
                                        config_.auth_token_file);
      }
      token = *text;
      while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.pop_back();
    }
    if (token.empty()) return http::Fields();
    return http::Fields{{"Authorization", "token=" + token}};
  }

  const config::MarathonDiscoveryConfig config_;
  Fs& fs_;
  size_t turn_ = 0;
};

}  // namespace

Result<ServerDiscovery> MakeMarathonDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::MarathonDiscoveryConfig, MarathonRefresher>("marathon", config,
                                                                              environment);
}

}  // namespace tocsin::discovery
