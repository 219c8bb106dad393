#include "base/json_writer.h"
#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"
#include "http/url.h"
#include "model/number_text.h"

namespace tocsin::discovery {
namespace {

// Go reads every number as a float64 and prints that.
std::string ParameterText(const JsonValue& value) {
  return value.is_number() ? FormatFloatGeneral(value.number()) : ScalarText(&value);
}

// Parameters may hold objects, whose members become labels of their own: a_b.
void SetParameters(const std::string& prefix, const JsonValue& parameters, TargetLabels& labels) {
  for (const auto& [name, value] : Members(&parameters)) {
    const std::string label = prefix + SanitizeLabelName(name);
    if (value.AsObject() != nullptr) {
      SetParameters(label + "_", value, labels);
      continue;
    }
    std::string text;
    if (value.AsArray() != nullptr) {
      for (const JsonValue& item : *value.AsArray()) {
        if (&item != value.AsArray()->data()) text += ',';
        text += ParameterText(item);
      }
    } else {
      text = ParameterText(value);
    }
    if (!text.empty()) labels.Set(label, text);
  }
}

std::string QueryUrl(const std::string& server) {
  auto url = http::ParseUrl(server);
  if (!url) return server;
  while (url->raw_path.ends_with('/')) url->raw_path.pop_back();
  url->raw_path += "/pdb/query/v4";
  return url->ToString();
}

class PuppetDbRefresher final : public ApiRefresher {
 public:
  PuppetDbRefresher(const config::PuppetDbDiscoveryConfig& config, http::ClientOptions options,
                    const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        url_(QueryUrl(config.url)) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    http::ClientRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
    JsonWriter writer(request.body);
    writer.BeginObject();
    writer.KeyString("query", config_.query);
    writer.EndObject();
    TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, api_.Send(std::move(request)));
    if (response.status != 200) {
      return Errorf(ErrorCode::kUnavailable, "server returned HTTP status {}", response.status);
    }
    const std::string_view type = http::FindHeader(response.headers, "Content-Type");
    if (!IsJsonContentType(type)) {
      return Errorf(ErrorCode::kInvalidArgument, "unsupported content type {}", type);
    }
    TOCSIN_ASSIGN_OR_RETURN(const JsonValue resources, ParseJson(response.body));
    std::vector<Labels> targets;
    for (const JsonValue& resource : Items(&resources)) targets.push_back(MakeTarget(resource));
    return OneGroup(url_ + "?query=" + config_.query, std::move(targets));
  }

 private:
  Labels MakeTarget(const JsonValue& resource) const {
    TargetLabels labels("__meta_puppetdb_");
    labels.SetAddress(JoinHostPort(resource.FindString("certname"), config_.port));
    labels.Set("query", config_.query);
    for (const std::string_view name :
         {"certname", "resource", "type", "title", "file", "environment"}) {
      labels.Set(name, resource.Find(name));
    }
    labels.Set("exported", IsTrue(resource.Find("exported")) ? "true" : "false");
    labels.Set("tags", JoinSurrounded(Strings(resource.Find("tags")), ","));
    const JsonValue* parameters = resource.Find("parameters");
    if (config_.include_parameters && parameters != nullptr) {
      SetParameters("parameter_", *parameters, labels);
    }
    return labels.Build();
  }

  const config::PuppetDbDiscoveryConfig config_;
  const std::string url_;
};

}  // namespace

Result<ServerDiscovery> MakePuppetDbDiscovery(const config::ServerDiscoveryConfig& config,
                                              const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::PuppetDbDiscoveryConfig, PuppetDbRefresher>("puppetdb", config,
                                                                              environment);
}

}  // namespace tocsin::discovery
