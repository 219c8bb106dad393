#include "discovery/docker_client.h"

#include "base/json_writer.h"
#include "http/url.h"

namespace tocsin::discovery {
namespace {

constexpr std::string_view kUnixScheme = "unix://";
constexpr std::string_view kTcpScheme = "tcp://";

std::string BaseUrl(std::string_view host) {
  if (host.starts_with(kUnixScheme)) return "http://docker";
  if (host.starts_with(kTcpScheme)) {
    host.remove_prefix(kTcpScheme.size());
    return fmt::format("http://{}", host);
  }
  while (host.ends_with('/')) host.remove_suffix(1);
  return std::string(host);
}

}  // namespace

DockerRefresher::DockerRefresher(const DiscoveryEnvironment& environment,
                                 http::ClientOptions options, const std::string& host,
                                 std::chrono::milliseconds timeout, std::string prefix)
    : ApiRefresher(environment, DockerOptions(host, std::move(options)), timeout),
      prefix_(std::move(prefix)),
      base_url_(BaseUrl(host)) {
  if (host.starts_with(kUnixScheme)) api_.UseUnixSocket(host.substr(kUnixScheme.size()));
}

Result<JsonValue> DockerRefresher::Ask(const std::string& path, const std::string& query,
                                       std::string_view purpose) {
  auto answer = api_.GetJson(base_url_ + path + query);
  if (!answer) return answer.error().WithContext(std::string(purpose));
  return answer;
}

Result<std::map<std::string, TargetLabels>> DockerRefresher::FetchNetworks(
    std::string_view purpose) {
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue networks, Ask("/networks", "", purpose));
  std::map<std::string, TargetLabels> labels_by_id;
  for (const JsonValue& network : Items(&networks)) {
    TargetLabels labels(prefix_);
    labels.Set("network_id", network.Find("Id"));
    labels.Set("network_name", network.Find("Name"));
    labels.Set("network_scope", network.Find("Scope"));
    labels.Set("network_internal", IsTrue(network.Find("Internal")) ? "true" : "false");
    labels.Set("network_ingress", IsTrue(network.Find("Ingress")) ? "true" : "false");
    labels.SetMembers("network_label_", network.Find("Labels"));
    labels_by_id.insert_or_assign(ScalarText(network.Find("Id")), std::move(labels));
  }
  return labels_by_id;
}

void DockerRefresher::MergeFound(TargetLabels& labels,
                                 const std::map<std::string, TargetLabels>& found,
                                 const JsonValue* id) {
  if (const auto at = found.find(ScalarText(id)); at != found.end()) labels.Merge(at->second);
}

std::string DockerFilterQuery(const std::vector<config::DockerFilter>& filters) {
  std::map<std::string, std::map<std::string, bool>> values_by_name;
  for (const config::DockerFilter& filter : filters) {
    for (const std::string& value : filter.values) values_by_name[filter.name][value] = true;
  }
  if (values_by_name.empty()) return {};
  std::string json;
  JsonWriter writer(json);
  writer.BeginObject();
  for (const auto& [name, values] : values_by_name) {
    writer.Key(name);
    writer.BeginObject();
    for (const auto& [value, is_wanted] : values) {
      writer.Key(value);
      writer.Bool(is_wanted);
    }
    writer.EndObject();
  }
  writer.EndObject();
  return "?filters=" + http::QueryEscape(json);
}

http::ClientOptions DockerOptions(const std::string& host, http::ClientOptions options) {
  if (host.starts_with("http://") || host.starts_with("https://")) return options;
  return {};
}

}  // namespace tocsin::discovery
