#include <map>

#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"
#include "discovery/xml_rpc.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

constexpr int64_t kTokenSeconds = 600;

std::string ApiUrl(const std::string& server) {
  auto url = http::ParseUrl(server);
  if (!url) return server;
  while (url->raw_path.ends_with('/')) url->raw_path.pop_back();
  url->raw_path += "/rpc/api";
  return url->ToString();
}

std::string GroupNames(const JsonValue* groups, std::string_view separator) {
  std::string names;
  for (const JsonValue& group : Items(groups)) {
    if (!names.empty()) names += separator;
    names += group.FindString("name");
  }
  return names;
}

class UyuniRefresher final : public ApiRefresher {
 public:
  UyuniRefresher(const config::UyuniDiscoveryConfig& config, http::ClientOptions options,
                 const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        clock_(environment.clock),
        url_(ApiUrl(config.server)) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    if (clock_.NowMs() >= token_renewal_ms_) TOCSIN_RETURN_IF_ERROR(LogIn());
    auto targets = FetchTargets();
    if (!targets) {
      token_renewal_ms_ = 0;  // The token may be what is wrong.
      return targets.error();
    }
    return OneGroup(url_, std::move(*targets));
  }

 private:
  Status LogIn() {
    const auto token =
        Call("auth.login", {JsonValue(config_.username), JsonValue(config_.password.reveal()),
                            JsonValue(kTokenSeconds)});
    if (!token) return token.error().WithContext("unable to login to Uyuni API");
    token_ = ScalarText(&*token);
    token_renewal_ms_ = clock_.NowMs() + kTokenSeconds * 1000 / 2;
    return {};
  }

  Result<JsonValue> Call(std::string_view method, const JsonValue::Array& parameters) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "text/xml"}};
    request.body = MakeXmlRpcCall(method, parameters);
    TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, api_.Send(std::move(request)));
    if (response.status / 100 != 2) {
      return Errorf(ErrorCode::kUnavailable, "request error: bad status code - {}",
                    response.status);
    }
    return ParseXmlRpcResponse(response.body);
  }

  // Calls a method about systems, with the token before `argument`.
  Result<JsonValue> Ask(std::string_view method, JsonValue argument, std::string_view purpose) {
    auto answer = Call(method, {JsonValue(token_), std::move(argument)});
    if (!answer) return answer.error().WithContext(purpose);
    return answer;
  }

  Result<std::vector<Labels>> FetchTargets() {
    TOCSIN_ASSIGN_OR_RETURN(
        const JsonValue systems,
        Ask("system.listSystemGroupsForSystemsWithEntitlement", JsonValue(config_.entitlement),
            "unable to get the managed system groups information of monitored clients"));
    JsonValue::Array ids;
    std::map<int64_t, const JsonValue*> groups;
    for (const JsonValue& system : Items(&systems)) {
      const int64_t id = IntegerOf(system.Find("id"));
      ids.push_back(JsonValue(id));
      groups[id] = system.Find("system_groups");
    }
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue endpoints,
                            Ask("system.monitoring.listEndpoints", JsonValue(ids),
                                "unable to get endpoints information"));
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue networks,
                            Ask("system.getNetworkForSystems", JsonValue(ids),
                                "unable to get the systems network information"));
    std::map<int64_t, const JsonValue*> network_by_system;
    for (const JsonValue& network : Items(&networks)) {
      network_by_system[IntegerOf(network.Find("system_id"))] = &network;
    }
    std::vector<Labels> targets;
    for (const JsonValue& endpoint : Items(&endpoints)) {
      const int64_t id = IntegerOf(endpoint.Find("system_id"));
      targets.push_back(MakeTarget(endpoint, groups[id], network_by_system[id]));
    }
    return targets;
  }

  // `groups` and `network` may be null: nothing is known about the system.
  Labels MakeTarget(const JsonValue& endpoint, const JsonValue* groups,
                    const JsonValue* network) const {
    const std::string host = ScalarText(FindPath(network, {"hostname"}));
    TargetLabels labels("__meta_uyuni_");
    labels.SetAddress(fmt::format("{}:{}", host, IntegerOf(endpoint.Find("port"))));
    labels.Set("minion_hostname", host);
    labels.Set("primary_fqdn", FindPath(network, {"primary_fqdn"}));
    labels.Set("system_id", endpoint.Find("system_id"));
    labels.Set("groups", GroupNames(groups, config_.separator));
    labels.Set("endpoint_name", endpoint.Find("endpoint_name"));
    labels.Set("exporter", endpoint.Find("exporter_name"));
    labels.Set("proxy_module", endpoint.Find("module"));
    labels.Set("metrics_path", endpoint.Find("path"));
    labels.Set("scheme", IsTrue(endpoint.Find("tls_enabled")) ? "https" : "http");
    return labels.Build();
  }

  const config::UyuniDiscoveryConfig config_;
  const Clock& clock_;
  const std::string url_;
  std::string token_;
  int64_t token_renewal_ms_ = 0;
};

}  // namespace

Result<ServerDiscovery> MakeUyuniDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::UyuniDiscoveryConfig, UyuniRefresher>("uyuni", config,
                                                                        environment);
}

}  // namespace tocsin::discovery
