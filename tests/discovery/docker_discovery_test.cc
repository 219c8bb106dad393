#include <gmock/gmock.h>

#include "discovery/server_discovery_fixture.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DockerDiscoveryTest : public ServerDiscoveryTest {
 protected:
  void SetUp() override {
    fake_.client.AnswerJson("http://docker/networks", R"([
      {"Id": "n1", "Name": "front", "Scope": "local", "Internal": false, "Ingress": false,
       "Labels": {"net.kind": "dmz"}},
      {"Id": "n2", "Name": "back", "Scope": "swarm", "Internal": true, "Ingress": true,
       "Labels": null}])");
  }
  void AnswerContainers(const std::string& body) {
    fake_.client.AnswerJson("http://docker/containers/json", body);
  }
  static constexpr const char* kDocker = "docker_sd_configs: [{host: 'unix:///run/docker.sock'}]";
};

TEST_F(DockerDiscoveryTest, ListsTcpPorts) {
  AnswerContainers(R"([{"Id": "c1", "Names": ["/web", "/alias"],
    "Labels": {"com.shop.team": "a"},
    "HostConfig": {"NetworkMode": "front"},
    "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
              {"PrivatePort": 9100, "Type": "tcp"}, {"PrivatePort": 53, "Type": "udp"}],
    "NetworkSettings": {"Networks": {"front": {"NetworkID": "n1", "IPAddress": "172.17.0.2"}}}}])");
  Start(kDocker);
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "Docker");
  const Labels common{{"__meta_docker_container_id", "c1"},
                      {"__meta_docker_container_name", "/web"},
                      {"__meta_docker_container_network_mode", "front"},
                      {"__meta_docker_container_label_com_shop_team", "a"},
                      {"__meta_docker_network_id", "n1"},
                      {"__meta_docker_network_ip", "172.17.0.2"},
                      {"__meta_docker_network_name", "front"},
                      {"__meta_docker_network_scope", "local"},
                      {"__meta_docker_network_internal", "false"},
                      {"__meta_docker_network_ingress", "false"},
                      {"__meta_docker_network_label_net_kind", "dmz"}};
  LabelsBuilder published(common);
  published.Set("__address__", "172.17.0.2:80");
  published.Set("__meta_docker_port_private", "80");
  published.Set("__meta_docker_port_public", "8080");
  published.Set("__meta_docker_port_public_ip", "0.0.0.0");
  LabelsBuilder internal(common);
  internal.Set("__address__", "172.17.0.2:9100");
  internal.Set("__meta_docker_port_private", "9100");
  EXPECT_THAT(Targets(), ElementsAre(published.Build(), internal.Build()));
  for (const http::ClientRequest& request : fake_.client.requests) {
    EXPECT_EQ(request.unix_socket, "/run/docker.sock");
  }
}

TEST_F(DockerDiscoveryTest, ContainersWithoutPortsHaveTheFallback) {
  AnswerContainers(R"([
    {"Id": "a", "Names": ["/a"], "HostConfig": {"NetworkMode": "front"},
     "NetworkSettings": {"Networks": {"front": {"IPAddress": "172.17.0.2"}}}},
    {"Id": "b", "Names": ["/b"], "HostConfig": {"NetworkMode": "host"},
     "NetworkSettings": {"Networks": {"host": {"IPAddress": ""}}}},
    {"Id": "c", "Names": [], "NetworkSettings": {"Networks": {"front": {}}}}])");
  Start(
      "docker_sd_configs: [{host: 'unix:///run/docker.sock', port: 99, host_networking_host: h}]");
  EXPECT_THAT(Addresses(groups_), ElementsAre("172.17.0.2:99", "h"));
}

TEST_F(DockerDiscoveryTest, TheFirstNetworkByNameCountsUnlessAllAreWanted) {
  AnswerContainers(R"([{"Id": "a", "Names": ["/a"], "NetworkSettings": {"Networks": {
    "zoo": {"IPAddress": "10.0.0.2"}, "bar": {"IPAddress": "10.0.0.1"}, "abc": null}}}])");
  Start(kDocker);
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.0.1:80"));
  Start("docker_sd_configs: [{host: 'unix:///run/docker.sock', match_first_network: false}]");
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.0.1:80", "10.0.0.2:80"));
}

TEST_F(DockerDiscoveryTest, ContainersShareTheNetworkOfAnother) {
  AnswerContainers(R"([
    {"Id": "a", "Names": ["/a"], "HostConfig": {"NetworkMode": "container:b"},
     "Ports": [{"PrivatePort": 1, "Type": "tcp"}], "NetworkSettings": {"Networks": {}}},
    {"Id": "b", "Names": ["/b"], "HostConfig": {"NetworkMode": "container:c"},
     "NetworkSettings": {"Networks": {}}},
    {"Id": "c", "Names": ["/c"], "HostConfig": {"NetworkMode": "front"},
     "NetworkSettings": {"Networks": {"front": {"IPAddress": "10.0.0.3"}}}},
    {"Id": "loop", "Names": ["/l"], "HostConfig": {"NetworkMode": "container:loop"},
     "NetworkSettings": {"Networks": {}}},
    {"Id": "lost", "Names": ["/x"], "HostConfig": {"NetworkMode": "container:gone"},
     "NetworkSettings": {"Networks": {}}}])");
  Start(kDocker);
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.0.3:1", "10.0.0.3:80", "10.0.0.3:80"));
}

TEST_F(DockerDiscoveryTest, SendsFilters) {
  Start(R"(docker_sd_configs: [{host: 'tcp://d:2375',
    filters: [{name: label, values: [b, a]}, {name: status, values: [running]}]}])");
  EXPECT_THAT(Urls(), ElementsAre("http://d:2375/containers/json?filters=%7B%22label%22%3A%7B%22a%"
                                  "22%3Atrue%2C%22b%22%3Atrue%7D%2C%22status%22%3A%7B%22running%"
                                  "22%3Atrue%7D%7D"));
  EXPECT_EQ(publications_, 0);
}

class SwarmDiscoveryTest : public DockerDiscoveryTest {
 protected:
  void AnswerServices() {
    fake_.client.AnswerJson("http://docker/services", R"([{"ID": "s1",
      "Spec": {"Name": "web", "Labels": {"a-b": "c"}, "Mode": {"Replicated": {"Replicas": 2}},
        "TaskTemplate": {"ContainerSpec": {"Image": "nginx:1", "Hostname": "h"}}},
      "UpdateStatus": {"State": "completed"},
      "Endpoint": {"Ports": [
          {"Name": "http", "Protocol": "tcp", "PublishMode": "ingress", "PublishedPort": 80},
          {"Protocol": "udp", "PublishedPort": 53}],
        "VirtualIPs": [{"NetworkID": "n2", "Addr": "10.0.0.3/24"}]}}])");
  }
  void AnswerNodes() {
    fake_.client.AnswerJson("http://docker/nodes", R"([{"ID": "m1",
      "Spec": {"Role": "manager", "Availability": "active", "Labels": {"disk": "ssd"}},
      "Description": {"Hostname": "host-1", "Platform": {"Architecture": "x86_64", "OS": "linux"},
        "Engine": {"EngineVersion": "24.0"}},
      "Status": {"State": "ready", "Addr": "192.168.0.1"},
      "ManagerStatus": {"Leader": true, "Reachability": "reachable", "Addr": "192.168.0.1:2377"}}])");
  }
  static std::string Swarm(const std::string& role) {
    return "dockerswarm_sd_configs: [{host: 'unix:///run/docker.sock', role: " + role + "}]";
  }
};

TEST_F(SwarmDiscoveryTest, ListsServices) {
  AnswerServices();
  Start(Swarm("services"));
  EXPECT_EQ(groups_.at(0).source, "DockerSwarm");
  EXPECT_THAT(Targets(), ElementsAre(Labels{
                             {"__address__", "10.0.0.3:80"},
                             {"__meta_dockerswarm_network_id", "n2"},
                             {"__meta_dockerswarm_network_name", "back"},
                             {"__meta_dockerswarm_network_scope", "swarm"},
                             {"__meta_dockerswarm_network_internal", "true"},
                             {"__meta_dockerswarm_network_ingress", "true"},
                             {"__meta_dockerswarm_service_endpoint_port_name", "http"},
                             {"__meta_dockerswarm_service_endpoint_port_publish_mode", "ingress"},
                             {"__meta_dockerswarm_service_id", "s1"},
                             {"__meta_dockerswarm_service_label_a_b", "c"},
                             {"__meta_dockerswarm_service_mode", "replicated"},
                             {"__meta_dockerswarm_service_name", "web"},
                             {"__meta_dockerswarm_service_task_container_hostname", "h"},
                             {"__meta_dockerswarm_service_task_container_image", "nginx:1"},
                             {"__meta_dockerswarm_service_updating_status", "completed"}}));
}

TEST_F(SwarmDiscoveryTest, RefusesAddressesThatAreNone) {
  fake_.client.AnswerJson("http://docker/services",
                          R"([{"Endpoint": {"VirtualIPs": [{"Addr": "10.0.0.300/24"}]}}])");
  Start(Swarm("services"));
  EXPECT_EQ(publications_, 0);
}

TEST_F(SwarmDiscoveryTest, ListsNodes) {
  AnswerNodes();
  Start(Swarm("nodes"));
  EXPECT_THAT(Targets(),
              ElementsAre(Labels{{"__address__", "192.168.0.1:80"},
                                 {"__meta_dockerswarm_node_address", "192.168.0.1"},
                                 {"__meta_dockerswarm_node_availability", "active"},
                                 {"__meta_dockerswarm_node_engine_version", "24.0"},
                                 {"__meta_dockerswarm_node_hostname", "host-1"},
                                 {"__meta_dockerswarm_node_id", "m1"},
                                 {"__meta_dockerswarm_node_label_disk", "ssd"},
                                 {"__meta_dockerswarm_node_manager_address", "192.168.0.1:2377"},
                                 {"__meta_dockerswarm_node_manager_leader", "true"},
                                 {"__meta_dockerswarm_node_manager_reachability", "reachable"},
                                 {"__meta_dockerswarm_node_platform_architecture", "x86_64"},
                                 {"__meta_dockerswarm_node_platform_os", "linux"},
                                 {"__meta_dockerswarm_node_role", "manager"},
                                 {"__meta_dockerswarm_node_status", "ready"}}));
}

TEST_F(SwarmDiscoveryTest, ListsTasksWithWhatTheirServiceNodeAndNetworkSay) {
  AnswerServices();
  AnswerNodes();
  fake_.client.AnswerJson("http://docker/containers/c9/json",
                          R"({"Config": {"Labels": {"from": "image", "image-only": "1"}}})");
  fake_.client.AnswerJson("http://docker/tasks", R"([{"ID": "t1", "ServiceID": "s1",
    "NodeID": "m1", "Slot": 2, "DesiredState": "running",
    "Spec": {"ContainerSpec": {"Labels": {"from": "spec"}}},
    "Status": {"State": "running", "ContainerStatus": {"ContainerID": "c9"},
      "PortStatus": {"Ports": [{"Protocol": "tcp", "PublishMode": "host", "PublishedPort": 32768}]}},
    "NetworksAttachments": [{"Network": {"ID": "n1"}, "Addresses": ["10.0.1.7/24"]}]}])");
  Start(Swarm("tasks"));
  EXPECT_THAT(Addresses(groups_), ElementsAre("192.168.0.1:32768", "10.0.1.7:80"));
  const Labels& published = groups_[0].targets[0];
  EXPECT_EQ(published.Get("__meta_dockerswarm_task_port_publish_mode"), "host");
  EXPECT_EQ(published.Get("__meta_dockerswarm_network_name"), "");
  const Labels& attached = groups_[0].targets[1];
  const std::pair<const char*, const char*> expected[] = {
      {"task_id", "t1"},
      {"task_slot", "2"},
      {"task_state", "running"},
      {"task_desired_state", "running"},
      {"task_container_id", "c9"},
      {"task_port_publish_mode", "ingress"},
      {"container_label_from", "spec"},
      {"container_label_image_only", "1"},
      {"service_id", "s1"},
      {"service_name", "web"},
      {"service_mode", "replicated"},
      {"service_task_container_image", ""},
      {"node_hostname", "host-1"},
      {"node_engine_version", ""},
      {"network_name", "front"},
  };
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(attached.Get(fmt::format("__meta_dockerswarm_{}", name)), value) << name;
  }
}

TEST_F(SwarmDiscoveryTest, ATaskWhoseContainerRunsElsewhereHasTheSpecsLabels) {
  AnswerServices();
  AnswerNodes();
  fake_.client.AnswerJson("http://docker/tasks", R"([{"ID": "t1",
    "Spec": {"ContainerSpec": {"Labels": {"from": "spec"}}},
    "Status": {"ContainerStatus": {"ContainerID": "far"}},
    "NetworksAttachments": [{"Network": {"ID": "n1"}, "Addresses": ["10.0.1.7/24"]}]}])");
  Start(Swarm("tasks"));
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.1.7:80"));
  EXPECT_EQ(groups_[0].targets[0].Get("__meta_dockerswarm_container_label_from"), "spec");
}

}  // namespace
}  // namespace tocsin::discovery
