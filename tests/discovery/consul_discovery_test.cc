#include <gmock/gmock.h>

#include "discovery/server_discovery_fixture.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ConsulDiscoveryTest : public ServerDiscoveryTest {
 protected:
  // Without a datacenter in the configuration the agent is asked for its own.
  void AnswerAgent() {
    fake_.client.AnswerJson("http://consul:8500/v1/agent/self",
                            R"({"Config": {"Datacenter": "dc1", "NodeName": "agent"}})");
  }
  void AnswerHealth(const std::string& service, const std::string& body) {
    fake_.client.AnswerJson("http://consul:8500/v1/health/service/" + service + "?stale=", body);
  }
};

constexpr const char* kOneInstance = R"([{
  "Node": {"Node": "node-1", "Address": "10.0.0.1", "Meta": {"rack-name": "r7"}},
  "Service": {"ID": "web-1", "Service": "web", "Tags": ["blue", "v2"], "Address": "10.1.0.1",
    "Port": 8080, "Meta": {"team": "shop"}, "Namespace": "ns1", "Partition": "p1",
    "TaggedAddresses": {"lan": {"Address": "10.1.0.1", "Port": 8080}}},
  "Checks": [{"CheckID": "serfHealth", "Status": "passing"}]}])";

TEST_F(ConsulDiscoveryTest, ListsTheInstancesOfAllServices) {
  AnswerAgent();
  fake_.client.AnswerJson("http://consul:8500/v1/catalog/services?stale=",
                          R"({"web": ["blue"], "idle": []})");
  AnswerHealth("web", kOneInstance);
  AnswerHealth("idle", "[]");
  Start("consul_sd_configs: [{server: 'consul:8500', token: t0k3n}]");
  ASSERT_EQ(groups_.size(), 2u);
  EXPECT_EQ(groups_[0].source, "idle");
  EXPECT_THAT(groups_[0].targets, IsEmpty());
  EXPECT_EQ(groups_[1].labels,
            (Labels{{"__meta_consul_service", "web"}, {"__meta_consul_dc", "dc1"}}));
  EXPECT_THAT(groups_[1].targets,
              ElementsAre(Labels{{"__address__", "10.1.0.1:8080"},
                                 {"__meta_consul_address", "10.0.0.1"},
                                 {"__meta_consul_node", "node-1"},
                                 {"__meta_consul_namespace", "ns1"},
                                 {"__meta_consul_partition", "p1"},
                                 {"__meta_consul_tags", ",blue,v2,"},
                                 {"__meta_consul_service_address", "10.1.0.1"},
                                 {"__meta_consul_service_port", "8080"},
                                 {"__meta_consul_service_id", "web-1"},
                                 {"__meta_consul_health", "passing"},
                                 {"__meta_consul_metadata_rack_name", "r7"},
                                 {"__meta_consul_service_metadata_team", "shop"},
                                 {"__meta_consul_tagged_address_lan", "10.1.0.1:8080"}}));
  for (const http::ClientRequest& request : fake_.client.requests) {
    EXPECT_EQ(http::FindHeader(request.headers, "X-Consul-Token"), "t0k3n");
  }
}

TEST_F(ConsulDiscoveryTest, AsksForNoMoreThanIsWanted) {
  Start(R"(consul_sd_configs: [{server: 'https://consul', path_prefix: /c, datacenter: dc2,
    namespace: n, partition: p, services: [web], node_meta: {rack: '7'}, allow_stale: false,
    health_filter: 'a == "b"'}])");
  EXPECT_THAT(Urls(), ElementsAre("https://consul/c/v1/health/service/web?dc=dc2&ns=n&partition=p&"
                                  "node-meta=rack%3A7&filter=a+%3D%3D+%22b%22"));
}

TEST_F(ConsulDiscoveryTest, TagsChooseServicesAndInstances) {
  fake_.client.AnswerJson("http://consul:8500/v1/catalog/services?dc=d&stale=&filter=f",
                          R"({"a": ["x", "y"], "b": ["x"], "c": []})");
  Start("consul_sd_configs: [{server: 'consul:8500', datacenter: d, tags: [x, y], filter: f}]");
  EXPECT_THAT(Urls(),
              ElementsAre("http://consul:8500/v1/catalog/services?dc=d&stale=&filter=f",
                          "http://consul:8500/v1/health/service/a?dc=d&stale=&tag=x&tag=y"));
}

TEST_F(ConsulDiscoveryTest, HealthIsTheWorstOfTheChecks) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "passing"},
      {R"([{"Status": "passing"}, {"Status": "warning"}])", "warning"},
      {R"([{"Status": "critical"}, {"Status": "warning"}])", "critical"},
      {R"([{"CheckID": "_node_maintenance", "Status": "critical"}])", "maintenance"},
      {R"([{"CheckID": "_service_maintenance:web", "Status": "critical"}])", "maintenance"},
      {R"([{"Status": "odd"}])", ""},
  };
  AnswerAgent();
  for (const auto& [checks, health] : cases) {
    AnswerHealth("web", fmt::format(R"([{{"Checks": {}}}])", checks));
    Start("consul_sd_configs: [{server: 'consul:8500', services: [web]}]");
    EXPECT_EQ(groups_.at(0).targets.at(0).Get("__meta_consul_health"), health) << checks;
  }
}

TEST_F(ConsulDiscoveryTest, TheNodesAddressStandsInForTheServices) {
  AnswerAgent();
  AnswerHealth("web", R"([{"Node": {"Address": "2001:db8::1"}, "Service": {"Port": 80}}])");
  Start("consul_sd_configs: [{server: 'consul:8500', services: [web]}]");
  EXPECT_THAT(Addresses(groups_), ElementsAre("[2001:db8::1]:80"));
  EXPECT_EQ(groups_[0].targets[0].Get("__meta_consul_tags"), ",,");
}

TEST_F(ConsulDiscoveryTest, AServiceThatFailsKeepsItsTargetsAndOneThatIsGoneLosesThem) {
  AnswerAgent();
  const std::string catalog = "http://consul:8500/v1/catalog/services?stale=";
  fake_.client.AnswerJson(catalog, R"({"a": [], "b": []})");
  AnswerHealth("a", R"([{"Service": {"Address": "a", "Port": 1}}])");
  AnswerHealth("b", R"([{"Service": {"Address": "b", "Port": 1}}])");
  Start("consul_sd_configs: [{server: 'consul:8500'}]");
  EXPECT_THAT(Addresses(groups_), ElementsAre("a:1", "b:1"));
  AnswerHealth("a", "no json");
  AnswerHealth("b", R"([{"Service": {"Address": "b", "Port": 2}}])");
  fake_.timers.AdvanceBy(30'000);
  EXPECT_THAT(Addresses(groups_), ElementsAre("a:1", "b:2"));
  fake_.client.AnswerJson(catalog, R"({"b": []})");
  fake_.timers.AdvanceBy(30'000);
  EXPECT_THAT(Addresses(groups_), ElementsAre("b:2"));
}

TEST_F(ConsulDiscoveryTest, WithoutADatacenterThereIsNothing) {
  fake_.client.AnswerJson("http://consul:8500/v1/agent/self", R"({"Config": {"Datacenter": 7}})");
  Start("consul_sd_configs: [{server: 'consul:8500'}]");
  EXPECT_EQ(publications_, 0);
  EXPECT_EQ(fake_.client.requests.size(), 1u);
}

TEST_F(ConsulDiscoveryTest, GoesThroughAUnixSocket) {
  Start("consul_sd_configs: [{server: 'unix:///run/consul', datacenter: d, services: [s]}]");
  ASSERT_EQ(fake_.client.requests.size(), 1u);
  EXPECT_EQ(fake_.client.requests[0].unix_socket, "/run/consul");
  EXPECT_EQ(fake_.client.requests[0].url, "http://localhost/v1/health/service/s?dc=d&stale=");
}

}  // namespace
}  // namespace tocsin::discovery
