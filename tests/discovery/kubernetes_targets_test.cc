// Objects as `kubectl get -o json` shows them, and the target groups they become.
#include "discovery/kubernetes_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::discovery::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kPod = R"({
  "metadata": {"name": "shop-0", "namespace": "prod", "uid": "u-1", "resourceVersion": "7",
    "labels": {"app.kubernetes.io/name": "shop"}, "annotations": {"team": "a"},
    "ownerReferences": [{"kind": "Old", "name": "x"},
      {"kind": "ReplicaSet", "name": "shop-55", "controller": true}]},
  "spec": {"nodeName": "n1",
    "containers": [
      {"name": "web", "image": "shop:1", "ports": [
        {"name": "http", "containerPort": 8080, "protocol": "TCP"}]},
      {"name": "log", "image": "log:2"}],
    "initContainers": [{"name": "init", "image": "init:3"}]},
  "status": {"phase": "Running", "podIP": "10.0.0.7", "hostIP": "192.168.0.1",
    "conditions": [{"type": "Initialized", "status": "False"}, {"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "web", "containerID": "containerd://abc"}]}})";

constexpr const char* kNode = R"({
  "metadata": {"name": "n1", "labels": {"zone": "z1"}, "annotations": {"a/b": "c"}},
  "spec": {"providerID": "aws:///i-1"},
  "status": {"addresses": [{"type": "Hostname", "address": "n1.local"},
      {"type": "ExternalIP", "address": "1.2.3.4"}, {"type": "InternalIP", "address": "10.1.1.1"},
      {"type": "InternalIP", "address": "10.1.1.2"}],
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}})";

constexpr const char* kService = R"({
  "metadata": {"name": "shop", "namespace": "prod", "labels": {"tier": "web"}},
  "spec": {"type": "ClusterIP", "clusterIP": "10.9.9.9", "ports": [
    {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]}})";

Labels Meta(std::initializer_list<std::pair<std::string, std::string>> pairs) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [name, value] : pairs) {
    const bool is_plain = name == "__address__" || name == "instance";
    labels.emplace_back(is_plain ? name : "__meta_kubernetes_" + name, value);
  }
  return Labels::FromPairs(labels);
}

class KubernetesTargetsTest : public ::testing::Test {
 protected:
  static Object Parse(Resource resource, const std::string& text) {
    const auto json = ParseJson(text);
    EXPECT_TRUE(json) << json.error().message();
    auto object = ParseObject(resource, *json);
    EXPECT_TRUE(object) << object.error().message();
    return *object;
  }
  void Add(Resource resource, const std::string& text) {
    store_.Set(resource, Parse(resource, text));
  }
  config::TargetGroup Make(Resource resource, const std::string& text) {
    return MakeGroup(Parse(resource, text), store_, attach_);
  }

  ObjectStore store_;
  config::KubernetesMetadata attach_;
};

TEST_F(KubernetesTargetsTest, NodeTakesTheInternalAddress) {
  const auto group = Make(Resource::kNodes, kNode);
  EXPECT_EQ(group.source, "node/n1");
  EXPECT_EQ(group.labels, Meta({{"node_name", "n1"},
                                {"node_provider_id", "aws:///i-1"},
                                {"node_label_zone", "z1"},
                                {"node_labelpresent_zone", "true"},
                                {"node_annotation_a_b", "c"},
                                {"node_annotationpresent_a_b", "true"}}));
  EXPECT_THAT(group.targets, ElementsAre(Meta({{"__address__", "10.1.1.1:10250"},
                                               {"instance", "n1"},
                                               {"node_address_InternalIP", "10.1.1.1"},
                                               {"node_address_ExternalIP", "1.2.3.4"},
                                               {"node_address_Hostname", "n1.local"}})));
}

TEST_F(KubernetesTargetsTest, NodeWithoutAddressHasNoTargets) {
  EXPECT_THAT(Make(Resource::kNodes, R"({"metadata": {"name": "n"}})").targets, IsEmpty());
}

TEST_F(KubernetesTargetsTest, PodHasATargetAPortAndOneForContainersWithout) {
  const auto group = Make(Resource::kPods, kPod);
  EXPECT_EQ(group.source, "pod/prod/shop-0");
  EXPECT_EQ(group.labels, Meta({{"namespace", "prod"},
                                {"pod_name", "shop-0"},
                                {"pod_ip", "10.0.0.7"},
                                {"pod_ready", "true"},
                                {"pod_phase", "Running"},
                                {"pod_node_name", "n1"},
                                {"pod_host_ip", "192.168.0.1"},
                                {"pod_uid", "u-1"},
                                {"pod_controller_kind", "ReplicaSet"},
                                {"pod_controller_name", "shop-55"},
                                {"pod_label_app_kubernetes_io_name", "shop"},
                                {"pod_labelpresent_app_kubernetes_io_name", "true"},
                                {"pod_annotation_team", "a"},
                                {"pod_annotationpresent_team", "true"}}));
  EXPECT_THAT(group.targets, ElementsAre(Meta({{"__address__", "10.0.0.7:8080"},
                                               {"pod_container_name", "web"},
                                               {"pod_container_id", "containerd://abc"},
                                               {"pod_container_image", "shop:1"},
                                               {"pod_container_init", "false"},
                                               {"pod_container_port_name", "http"},
                                               {"pod_container_port_number", "8080"},
                                               {"pod_container_port_protocol", "TCP"}}),
                                         Meta({{"__address__", "10.0.0.7"},
                                               {"pod_container_name", "log"},
                                               {"pod_container_image", "log:2"},
                                               {"pod_container_init", "false"}}),
                                         Meta({{"__address__", "10.0.0.7"},
                                               {"pod_container_name", "init"},
                                               {"pod_container_image", "init:3"},
                                               {"pod_container_init", "true"}})));
}

TEST_F(KubernetesTargetsTest, PodWithoutAddressIsAnEmptyGroup) {
  const auto group =
      Make(Resource::kPods, R"({"metadata": {"name": "p", "namespace": "d"}, "spec": {}})");
  EXPECT_EQ(group.source, "pod/d/p");
  EXPECT_THAT(group.targets, IsEmpty());
  EXPECT_TRUE(group.labels.empty());
}

TEST_F(KubernetesTargetsTest, PodGetsWhatIsAttached) {
  attach_ = {.node = true, .namespace_ = true, .deployment = true, .job = true, .cron_job = true};
  Add(Resource::kNodes, kNode);
  Add(Resource::kNamespaces, R"({"metadata": {"name": "prod", "labels": {"env": "p"}}})");
  Add(Resource::kReplicaSets, R"({"metadata": {"name": "shop-55", "namespace": "prod",
    "ownerReferences": [{"kind": "Deployment", "name": "shop", "controller": true}]}})");
  const Labels labels = Make(Resource::kPods, kPod).labels;
  EXPECT_EQ(labels.Get("__meta_kubernetes_node_label_zone"), "z1");
  EXPECT_EQ(labels.Get("__meta_kubernetes_namespace_label_env"), "p");
  EXPECT_EQ(labels.Get("__meta_kubernetes_namespace_labelpresent_env"), "true");
  EXPECT_EQ(labels.Get("__meta_kubernetes_pod_deployment_name"), "shop");
  Add(Resource::kJobs, R"({"metadata": {"name": "j-1", "namespace": "d",
    "ownerReferences": [{"kind": "CronJob", "name": "j", "controller": true}]}})");
  const Labels of_job = Make(Resource::kPods, R"({"metadata": {"name": "p", "namespace": "d",
    "ownerReferences": [{"kind": "Job", "name": "j-1", "controller": true}]},
    "status": {"podIP": "1.1.1.1"}})")
                            .labels;
  EXPECT_EQ(of_job.Get("__meta_kubernetes_pod_job_name"), "j-1");
  EXPECT_EQ(of_job.Get("__meta_kubernetes_pod_cronjob_name"), "j");
  EXPECT_EQ(of_job.Get("__meta_kubernetes_pod_ready"), "unknown");
}

TEST_F(KubernetesTargetsTest, Service) {
  const auto group = Make(Resource::kServices, kService);
  EXPECT_EQ(group.source, "svc/prod/shop");
  EXPECT_EQ(group.labels, Meta({{"namespace", "prod"},
                                {"service_name", "shop"},
                                {"service_label_tier", "web"},
                                {"service_labelpresent_tier", "true"}}));
  EXPECT_THAT(group.targets, ElementsAre(Meta({{"__address__", "shop.prod.svc:80"},
                                               {"service_port_name", "http"},
                                               {"service_port_number", "80"},
                                               {"service_port_protocol", "TCP"},
                                               {"service_type", "ClusterIP"},
                                               {"service_cluster_ip", "10.9.9.9"}})));
  const auto external = Make(Resource::kServices, R"({
    "metadata": {"name": "db", "namespace": "prod"},
    "spec": {"type": "ExternalName", "externalName": "db.example", "ports": [{"port": 5432}]}})");
  EXPECT_EQ(external.targets.at(0).Get("__meta_kubernetes_service_external_name"), "db.example");
}

TEST_F(KubernetesTargetsTest, EndpointsJoinServicePodAndOtherPorts) {
  Add(Resource::kPods, kPod);
  Add(Resource::kServices, kService);
  const auto group = Make(Resource::kEndpoints, R"({
    "metadata": {"name": "shop", "namespace": "prod", "labels": {"l": "v"}},
    "subsets": [{
      "addresses": [{"ip": "10.0.0.7", "hostname": "h", "nodeName": "n1",
        "targetRef": {"kind": "Pod", "namespace": "prod", "name": "shop-0"}}],
      "notReadyAddresses": [{"ip": "10.0.0.8"}],
      "ports": [{"name": "admin", "port": 9000, "protocol": "TCP"}]}]})");
  EXPECT_EQ(group.source, "endpoints/prod/shop");
  EXPECT_EQ(group.labels, Meta({{"namespace", "prod"},
                                {"endpoints_name", "shop"},
                                {"endpoints_label_l", "v"},
                                {"endpoints_labelpresent_l", "true"},
                                {"service_name", "shop"},
                                {"service_label_tier", "web"},
                                {"service_labelpresent_tier", "true"}}));
  ASSERT_EQ(group.targets.size(), 3u);
  const Labels& ready = group.targets[0];
  EXPECT_EQ(ready.Get("__address__"), "10.0.0.7:9000");
  EXPECT_EQ(ready.Get("__meta_kubernetes_endpoint_ready"), "true");
  EXPECT_EQ(ready.Get("__meta_kubernetes_endpoint_hostname"), "h");
  EXPECT_EQ(ready.Get("__meta_kubernetes_endpoint_node_name"), "n1");
  EXPECT_EQ(ready.Get("__meta_kubernetes_endpoint_address_target_kind"), "Pod");
  EXPECT_EQ(ready.Get("__meta_kubernetes_endpoint_address_target_name"), "shop-0");
  EXPECT_EQ(ready.Get("__meta_kubernetes_pod_uid"), "u-1");
  EXPECT_EQ(ready.Get("__meta_kubernetes_pod_container_name"), "");
  EXPECT_EQ(group.targets[1], Meta({{"__address__", "10.0.0.8:9000"},
                                    {"endpoint_port_name", "admin"},
                                    {"endpoint_port_protocol", "TCP"},
                                    {"endpoint_ready", "false"}}));
  // The pod's own port, which no endpoint covers.
  EXPECT_EQ(group.targets[2].Get("__address__"), "10.0.0.7:8080");
  EXPECT_EQ(group.targets[2].Get("__meta_kubernetes_pod_container_port_name"), "http");
  EXPECT_EQ(group.targets[2].Get("__meta_kubernetes_endpoint_ready"), "");
}

constexpr const char* kSlice = R"({
  "metadata": {"name": "shop-abc", "namespace": "prod",
    "labels": {"kubernetes.io/service-name": "shop"}},
  "addressType": "FAMILY",
  "endpoints": [{"addresses": ["ADDRESS"],
    "conditions": {"ready": true, "serving": true, "terminating": false},
    "hostname": "h", "nodeName": "n1", "zone": "z1", "deprecatedTopology": {"t/x": "v"},
    "targetRef": {"kind": "Pod", "namespace": "prod", "name": "shop-0"}}],
  "ports": [{"name": "http", "port": PORT, "protocol": "TCP", "appProtocol": "h2c"}]})";

std::string Slice(const std::string& family, const std::string& address, const std::string& port) {
  std::string text = kSlice;
  for (const auto& [mark, value] :
       {std::pair{"FAMILY", family}, std::pair{"ADDRESS", address}, std::pair{"PORT", port}}) {
    text.replace(text.find(mark), std::string_view(mark).size(), value);
  }
  return text;
}

TEST_F(KubernetesTargetsTest, EndpointSliceJoinsServicePodAndNode) {
  attach_.node = true;
  Add(Resource::kPods, kPod);
  Add(Resource::kServices, kService);
  Add(Resource::kNodes, kNode);
  const auto group = Make(Resource::kEndpointSlices, Slice("IPv4", "10.0.0.7", "8080"));
  EXPECT_EQ(group.source, "endpointslice/prod/shop-abc");
  EXPECT_EQ(group.labels.Get("__meta_kubernetes_endpointslice_address_type"), "IPv4");
  EXPECT_EQ(group.labels.Get("__meta_kubernetes_endpointslice_name"), "shop-abc");
  EXPECT_EQ(group.labels.Get("__meta_kubernetes_service_name"), "shop");
  ASSERT_EQ(group.targets.size(), 1u);
  const Labels& target = group.targets[0];
  const std::pair<const char*, const char*> expected[] = {
      {"endpointslice_port", "8080"},
      {"endpointslice_port_name", "http"},
      {"endpointslice_port_protocol", "TCP"},
      {"endpointslice_port_app_protocol", "h2c"},
      {"endpointslice_endpoint_conditions_ready", "true"},
      {"endpointslice_endpoint_conditions_serving", "true"},
      {"endpointslice_endpoint_conditions_terminating", "false"},
      {"endpointslice_endpoint_hostname", "h"},
      {"endpointslice_endpoint_node_name", "n1"},
      {"endpointslice_endpoint_zone", "z1"},
      {"endpointslice_endpoint_topology_t_x", "v"},
      {"endpointslice_endpoint_topology_present_t_x", "true"},
      {"endpointslice_address_target_kind", "Pod"},
      {"endpointslice_address_target_name", "shop-0"},
      {"node_name", "n1"},
      {"node_label_zone", "z1"},
      {"pod_name", "shop-0"},
      {"pod_container_name", "web"},
      {"pod_container_port_number", "8080"},
  };
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(target.Get("__meta_kubernetes_" + std::string(name)), value) << name;
  }
}

TEST_F(KubernetesTargetsTest, OtherPortsGoWithTheSliceOfThePodsOwnFamily) {
  Add(Resource::kPods, kPod);
  const auto ipv4 = Make(Resource::kEndpointSlices, Slice("IPv4", "10.0.0.7", "9000"));
  EXPECT_EQ(ipv4.targets.size(), 2u);
  const auto ipv6 = Make(Resource::kEndpointSlices, Slice("IPv6", "fd00::7", "9000"));
  ASSERT_EQ(ipv6.targets.size(), 1u);
  EXPECT_EQ(ipv6.targets[0].Get("__address__"), "[fd00::7]:9000");
}

TEST_F(KubernetesTargetsTest, Ingress) {
  const auto group = Make(Resource::kIngresses, R"({
    "metadata": {"name": "edge", "namespace": "prod"},
    "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["*.example.com"]}], "rules": [
      {"host": "shop.example.com", "http": {"paths": [{"path": "/a"}, {}]}},
      {"host": "a.b.example.com"}]}})");
  EXPECT_EQ(group.source, "ingress/prod/edge");
  EXPECT_EQ(
      group.labels,
      Meta({{"namespace", "prod"}, {"ingress_name", "edge"}, {"ingress_class_name", "nginx"}}));
  const auto target = [](const char* scheme, const char* host, const char* path) {
    return Meta({{"__address__", host},
                 {"ingress_scheme", scheme},
                 {"ingress_host", host},
                 {"ingress_path", path}});
  };
  EXPECT_THAT(group.targets, ElementsAre(target("https", "shop.example.com", "/a"),
                                         target("https", "shop.example.com", "/"),
                                         target("http", "a.b.example.com", "/")));
}

TEST_F(KubernetesTargetsTest, HeartbeatsChangeNothing) {
  Add(Resource::kPods, kPod);
  std::string later = kPod;
  later.replace(later.find("\"7\""), 3, "\"8\"");
  EXPECT_EQ(store_.Set(Resource::kPods, Parse(Resource::kPods, later)), ObjectStore::Change::kNone);
  later.replace(later.find("Running"), 7, "Failed!");
  EXPECT_EQ(store_.Set(Resource::kPods, Parse(Resource::kPods, later)),
            ObjectStore::Change::kUpdated);
}

TEST_F(KubernetesTargetsTest, RefusesObjectsWithoutNameAndSurvivesOddOnes) {
  EXPECT_FALSE(ParseObject(Resource::kPods, *ParseJson("{}")));
  EXPECT_FALSE(ParseObject(Resource::kPods, *ParseJson("[]")));
  const char* odd = R"({"metadata": {"name": "a", "labels": 1, "ownerReferences": {}},
    "spec": {"containers": "x", "ports": [1], "rules": [null]}, "status": [],
    "subsets": [{"ports": 3}], "endpoints": [7], "ports": [[]]})";
  for (int i = 0; i < kResourceCount; ++i) Make(static_cast<Resource>(i), odd);
}

}  // namespace
}  // namespace tocsin::discovery::kubernetes
