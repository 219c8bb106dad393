#include "discovery/kubernetes_objects.h"

#include <algorithm>

namespace tocsin::discovery::kubernetes {
namespace {

const JsonValue& Member(const JsonValue& json, std::string_view key) {
  static const JsonValue kNothing;
  const JsonValue* member = json.Find(key);
  return member == nullptr ? kNothing : *member;
}

std::string Text(const JsonValue& json, std::string_view key) {
  return std::string(json.FindString(key));
}

std::string NumberText(const JsonValue& json, std::string_view key) {
  const int64_t* number = Member(json, key).AsInt();
  return number == nullptr ? "" : std::to_string(*number);
}

std::string BoolText(const JsonValue& json, std::string_view key) {
  const bool* value = Member(json, key).AsBool();
  if (value == nullptr) return "";
  return *value ? "true" : "false";
}

const JsonValue::Array& List(const JsonValue& json, std::string_view key) {
  static const JsonValue::Array kEmpty;
  const JsonValue::Array* list = Member(json, key).AsArray();
  return list == nullptr ? kEmpty : *list;
}

std::vector<std::string> Texts(const JsonValue& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const JsonValue& item : List(json, key)) {
    if (item.AsString() != nullptr) texts.push_back(*item.AsString());
  }
  return texts;
}

StringMap Map(const JsonValue& json, std::string_view key) {
  StringMap map;
  if (const JsonValue::Object* members = Member(json, key).AsObject()) {
    for (const auto& [name, value] : *members) {
      if (value.AsString() != nullptr) map.emplace_back(name, *value.AsString());
    }
  }
  return map;
}

template <typename T>
std::vector<T> Each(const JsonValue& json, std::string_view key, T (*parse)(const JsonValue&)) {
  std::vector<T> all;
  for (const JsonValue& item : List(json, key)) all.push_back(parse(item));
  return all;
}

ObjectMeta ParseMeta(const JsonValue& json) {
  const JsonValue& from = Member(json, "metadata");
  ObjectMeta meta;
  meta.namespace_name = Text(from, "namespace");
  meta.name = Text(from, "name");
  meta.uid = Text(from, "uid");
  meta.labels = Map(from, "labels");
  meta.annotations = Map(from, "annotations");
  for (const JsonValue& owner : List(from, "ownerReferences")) {
    if (BoolText(owner, "controller") != "true") continue;
    meta.controller_kind = Text(owner, "kind");
    meta.controller_name = Text(owner, "name");
    break;
  }
  return meta;
}

Node ParseNode(const JsonValue& json) {
  const JsonValue& status = Member(json, "status");
  Node node{ParseMeta(json), Text(Member(json, "spec"), "providerID"), {}, {}};
  for (const JsonValue& address : List(status, "addresses")) {
    node.addresses.emplace_back(Text(address, "type"), Text(address, "address"));
  }
  const JsonValue& kubelet = Member(Member(status, "daemonEndpoints"), "kubeletEndpoint");
  node.kubelet_port = NumberText(kubelet, "Port");
  if (node.kubelet_port.empty()) node.kubelet_port = "0";
  return node;
}

ContainerPort ParseContainerPort(const JsonValue& json) {
  return {Text(json, "name"), NumberText(json, "containerPort"), Text(json, "protocol")};
}

ContainerPort ParsePort(const JsonValue& json) {
  return {Text(json, "name"), NumberText(json, "port"), Text(json, "protocol")};
}

void AddContainers(const JsonValue& spec, std::string_view key, const JsonValue& status,
                   std::string_view status_key, Pod& pod) {
  for (const JsonValue& json : List(spec, key)) {
    Container& container = pod.containers.emplace_back();
    container.name = Text(json, "name");
    container.image = Text(json, "image");
    container.is_init = key == "initContainers";
    container.ports = Each(json, "ports", &ParseContainerPort);
    for (const JsonValue& of : List(status, status_key)) {
      if (of.FindString("name") == container.name) container.id = Text(of, "containerID");
    }
  }
}

std::string ReadyText(const JsonValue& status) {
  for (const JsonValue& condition : List(status, "conditions")) {
    if (condition.FindString("type") != "Ready") continue;
    std::string text = Text(condition, "status");
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    return text;
  }
  return "unknown";
}

Pod ParsePod(const JsonValue& json) {
  const JsonValue& spec = Member(json, "spec");
  const JsonValue& status = Member(json, "status");
  Pod pod;
  pod.meta = ParseMeta(json);
  pod.ip = Text(status, "podIP");
  pod.host_ip = Text(status, "hostIP");
  pod.node_name = Text(spec, "nodeName");
  pod.phase = Text(status, "phase");
  pod.ready = ReadyText(status);
  AddContainers(spec, "containers", status, "containerStatuses", pod);
  AddContainers(spec, "initContainers", status, "initContainerStatuses", pod);
  return pod;
}

Service ParseService(const JsonValue& json) {
  const JsonValue& spec = Member(json, "spec");
  return {ParseMeta(json), Text(spec, "type"), Text(spec, "clusterIP"), Text(spec, "externalName"),
          Each(spec, "ports", &ParsePort)};
}

ObjectReference ParseReference(const JsonValue& json) {
  return {Text(json, "kind"), Text(json, "namespace"), Text(json, "name")};
}

EndpointAddress ParseAddress(const JsonValue& json) {
  return {Text(json, "ip"), Text(json, "hostname"), Text(json, "nodeName"),
          ParseReference(Member(json, "targetRef"))};
}

EndpointSubset ParseSubset(const JsonValue& json) {
  return {Each(json, "addresses", &ParseAddress), Each(json, "notReadyAddresses", &ParseAddress),
          Each(json, "ports", &ParsePort)};
}

SlicePort ParseSlicePort(const JsonValue& json) {
  return {Text(json, "name"), NumberText(json, "port"), Text(json, "protocol"),
          Text(json, "appProtocol")};
}

SliceEndpoint ParseSliceEndpoint(const JsonValue& json) {
  const JsonValue& conditions = Member(json, "conditions");
  SliceEndpoint endpoint;
  endpoint.addresses = Texts(json, "addresses");
  endpoint.ready = BoolText(conditions, "ready");
  endpoint.serving = BoolText(conditions, "serving");
  endpoint.terminating = BoolText(conditions, "terminating");
  endpoint.hostname = Text(json, "hostname");
  endpoint.node_name = Text(json, "nodeName");
  endpoint.zone = Text(json, "zone");
  endpoint.topology = Map(json, "deprecatedTopology");
  endpoint.target = ParseReference(Member(json, "targetRef"));
  return endpoint;
}

IngressRule ParseRule(const JsonValue& json) {
  IngressRule rule{Text(json, "host"), {}};
  for (const JsonValue& path : List(Member(json, "http"), "paths")) {
    std::string text = Text(path, "path");
    rule.paths.push_back(text.empty() ? "/" : std::move(text));
  }
  // A rule without `http` stands for everything below its host.
  if (Member(json, "http").is_null()) rule.paths.push_back("/");
  return rule;
}

Ingress ParseIngress(const JsonValue& json) {
  const JsonValue& spec = Member(json, "spec");
  Ingress ingress{
      ParseMeta(json), Text(spec, "ingressClassName"), {}, Each(spec, "rules", &ParseRule)};
  for (const JsonValue& tls : List(spec, "tls")) {
    for (std::string& host : Texts(tls, "hosts")) ingress.tls_hosts.push_back(std::move(host));
  }
  return ingress;
}

Object ParseKind(Resource resource, const JsonValue& json) {
  switch (resource) {
    case Resource::kNodes:
      return ParseNode(json);
    case Resource::kPods:
      return ParsePod(json);
    case Resource::kServices:
      return ParseService(json);
    case Resource::kEndpoints:
      return Endpoints{ParseMeta(json), Each(json, "subsets", &ParseSubset)};
    case Resource::kEndpointSlices:
      return EndpointSlice{ParseMeta(json), Text(json, "addressType"),
                           Each(json, "endpoints", &ParseSliceEndpoint),
                           Each(json, "ports", &ParseSlicePort)};
    case Resource::kIngresses:
      return ParseIngress(json);
    case Resource::kNamespaces:
    case Resource::kReplicaSets:
    case Resource::kJobs:
      break;
  }
  return OtherObject{ParseMeta(json)};
}

}  // namespace

std::string ObjectMeta::Key() const {
  return namespace_name.empty() ? name : namespace_name + "/" + name;
}

const ObjectMeta& MetaOf(const Object& object) {
  return std::visit([](const auto& of) -> const ObjectMeta& { return of.meta; }, object);
}

Result<Object> ParseObject(Resource resource, const JsonValue& json) {
  Object object = ParseKind(resource, json);
  if (MetaOf(object).name.empty()) {
    return Error(ErrorCode::kInvalidArgument, "an object has no name");
  }
  return object;
}

}  // namespace tocsin::discovery::kubernetes
