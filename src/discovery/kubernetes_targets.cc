#include "discovery/kubernetes_targets.h"

#include <algorithm>
#include <set>

#include "discovery/kubernetes_labels.h"

namespace tocsin::discovery::kubernetes {
namespace {

using config::KubernetesMetadata;
using config::TargetGroup;

std::string HostPort(const std::string& host, const std::string& port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

const Pod* FindPod(const ObjectReference& target, const ObjectStore& store) {
  if (target.kind != "Pod") return nullptr;
  return store.Find<Pod>(Resource::kPods, target.namespace_name + "/" + target.name);
}

/// Makes the group of one object. Lives for one call.
class GroupMaker {
 public:
  GroupMaker(const ObjectStore& store, const KubernetesMetadata& attach)
      : store_(store), attach_(attach) {}

  TargetGroup operator()(const Node& node);
  TargetGroup operator()(const Pod& pod);
  TargetGroup operator()(const Service& service);
  TargetGroup operator()(const Endpoints& endpoints);
  TargetGroup operator()(const EndpointSlice& slice);
  TargetGroup operator()(const Ingress& ingress);
  TargetGroup operator()(const OtherObject&) { return {}; }

 private:
  void Start(std::string_view kind, const ObjectMeta& meta);
  void AddService(const std::string& key);
  void AddNamespace(const std::string& name);
  void AddNode(const std::string& name, LabelList& labels) const;
  void AddPodOwners(const Pod& pod);
  void AddPodTarget(const Pod& pod, const std::string& port, std::string_view protocol,
                    LabelList target);
  void AddOtherPorts(const std::string& address_type);
  TargetGroup Finish();

  const ObjectStore& store_;
  const KubernetesMetadata& attach_;
  TargetGroup group_;
  LabelList labels_;
  /// Pods behind endpoints, and the ports of theirs that are targets already.
  std::map<const Pod*, std::set<std::string>> seen_ports_;
  std::vector<const Pod*> seen_pods_;  ///< In order of appearance.
};

void GroupMaker::Start(std::string_view kind, const ObjectMeta& meta) {
  group_.source = fmt::format("{}/{}", kind, meta.Key());
  labels_.Set("namespace", meta.namespace_name);
}

TargetGroup GroupMaker::Finish() {
  group_.labels = labels_.Build();
  return std::move(group_);
}

void GroupMaker::AddService(const std::string& key) {
  const Service* service = store_.Find<Service>(Resource::kServices, key);
  if (service == nullptr) return;
  labels_.SetObject("service", service->meta);
  labels_.Set("namespace", service->meta.namespace_name);
}

void GroupMaker::AddNamespace(const std::string& name) {
  if (!attach_.namespace_) return;
  const auto* found = store_.Find<OtherObject>(Resource::kNamespaces, name);
  if (found != nullptr) labels_.SetAnnotationsAndLabels("namespace", found->meta);
}

void GroupMaker::AddNode(const std::string& name, LabelList& labels) const {
  if (!attach_.node || name.empty()) return;
  const Node* node = store_.Find<Node>(Resource::kNodes, name);
  if (node != nullptr) labels.SetObject("node", node->meta);
}

// A deployment controls pods through a replica set, a cron job through a job.
void GroupMaker::AddPodOwners(const Pod& pod) {
  const ObjectMeta& meta = pod.meta;
  const auto owner = [&](Resource resource, std::string_view kind) -> std::string {
    const auto* found =
        store_.Find<OtherObject>(resource, meta.namespace_name + "/" + meta.controller_name);
    return found != nullptr && found->meta.controller_kind == kind ? found->meta.controller_name
                                                                   : "";
  };
  if (attach_.deployment && meta.controller_kind == "ReplicaSet") {
    labels_.Set("pod_deployment_name", owner(Resource::kReplicaSets, "Deployment"));
  }
  if (meta.controller_kind != "Job") return;
  if (attach_.job) labels_.Set("pod_job_name", meta.controller_name);
  if (attach_.cron_job) labels_.Set("pod_cronjob_name", owner(Resource::kJobs, "CronJob"));
}

// The priority of upstream, which is that of the API server itself.
const std::string* NodeAddress(const Node& node) {
  for (const char* type :
       {"InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"}) {
    for (const auto& [of, address] : node.addresses) {
      if (of == type) return &address;
    }
  }
  return nullptr;
}

TargetGroup GroupMaker::operator()(const Node& node) {
  Start("node", node.meta);
  labels_.SetObject("node", node.meta);
  labels_.Set("node_provider_id", node.provider_id);
  const std::string* address = NodeAddress(node);
  if (address == nullptr) return Finish();
  LabelList target;
  target.SetPlain("__address__", HostPort(*address, node.kubelet_port));
  target.SetPlain("instance", node.meta.name);
  std::set<std::string> seen;
  for (const auto& [type, value] : node.addresses) {
    if (seen.insert(type).second) target.Set("node_address_" + SanitizeLabelName(type), value);
  }
  group_.targets.push_back(target.Build());
  return Finish();
}

TargetGroup GroupMaker::operator()(const Pod& pod) {
  Start("pod", pod.meta);
  // It has none while it starts and after it was evicted.
  if (pod.ip.empty()) return TargetGroup{{}, {}, group_.source};
  labels_.SetPod(pod);
  AddNode(pod.node_name, labels_);
  AddNamespace(pod.meta.namespace_name);
  AddPodOwners(pod);
  for (const Container& container : pod.containers) {
    LabelList target;
    target.SetContainer(container);
    target.Set("pod_container_id", container.id);
    if (container.ports.empty()) {
      target.SetPlain("__address__", pod.ip);
      group_.targets.push_back(target.Build());
    }
    for (const ContainerPort& port : container.ports) {
      LabelList with_port = target;
      with_port.SetPlain("__address__", HostPort(pod.ip, port.number));
      with_port.SetContainerPort(port, port.protocol);
      group_.targets.push_back(with_port.Build());
    }
  }
  return Finish();
}

TargetGroup GroupMaker::operator()(const Service& service) {
  Start("svc", service.meta);
  labels_.SetObject("service", service.meta);
  AddNamespace(service.meta.namespace_name);
  for (const ContainerPort& port : service.ports) {
    LabelList target;
    target.SetPlain("__address__", HostPort(fmt::format("{}.{}.svc", service.meta.name,
                                                        service.meta.namespace_name),
                                            port.number));
    target.Set("service_port_name", port.name);
    target.Set("service_port_number", port.number);
    target.Set("service_port_protocol", port.protocol);
    target.Set("service_type", service.type);
    if (service.type == "ExternalName") {
      target.Set("service_external_name", service.external_name);
    } else {
      target.Set("service_cluster_ip", service.cluster_ip);
    }
    group_.targets.push_back(target.Build());
  }
  return Finish();
}

// The target of an address behind which there is a pod: with the pod's labels, and the container's
// that listens on the port.
void GroupMaker::AddPodTarget(const Pod& pod, const std::string& port, std::string_view protocol,
                              LabelList target) {
  if (seen_ports_.find(&pod) == seen_ports_.end()) seen_pods_.push_back(&pod);
  seen_ports_[&pod].insert(port);
  target.SetPod(pod);
  for (const Container& container : pod.containers) {
    for (const ContainerPort& of : container.ports) {
      if (port.empty() || of.number != port) continue;
      target.SetContainer(container);
      target.SetContainerPort(of, protocol.empty() ? of.protocol : protocol);
      break;
    }
  }
  group_.targets.push_back(target.Build());
}

// Ports of the pods seen that no endpoint covers. A service with two families has a slice of each:
// the ports go with the one of the pod's own address.
void GroupMaker::AddOtherPorts(const std::string& address_type) {
  for (const Pod* pod : seen_pods_) {
    const bool is_ipv6 = pod->ip.find(':') != std::string::npos;
    const bool is_other_family =
        address_type == (is_ipv6 ? std::string_view("IPv4") : std::string_view("IPv6"));
    if (pod->ip.empty() || is_other_family) continue;
    for (const Container& container : pod->containers) {
      for (const ContainerPort& port : container.ports) {
        if (seen_ports_[pod].count(port.number) != 0) continue;
        LabelList target;
        target.SetPlain("__address__", HostPort(pod->ip, port.number));
        target.SetContainer(container);
        target.SetContainerPort(port, port.protocol);
        target.SetPod(*pod);
        group_.targets.push_back(target.Build());
      }
    }
  }
}

TargetGroup GroupMaker::operator()(const Endpoints& endpoints) {
  Start("endpoints", endpoints.meta);
  AddService(endpoints.meta.Key());
  labels_.SetObject("endpoints", endpoints.meta);
  AddNamespace(endpoints.meta.namespace_name);
  const auto add = [&](const EndpointAddress& address, const ContainerPort& port,
                       std::string_view ready) {
    LabelList target;
    target.SetPlain("__address__", HostPort(address.ip, port.number));
    target.Set("endpoint_port_name", port.name);
    target.Set("endpoint_port_protocol", port.protocol);
    target.Set("endpoint_ready", ready);
    target.Set("endpoint_address_target_kind", address.target.kind);
    target.Set("endpoint_address_target_name", address.target.name);
    target.Set("endpoint_node_name", address.node_name);
    target.Set("endpoint_hostname", address.hostname);
    AddNode(address.node_name, target);
    const Pod* pod = FindPod(address.target, store_);
    if (pod == nullptr) return group_.targets.push_back(target.Build());
    AddPodTarget(*pod, port.number, port.protocol, std::move(target));
  };
  for (const EndpointSubset& subset : endpoints.subsets) {
    for (const ContainerPort& port : subset.ports) {
      for (const EndpointAddress& address : subset.addresses) add(address, port, "true");
      for (const EndpointAddress& address : subset.not_ready_addresses) add(address, port, "false");
    }
  }
  AddOtherPorts("");
  return Finish();
}

LabelList SliceTarget(const std::string& address, const SliceEndpoint& endpoint,
                      const SlicePort& port) {
  LabelList target;
  target.SetPlain("__address__", port.number.empty() ? address : HostPort(address, port.number));
  target.Set("endpointslice_port_name", port.name);
  target.Set("endpointslice_port_protocol", port.protocol);
  target.Set("endpointslice_port", port.number);
  target.Set("endpointslice_port_app_protocol", port.app_protocol);
  target.Set("endpointslice_endpoint_conditions_ready", endpoint.ready);
  target.Set("endpointslice_endpoint_conditions_serving", endpoint.serving);
  target.Set("endpointslice_endpoint_conditions_terminating", endpoint.terminating);
  target.Set("endpointslice_endpoint_hostname", endpoint.hostname);
  target.Set("endpointslice_address_target_kind", endpoint.target.kind);
  target.Set("endpointslice_address_target_name", endpoint.target.name);
  target.Set("endpointslice_endpoint_node_name", endpoint.node_name);
  target.Set("endpointslice_endpoint_zone", endpoint.zone);
  for (const auto& [key, value] : endpoint.topology) {
    const std::string name = SanitizeLabelName(key);
    target.Set("endpointslice_endpoint_topology_" + name, value);
    target.Set("endpointslice_endpoint_topology_present_" + name, "true");
  }
  return target;
}

TargetGroup GroupMaker::operator()(const EndpointSlice& slice) {
  Start("endpointslice", slice.meta);
  labels_.Set("endpointslice_address_type", slice.address_type);
  labels_.SetObject("endpointslice", slice.meta);
  for (const auto& [key, name] : slice.meta.labels) {
    if (key == "kubernetes.io/service-name") AddService(slice.meta.namespace_name + "/" + name);
  }
  AddNamespace(slice.meta.namespace_name);
  for (const SliceEndpoint& endpoint : slice.endpoints) {
    const bool is_node = endpoint.target.kind == "Node";
    const Pod* pod = FindPod(endpoint.target, store_);
    for (const SlicePort& port : slice.ports) {
      for (const std::string& address : endpoint.addresses) {
        LabelList target = SliceTarget(address, endpoint, port);
        AddNode(is_node ? endpoint.target.name : endpoint.node_name, target);
        if (pod == nullptr) {
          group_.targets.push_back(target.Build());
        } else {
          AddPodTarget(*pod, port.number, "", std::move(target));
        }
      }
    }
  }
  AddOtherPorts(slice.address_type);
  return Finish();
}

// Whether a name of a certificate, perhaps *.domain, covers `host`.
bool Covers(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  const size_t dot = host.find('.');
  if (pattern == "*") return dot == std::string_view::npos;
  return pattern.starts_with("*.") && dot != std::string_view::npos &&
         pattern.substr(1) == host.substr(dot);
}

TargetGroup GroupMaker::operator()(const Ingress& ingress) {
  Start("ingress", ingress.meta);
  labels_.SetObject("ingress", ingress.meta);
  labels_.Set("ingress_class_name", ingress.class_name);
  AddNamespace(ingress.meta.namespace_name);
  for (const IngressRule& rule : ingress.rules) {
    const bool is_tls =
        std::any_of(ingress.tls_hosts.begin(), ingress.tls_hosts.end(),
                    [&](const std::string& pattern) { return Covers(pattern, rule.host); });
    for (const std::string& path : rule.paths) {
      LabelList target;
      target.SetPlain("__address__", rule.host);
      target.Set("ingress_scheme", is_tls ? "https" : "http");
      target.Set("ingress_host", rule.host);
      target.Set("ingress_path", path);
      group_.targets.push_back(target.Build());
    }
  }
  return Finish();
}

}  // namespace

ObjectStore::Change ObjectStore::Set(Resource resource, Object object) {
  Objects& all = objects_[static_cast<size_t>(resource)];
  const auto [at, is_new] = all.try_emplace(MetaOf(object).Key());
  if (!is_new && at->second == object) return Change::kNone;
  at->second = std::move(object);
  return is_new ? Change::kAdded : Change::kUpdated;
}

bool ObjectStore::Remove(Resource resource, const std::string& key) {
  return objects_[static_cast<size_t>(resource)].erase(key) != 0;
}

Resource MainResource(const std::string& role) {
  if (role == "node") return Resource::kNodes;
  if (role == "pod") return Resource::kPods;
  if (role == "service") return Resource::kServices;
  if (role == "endpoints") return Resource::kEndpoints;
  return role == "ingress" ? Resource::kIngresses : Resource::kEndpointSlices;
}

TargetGroup MakeGroup(const Object& object, const ObjectStore& store,
                      const KubernetesMetadata& attach) {
  return std::visit(GroupMaker(store, attach), object);
}

}  // namespace tocsin::discovery::kubernetes
