#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_value.h"

// The objects of Kubernetes' API, so far as targets are made of them: what a cluster keeps changing
// beside that (heartbeats, managed fields) leaves them equal. Value types. Texts that are absent
// are empty: a label cannot tell the two apart.

namespace tocsin::discovery::kubernetes {

enum class Resource {
  kNodes,
  kPods,
  kServices,
  kEndpoints,
  kEndpointSlices,
  kIngresses,
  kNamespaces,
  kReplicaSets,
  kJobs,
};
inline constexpr int kResourceCount = 9;

using StringMap = std::vector<std::pair<std::string, std::string>>;

struct ObjectMeta {
  std::string namespace_name;  ///< Empty for what belongs to the cluster.
  std::string name;
  std::string uid;
  StringMap labels;
  StringMap annotations;
  std::string controller_kind;  ///< Of the owner that controls it.
  std::string controller_name;

  /// "namespace/name", or "name" without a namespace.
  std::string Key() const;
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

struct Node {
  ObjectMeta meta;
  std::string provider_id;
  StringMap addresses;  ///< Type and address.
  std::string kubelet_port;
  friend bool operator==(const Node&, const Node&) = default;
};

/// Numbers are kept as the text that labels want.
struct ContainerPort {
  std::string name;
  std::string number;
  std::string protocol;
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

struct Container {
  std::string name;
  std::string image;
  std::string id;
  bool is_init = false;
  std::vector<ContainerPort> ports;
  friend bool operator==(const Container&, const Container&) = default;
};

struct Pod {
  ObjectMeta meta;
  std::string ip;
  std::string host_ip;
  std::string node_name;
  std::string phase;
  std::string ready;                  ///< "true", "false" or "unknown".
  std::vector<Container> containers;  ///< Those for initialization last.
  friend bool operator==(const Pod&, const Pod&) = default;
};

struct Service {
  ObjectMeta meta;
  std::string type;
  std::string cluster_ip;
  std::string external_name;
  std::vector<ContainerPort> ports;
  friend bool operator==(const Service&, const Service&) = default;
};

/// What an address stands for.
struct ObjectReference {
  std::string kind;
  std::string namespace_name;
  std::string name;
  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};

struct EndpointAddress {
  std::string ip;
  std::string hostname;
  std::string node_name;
  ObjectReference target;
  friend bool operator==(const EndpointAddress&, const EndpointAddress&) = default;
};

struct EndpointSubset {
  std::vector<EndpointAddress> addresses;
  std::vector<EndpointAddress> not_ready_addresses;
  std::vector<ContainerPort> ports;
  friend bool operator==(const EndpointSubset&, const EndpointSubset&) = default;
};

struct Endpoints {
  ObjectMeta meta;
  std::vector<EndpointSubset> subsets;
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

struct SlicePort {
  std::string name;
  std::string number;
  std::string protocol;
  std::string app_protocol;
  friend bool operator==(const SlicePort&, const SlicePort&) = default;
};

struct SliceEndpoint {
  std::vector<std::string> addresses;
  std::string ready, serving, terminating;  ///< "true", "false" or empty.
  std::string hostname;
  std::string node_name;
  std::string zone;
  StringMap topology;
  ObjectReference target;
  friend bool operator==(const SliceEndpoint&, const SliceEndpoint&) = default;
};

struct EndpointSlice {
  ObjectMeta meta;
  std::string address_type;
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;
  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

struct IngressRule {
  std::string host;
  std::vector<std::string> paths;
  friend bool operator==(const IngressRule&, const IngressRule&) = default;
};

struct Ingress {
  ObjectMeta meta;
  std::string class_name;
  std::vector<std::string> tls_hosts;
  std::vector<IngressRule> rules;
  friend bool operator==(const Ingress&, const Ingress&) = default;
};

/// Namespaces, replica sets and jobs: only their metadata goes onto targets.
struct OtherObject {
  ObjectMeta meta;
  friend bool operator==(const OtherObject&, const OtherObject&) = default;
};

using Object = std::variant<OtherObject, Node, Pod, Service, Endpoints, EndpointSlice, Ingress>;

const ObjectMeta& MetaOf(const Object& object);

/// Reads one object as `kubectl get -o json` shows it. kInvalidArgument when it has no name;
/// members of an unexpected kind count as absent.
Result<Object> ParseObject(Resource resource, const JsonValue& json);

}  // namespace tocsin::discovery::kubernetes
