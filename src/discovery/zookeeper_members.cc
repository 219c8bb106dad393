// What serverset (Twitter) and nerve (Airbnb) members look like.
#include <strings.h>

#include "base/json_value.h"
#include "discovery/kubernetes_labels.h"
#include "discovery/zookeeper_discovery.h"

namespace tocsin::discovery {
namespace {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// Go's JSON takes names in any case; null and what is missing leave the zero value.
const JsonValue& Member(const JsonValue& json, std::string_view key) {
  static const JsonValue kNothing;
  const JsonValue* found = &kNothing;
  if (const JsonValue::Object* members = json.AsObject()) {
    for (const auto& [name, value] : *members) {
      if (strcasecmp(name.c_str(), std::string(key).c_str()) == 0) found = &value;
    }
  }
  return *found;
}

Error WrongKind(std::string_view key) {
  return Errorf(ErrorCode::kInvalidArgument, "{} is of the wrong kind", key);
}

Result<std::string> Text(const JsonValue& json, std::string_view key) {
  const JsonValue& member = Member(json, key);
  if (member.is_null()) return std::string();
  if (member.AsString() == nullptr) return WrongKind(key);
  return *member.AsString();
}

Result<std::string> Number(const JsonValue& json, std::string_view key) {
  const JsonValue& member = Member(json, key);
  if (member.is_null()) return std::string("0");
  if (member.AsInt() == nullptr) return WrongKind(key);
  return std::to_string(*member.AsInt());
}

std::string HostPort(const std::string& host, const std::string& port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<JsonValue> ParseObject(std::string_view data) {
  TOCSIN_ASSIGN_OR_RETURN(JsonValue json, ParseJson(data));
  if (json.AsObject() == nullptr) return WrongKind("a member");
  return json;
}

Status AddServersetEndpoint(const JsonValue& json, const std::string& suffix, LabelPairs& labels) {
  if (!json.is_null() && json.AsObject() == nullptr) return WrongKind("an endpoint");
  TOCSIN_ASSIGN_OR_RETURN(std::string host, Text(json, "host"));
  TOCSIN_ASSIGN_OR_RETURN(std::string port, Number(json, "port"));
  if (suffix.empty()) labels.emplace_back("__address__", HostPort(host, port));
  labels.emplace_back("__meta_serverset_endpoint_host" + suffix, std::move(host));
  labels.emplace_back("__meta_serverset_endpoint_port" + suffix, std::move(port));
  return {};
}

}  // namespace

Result<Labels> ParseServersetMember(std::string_view data, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue json, ParseObject(data));
  LabelPairs labels = {{"__meta_serverset_path", path}};
  TOCSIN_RETURN_IF_ERROR(AddServersetEndpoint(Member(json, "serviceEndpoint"), "", labels));
  const JsonValue& more = Member(json, "additionalEndpoints");
  if (!more.is_null() && more.AsObject() == nullptr) return WrongKind("additionalEndpoints");
  if (more.AsObject() != nullptr) {
    for (const auto& [name, endpoint] : *more.AsObject()) {
      TOCSIN_RETURN_IF_ERROR(
          AddServersetEndpoint(endpoint, "_" + kubernetes::SanitizeLabelName(name), labels));
    }
  }
  TOCSIN_ASSIGN_OR_RETURN(std::string status, Text(json, "status"));
  TOCSIN_ASSIGN_OR_RETURN(std::string shard, Number(json, "shard"));
  labels.emplace_back("__meta_serverset_status", std::move(status));
  labels.emplace_back("__meta_serverset_shard", std::move(shard));
  return Labels::FromPairs(std::move(labels));
}

Result<Labels> ParseNerveMember(std::string_view data, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue json, ParseObject(data));
  TOCSIN_ASSIGN_OR_RETURN(const std::string host, Text(json, "host"));
  TOCSIN_ASSIGN_OR_RETURN(const std::string port, Number(json, "port"));
  TOCSIN_ASSIGN_OR_RETURN(const std::string name, Text(json, "name"));
  return Labels{{"__address__", HostPort(host, port)},
                {"__meta_nerve_path", path},
                {"__meta_nerve_endpoint_host", host},
                {"__meta_nerve_endpoint_port", port},
                {"__meta_nerve_endpoint_name", name}};
}

}  // namespace tocsin::discovery
