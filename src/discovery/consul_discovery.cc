#include "discovery/consul_discovery.h"

#include <algorithm>
#include <map>

#include "config/discovery_consul.h"
#include "discovery/api_refresher.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

// Where the API is: "host:port", "https://host:port" or "unix:///path".
struct Endpoint {
  std::string base_url;
  std::string unix_socket;
};

Endpoint EndpointOf(const config::ConsulDiscoveryConfig& config) {
  std::string scheme = config.scheme.empty() ? "http" : config.scheme;
  std::string address = config.server;
  if (const size_t colon = address.find("://"); colon != std::string::npos) {
    scheme = address.substr(0, colon);
    address.erase(0, colon + 3);
  }
  if (scheme == "unix") return {"http://localhost" + config.path_prefix, address};
  return {scheme + "://" + address + config.path_prefix, ""};
}

// Consul's own rule for a service instance: the worst of its checks, maintenance above all.
std::string AggregatedStatus(const JsonValue* checks) {
  bool is_in_maintenance = false;
  bool is_critical = false;
  bool has_warning = false;
  for (const JsonValue& check : Items(checks)) {
    const std::string_view id = check.FindString("CheckID");
    const std::string_view status = check.FindString("Status");
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) {
      is_in_maintenance = true;
    } else if (status == "critical") {
      is_critical = true;
    } else if (status == "warning") {
      has_warning = true;
    } else if (status != "passing") {
      return "";
    }
  }
  if (is_in_maintenance) return "maintenance";
  if (is_critical) return "critical";
  return has_warning ? "warning" : "passing";
}

class ConsulRefresher final : public ApiRefresher {
 public:
  ConsulRefresher(const config::ConsulDiscoveryConfig& config, http::ClientOptions options,
                  const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        endpoint_(EndpointOf(config)),
        datacenter_(config.datacenter),
        logger_(environment.logger),
        failures_(environment.registry.AddCounter("prometheus_sd_consul_rpc_failures_total",
                                                  "The number of Consul RPC call failures.")) {
    api_.UseUnixSocket(endpoint_.unix_socket);
  }

  Result<std::vector<TargetGroup>> Refresh() override {
    if (datacenter_.empty()) {
      TOCSIN_ASSIGN_OR_RETURN(datacenter_, Counted(FetchDatacenter()));
    }
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string> names, Counted(FetchServiceNames()));
    std::erase_if(groups_, [&](const auto& group) {
      return std::find(names.begin(), names.end(), group.first) == names.end();
    });
    for (const std::string& name : names) RefreshService(name);
    if (api_.is_stopped()) return Error(ErrorCode::kCanceled, "context canceled");
    std::vector<TargetGroup> groups;
    for (const auto& [name, group] : groups_) groups.push_back(group);
    return groups;
  }

 private:
  template <typename T>
  Result<T> Counted(Result<T> result) {
    if (!result) failures_.Increment();
    return result;
  }

  // A service that cannot be had keeps the targets it had.
  void RefreshService(const std::string& name) {
    auto group = Counted(FetchService(name));
    if (group) {
      groups_[name] = std::move(*group);
    } else if (!api_.is_stopped()) {
      logger_.Error("Error refreshing service",
                    {{"service", name}, {"err", group.error().message()}});
    }
  }

  http::Fields CommonQuery() const {
    http::Fields query;
    if (!config_.datacenter.empty()) query.emplace_back("dc", config_.datacenter);
    if (!config_.namespace_name.empty()) query.emplace_back("ns", config_.namespace_name);
    if (!config_.partition.empty()) query.emplace_back("partition", config_.partition);
    return query;
  }

  http::Fields CatalogQuery(const std::string& filter) const {
    http::Fields query = CommonQuery();
    if (config_.allow_stale) query.emplace_back("stale", "");
    for (const auto& [key, value] : config_.node_meta) {
      query.emplace_back("node-meta", fmt::format("{}:{}", key, value));
    }
    if (!filter.empty()) query.emplace_back("filter", filter);
    return query;
  }

  Result<JsonValue> Ask(const std::string& path, const http::Fields& query) {
    http::Fields headers;
    if (!config_.token.empty()) headers.emplace_back("X-Consul-Token", config_.token.reveal());
    return api_.GetJson(fmt::format("{}{}{}{}", endpoint_.base_url, path, query.empty() ? "" : "?",
                                    http::EncodeForm(query)),
                        std::move(headers));
  }

  Result<std::string> FetchDatacenter() {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue agent, Ask("/v1/agent/self", CommonQuery()));
    const JsonValue* datacenter = FindPath(agent, {"Config", "Datacenter"});
    if (datacenter == nullptr || datacenter->AsString() == nullptr) {
      return Errorf(ErrorCode::kInvalidArgument, "invalid value '{}' for Config.Datacenter",
                    ScalarText(datacenter));
    }
    return *datacenter->AsString();
  }

  // Without conditions on services those that are listed need not be looked up.
  Result<std::vector<std::string>> FetchServiceNames() {
    if (!config_.services.empty() && config_.tags.empty() && config_.filter.empty()) {
      return config_.services;
    }
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue catalog,
                            Ask("/v1/catalog/services", CatalogQuery(config_.filter)));
    std::vector<std::string> names;
    for (const auto& [name, tags] : Members(&catalog)) {
      if (IsWanted(name, Strings(&tags))) names.push_back(name);
    }
    return names;
  }

  bool IsWanted(const std::string& name, const std::vector<std::string>& tags) const {
    const auto contains = [](const std::vector<std::string>& list, const std::string& item) {
      return std::find(list.begin(), list.end(), item) != list.end();
    };
    return (config_.services.empty() || contains(config_.services, name)) &&
           std::all_of(config_.tags.begin(), config_.tags.end(),
                       [&](const std::string& tag) { return contains(tags, tag); });
  }

  Result<TargetGroup> FetchService(const std::string& name) {
    http::Fields query = CatalogQuery(config_.health_filter);
    for (const std::string& tag : config_.tags) query.emplace_back("tag", tag);
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue instances,
                            Ask("/v1/health/service/" + http::PathEscape(name), query));
    TargetGroup group;
    group.source = name;
    group.labels = Labels{{"__meta_consul_service", name}, {"__meta_consul_dc", datacenter_}};
    for (const JsonValue& instance : Items(&instances)) {
      group.targets.push_back(MakeTarget(instance));
    }
    return group;
  }

  Labels MakeTarget(const JsonValue& instance) const {
    const JsonValue* node = instance.Find("Node");
    const JsonValue* service = instance.Find("Service");
    const std::string node_address = ScalarText(FindPath(node, {"Address"}));
    const std::string address = ScalarText(FindPath(service, {"Address"}));
    const std::string port = std::to_string(IntegerOf(FindPath(service, {"Port"})));
    const std::vector<std::string> tags = Strings(FindPath(service, {"Tags"}));

    TargetLabels labels("__meta_consul_");
    // A service may run elsewhere than on the node that knows of it.
    labels.SetAddress(JoinHostPort(address.empty() ? node_address : address, port));
    labels.Set("address", node_address);
    labels.Set("node", FindPath(node, {"Node"}));
    labels.Set("namespace", FindPath(service, {"Namespace"}));
    labels.Set("partition", FindPath(service, {"Partition"}));
    labels.Set("tags", tags.empty() ? config_.tag_separator + config_.tag_separator
                                    : JoinSurrounded(tags, config_.tag_separator));
    labels.Set("service_address", address);
    labels.Set("service_port", port);
    labels.Set("service_id", FindPath(service, {"ID"}));
    labels.Set("health", AggregatedStatus(instance.Find("Checks")));
    labels.SetMembers("metadata_", FindPath(node, {"Meta"}));
    labels.SetMembers("service_metadata_", FindPath(service, {"Meta"}));
    for (const auto& [key, tagged] : Members(FindPath(service, {"TaggedAddresses"}))) {
      labels.Set(
          "tagged_address_" + SanitizeLabelName(key),
          fmt::format("{}:{}", tagged.FindString("Address"), IntegerOf(tagged.Find("Port"))));
    }
    return labels.Build();
  }

  const config::ConsulDiscoveryConfig config_;
  const Endpoint endpoint_;
  std::string datacenter_;
  Logger& logger_;
  telemetry::Counter& failures_;
  std::map<std::string, TargetGroup> groups_;  // By service, the last that could be had.
};

}  // namespace

Result<ServerDiscovery> MakeConsulDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::ConsulDiscoveryConfig, ConsulRefresher>("consul", config,
                                                                          environment);
}

}  // namespace tocsin::discovery
