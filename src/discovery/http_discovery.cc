#include "discovery/http_discovery.h"

#include "base/json_value.h"
#include "config/discovery_http.h"
#include "discovery/api_client.h"
#include "http/client_config.h"

namespace tocsin::discovery {
namespace {

Result<TargetGroup> ParseGroup(const JsonValue& json) {
  if (json.is_null()) return Error(ErrorCode::kInvalidArgument, "nil target group item found");
  if (json.AsObject() == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "a target group is no object");
  }
  TargetGroup group;
  if (const JsonValue* targets = json.Find("targets"); targets != nullptr && !targets->is_null()) {
    if (targets->AsArray() == nullptr) {
      return Error(ErrorCode::kInvalidArgument, "targets of a group are no list");
    }
    for (const JsonValue& target : *targets->AsArray()) {
      const std::string* address = target.AsString();
      if (address == nullptr) return Error(ErrorCode::kInvalidArgument, "a target is no string");
      group.targets.push_back(Labels{{"__address__", *address}});
    }
  }
  std::vector<std::pair<std::string, std::string>> labels;
  if (const JsonValue* map = json.Find("labels"); map != nullptr && !map->is_null()) {
    if (map->AsObject() == nullptr) {
      return Error(ErrorCode::kInvalidArgument, "labels of a group are no object");
    }
    for (const auto& [name, value] : *map->AsObject()) {
      if (value.AsString() == nullptr) {
        return Errorf(ErrorCode::kInvalidArgument, "label {} is no string", name);
      }
      labels.emplace_back(name, *value.AsString());
    }
  }
  group.labels = Labels::FromPairs(std::move(labels));
  return group;
}

class HttpRefresher final : public Refresher {
 public:
  HttpRefresher(const config::HttpDiscoveryConfig& config, http::ClientOptions options,
                const DiscoveryEnvironment& environment)
      : url_(config.url),
        interval_seconds_(static_cast<double>(config.refresh_interval.count()) / 1000),
        failures_(
            environment.registry.AddCounter("prometheus_sd_http_failures_total",
                                            "Number of HTTP service discovery refresh failures.")),
        api_(environment.client, std::make_shared<const http::ClientOptions>(std::move(options)),
             config.refresh_interval.count()) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    Result<std::vector<TargetGroup>> groups = Fetch();
    if (!groups) failures_.Increment();
    return groups;
  }
  void Stop() override { api_.Stop(); }

 private:
  Result<std::vector<TargetGroup>> Fetch() {
    http::ClientRequest request;
    request.url = url_;
    request.headers = {
        {"Accept", "application/json"},
        {"X-Prometheus-Refresh-Interval-Seconds", fmt::format("{}", interval_seconds_)}};
    TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, api_.Send(std::move(request)));
    if (response.status != 200) {
      return Errorf(ErrorCode::kUnavailable, "server returned HTTP status {}", response.status);
    }
    const std::string_view type = http::FindHeader(response.headers, "Content-Type");
    if (!IsJsonContentType(type)) {
      return Errorf(ErrorCode::kInvalidArgument, "unsupported content type \"{}\"", type);
    }
    return ParseHttpGroups(response.body, url_);
  }

  const std::string url_;
  const double interval_seconds_;
  telemetry::Counter& failures_;
  ApiClient api_;
};

}  // namespace

Result<std::vector<TargetGroup>> ParseHttpGroups(std::string_view body, const std::string& url) {
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(body));
  if (json.AsArray() == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "the answer is no list of target groups");
  }
  std::vector<TargetGroup> groups;
  for (const JsonValue& item : *json.AsArray()) {
    TOCSIN_ASSIGN_OR_RETURN(TargetGroup group, ParseGroup(item));
    LabelsBuilder labels(group.labels);
    labels.Set("__meta_url", url);
    group.labels = labels.Build();
    group.source = fmt::format("{}:{}", url, groups.size());
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<ServerDiscovery> MakeHttpDiscovery(const config::ServerDiscoveryConfig& config,
                                          const DiscoveryEnvironment& environment) {
  const auto& http_config = config.As<config::HttpDiscoveryConfig>();
  TOCSIN_ASSIGN_OR_RETURN(http::ClientOptions options,
                          http::MakeClientOptions(http_config.http_client));
  return ServerDiscovery{
      "http", http_config.refresh_interval.count(),
      std::make_unique<HttpRefresher>(http_config, std::move(options), environment)};
}

}  // namespace tocsin::discovery
