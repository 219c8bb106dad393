#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

class NomadRefresher final : public ApiRefresher {
 public:
  NomadRefresher(const config::NomadDiscoveryConfig& config, http::ClientOptions options,
                 const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        failures_(environment.registry.AddCounter(
            "prometheus_sd_nomad_failures_total",
            "Number of nomad service discovery refresh failures.")) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    auto groups = Fetch();
    if (!groups) failures_.Increment();
    return groups;
  }

 private:
  Result<std::vector<TargetGroup>> Fetch() {
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue list, Ask("/v1/services"));
    std::vector<Labels> targets;
    for (const JsonValue& of_namespace : Items(&list)) {
      for (const JsonValue& service : Items(of_namespace.Find("Services"))) {
        const std::string name = ScalarText(service.Find("ServiceName"));
        const auto instances = Ask("/v1/service/" + http::PathEscape(name));
        if (!instances) return instances.error().WithContext("failed to fetch services");
        for (const JsonValue& instance : Items(&*instances)) {
          targets.push_back(MakeTarget(instance));
        }
      }
    }
    return OneGroup("Nomad", std::move(targets));
  }

  Result<JsonValue> Ask(const std::string& path) {
    http::Fields query;
    if (!config_.namespace_name.empty()) query.emplace_back("namespace", config_.namespace_name);
    if (!config_.region.empty()) query.emplace_back("region", config_.region);
    if (config_.allow_stale) query.emplace_back("stale", "");
    return api_.GetJson(fmt::format("{}{}?{}", config_.server, path, http::EncodeForm(query)));
  }

  Labels MakeTarget(const JsonValue& instance) const {
    const std::string_view address = instance.FindString("Address");
    const std::string port = std::to_string(IntegerOf(instance.Find("Port")));
    TargetLabels labels("__meta_nomad_");
    labels.SetAddress(JoinHostPort(address, port));
    labels.Set("address", address);
    labels.Set("dc", instance.Find("Datacenter"));
    labels.Set("node_id", instance.Find("NodeID"));
    labels.Set("namespace", instance.Find("Namespace"));
    labels.Set("service_address", address);
    labels.Set("service_id", instance.Find("ID"));
    labels.Set("service_port", port);
    labels.Set("service", instance.Find("ServiceName"));
    labels.Set("tags", JoinSurrounded(Strings(instance.Find("Tags")), config_.tag_separator));
    return labels.Build();
  }

  const config::NomadDiscoveryConfig config_;
  telemetry::Counter& failures_;
};

}  // namespace

Result<ServerDiscovery> MakeNomadDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::NomadDiscoveryConfig, NomadRefresher>("nomad", config,
                                                                        environment);
}

}  // namespace tocsin::discovery
