// Nomad, Eureka, Marathon, PuppetDB.
#include <gmock/gmock.h>

#include "discovery/server_discovery_fixture.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using RegistryDiscoveryTest = ServerDiscoveryTest;

TEST_F(RegistryDiscoveryTest, NomadListsInstances) {
  const std::string query = "?namespace=default&region=global&stale=";
  fake_.client.AnswerJson("http://localhost:4646/v1/services" + query,
                          R"([{"Namespace": "default", "Services": [
                            {"ServiceName": "web", "Tags": ["a"]}, {"ServiceName": "x/y"}]}])");
  fake_.client.AnswerJson("http://localhost:4646/v1/service/web" + query, R"([{
    "ID": "_nomad-task-1", "ServiceName": "web", "Namespace": "default", "NodeID": "n-1",
    "Datacenter": "dc1", "JobID": "j", "AllocID": "al", "Tags": ["blue", "v1"],
    "Address": "10.0.0.1", "Port": 30456}])");
  fake_.client.AnswerJson("http://localhost:4646/v1/service/x%2Fy" + query, "[]");
  Start("nomad_sd_configs: [{}]");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "Nomad");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "10.0.0.1:30456"},
                                            {"__meta_nomad_address", "10.0.0.1"},
                                            {"__meta_nomad_dc", "dc1"},
                                            {"__meta_nomad_node_id", "n-1"},
                                            {"__meta_nomad_namespace", "default"},
                                            {"__meta_nomad_service_address", "10.0.0.1"},
                                            {"__meta_nomad_service_id", "_nomad-task-1"},
                                            {"__meta_nomad_service_port", "30456"},
                                            {"__meta_nomad_service", "web"},
                                            {"__meta_nomad_tags", ",blue,v1,"}}));
}

TEST_F(RegistryDiscoveryTest, NomadKeepsAllWhenOneServiceFails) {
  fake_.client.AnswerJson("http://n/v1/services?namespace=default&region=global",
                          R"([{"Services": [{"ServiceName": "web"}]}])");
  Start("nomad_sd_configs: [{server: 'http://n', allow_stale: false}]");
  EXPECT_THAT(Urls(), ElementsAre("http://n/v1/services?namespace=default&region=global",
                                  "http://n/v1/service/web?namespace=default&region=global"));
  EXPECT_EQ(publications_, 0);
}

TEST_F(RegistryDiscoveryTest, EurekaListsInstances) {
  fake_.client.AnswerJson("http://eureka/eureka/apps", R"(<?xml version="1.0"?>
<applications><versions__delta>1</versions__delta>
  <application><name>SHOP</name>
    <instance>
      <instanceId>shop-1</instanceId><hostName>shop.example</hostName><app>SHOP</app>
      <ipAddr>10.0.0.1</ipAddr><status>UP</status>
      <port enabled="true">8080</port><securePort enabled="false">8443</securePort>
      <countryId>1</countryId>
      <dataCenterInfo class="x"><name>MyOwn</name>
        <metadata><instance-type>m1</instance-type></metadata></dataCenterInfo>
      <metadata><a.b>x &amp; y</a.b><management.port>8090</management.port></metadata>
      <homePageUrl>http://shop.example/</homePageUrl>
      <statusPageUrl>http://shop.example/info</statusPageUrl>
      <healthCheckUrl>http://shop.example/health</healthCheckUrl>
      <vipAddress>shop</vipAddress><secureVipAddress>shop-s</secureVipAddress>
    </instance>
    <instance><hostName>bare</hostName></instance>
  </application>
</applications>)");
  Start("eureka_sd_configs: [{server: 'http://eureka/eureka'}]");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "eureka");
  EXPECT_THAT(
      Targets(),
      ElementsAre(
          Labels{{"__address__", "shop.example:8080"},
                 {"instance", "shop-1"},
                 {"__meta_eureka_app_name", "SHOP"},
                 {"__meta_eureka_app_instance_hostname", "shop.example"},
                 {"__meta_eureka_app_instance_homepage_url", "http://shop.example/"},
                 {"__meta_eureka_app_instance_statuspage_url", "http://shop.example/info"},
                 {"__meta_eureka_app_instance_healthcheck_url", "http://shop.example/health"},
                 {"__meta_eureka_app_instance_ip_addr", "10.0.0.1"},
                 {"__meta_eureka_app_instance_vip_address", "shop"},
                 {"__meta_eureka_app_instance_secure_vip_address", "shop-s"},
                 {"__meta_eureka_app_instance_status", "UP"},
                 {"__meta_eureka_app_instance_country_id", "1"},
                 {"__meta_eureka_app_instance_id", "shop-1"},
                 {"__meta_eureka_app_instance_port", "8080"},
                 {"__meta_eureka_app_instance_port_enabled", "true"},
                 {"__meta_eureka_app_instance_secure_port", "8443"},
                 {"__meta_eureka_app_instance_secure_port_enabled", "false"},
                 {"__meta_eureka_app_instance_datacenterinfo_name", "MyOwn"},
                 {"__meta_eureka_app_instance_datacenterinfo_metadata_instance_type", "m1"},
                 {"__meta_eureka_app_instance_metadata_a_b", "x &amp; y"},
                 {"__meta_eureka_app_instance_metadata_management_port", "8090"}},
          Labels{{"__address__", "bare:80"},
                 {"__meta_eureka_app_name", "SHOP"},
                 {"__meta_eureka_app_instance_hostname", "bare"},
                 {"__meta_eureka_app_instance_country_id", "0"}}));
}

TEST_F(RegistryDiscoveryTest, EurekaRefusesOtherAnswers) {
  fake_.client.AnswerJson("http://e/apps", "<applications>");
  Start("eureka_sd_configs: [{server: 'http://e'}]");
  fake_.client.AnswerJson("http://e/apps", "<applications/>");
  fake_.client.answers["http://e/apps"].status = 404;
  fake_.timers.AdvanceBy(30'000);
  EXPECT_EQ(publications_, 0);
  fake_.client.answers["http://e/apps"].status = 200;
  fake_.timers.AdvanceBy(30'000);
  EXPECT_EQ(publications_, 1);
}

class MarathonDiscoveryTest : public ServerDiscoveryTest {
 protected:
  void StartWith(const std::string& application) {
    fake_.client.AnswerJson("http://m/v2/apps/?embed=apps.tasks",
                            "{\"apps\": [" + application + "]}");
    Start("marathon_sd_configs: [{servers: ['http://m'], auth_token: t0k3n}]");
  }
};

TEST_F(MarathonDiscoveryTest, HasAGroupForEveryApplication) {
  StartWith(R"({"id": "/shop/web", "labels": {"team-name": "a"},
    "container": {"docker": {"image": "nginx"},
      "portMappings": [{"labels": {"metrics-path": "/m"}, "hostPort": 0, "containerPort": 80},
                       {"hostPort": 9100}]},
    "tasks": [{"id": "t-1", "host": "agent-1", "ports": [31000, 31001]}]})");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "/shop/web");
  EXPECT_EQ(groups_[0].labels, (Labels{{"__meta_marathon_app", "/shop/web"},
                                       {"__meta_marathon_image", "nginx"},
                                       {"__meta_marathon_app_label_team_name", "a"}}));
  EXPECT_THAT(groups_[0].targets,
              ElementsAre(Labels{{"__address__", "agent-1:31000"},
                                 {"__meta_marathon_task", "t-1"},
                                 {"__meta_marathon_port_index", "0"},
                                 {"__meta_marathon_port_mapping_label_metrics_path", "/m"}},
                          Labels{{"__address__", "agent-1:9100"},
                                 {"__meta_marathon_task", "t-1"},
                                 {"__meta_marathon_port_index", "1"}}));
  EXPECT_EQ(http::FindHeader(fake_.client.requests.at(0).headers, "Authorization"), "token=t0k3n");
}

TEST_F(MarathonDiscoveryTest, FindsPortsWhereTheyAre) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("tasks": [{"host": "h", "ports": [1, 2]}])", "h:1 h:2"},
      {R"("portDefinitions": [{"port": 80}], "tasks": [{"host": "h", "ports": [5]}])", "h:5"},
      {R"("portDefinitions": [{"port": 80}], "requirePorts": true,
          "tasks": [{"host": "h", "ports": [5]}])",
       "h:80"},
      {R"("container": {"docker": {"portMappings": [{"hostPort": 7}]}}, "tasks": [{"host": "h"}])",
       "h:7"},
      {R"("networks": [{"mode": "container"}],
          "container": {"portMappings": [{"containerPort": 8080, "hostPort": 1}]},
          "tasks": [{"host": "h", "ipAddresses": [{"ipAddress": "10.0.0.9"}]}])",
       "10.0.0.9:8080"},
      {R"("tasks": [{"host": "h"}])", ""},
  };
  for (const auto& [application, expected] : cases) {
    StartWith(fmt::format("{{{}}}", application));
    std::string found;
    for (const std::string& address : Addresses(groups_)) {
      found += (found.empty() ? "" : " ") + address;
    }
    EXPECT_EQ(found, expected) << application;
  }
}

TEST_F(RegistryDiscoveryTest, PuppetDbAsksItsQuery) {
  fake_.client.AnswerJson("https://puppet/base/pdb/query/v4", R"([{
    "certname": "edinburgh.example", "resource": "49af", "type": "Class", "title": "Prometheus",
    "exported": false, "tags": ["roles::app", "profile"], "file": "/etc/x.pp", "environment": "prod",
    "parameters": {"empty": [], "nothing": null, "port": 9100, "big": 12345678, "on": true,
      "list": ["a", 1, false], "nested": {"in-ner": {"x": "y"}}}}])");
  Start(R"(puppetdb_sd_configs: [{url: 'https://puppet/base/', query: 'resources { type = "x" }',
    include_parameters: true, port: 9100}])");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "https://puppet/base/pdb/query/v4?query=resources { type = \"x\" }");
  EXPECT_EQ(fake_.client.requests[0].method, "POST");
  EXPECT_EQ(fake_.client.requests[0].body, R"({"query":"resources { type = \"x\" }"})");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "edinburgh.example:9100"},
                                            {"__meta_puppetdb_query", "resources { type = \"x\" }"},
                                            {"__meta_puppetdb_certname", "edinburgh.example"},
                                            {"__meta_puppetdb_resource", "49af"},
                                            {"__meta_puppetdb_type", "Class"},
                                            {"__meta_puppetdb_title", "Prometheus"},
                                            {"__meta_puppetdb_exported", "false"},
                                            {"__meta_puppetdb_tags", ",roles::app,profile,"},
                                            {"__meta_puppetdb_file", "/etc/x.pp"},
                                            {"__meta_puppetdb_environment", "prod"},
                                            {"__meta_puppetdb_parameter_port", "9100"},
                                            {"__meta_puppetdb_parameter_big", "1.2345678e+07"},
                                            {"__meta_puppetdb_parameter_on", "true"},
                                            {"__meta_puppetdb_parameter_list", "a,1,false"},
                                            {"__meta_puppetdb_parameter_nested_in_ner_x", "y"}}));
}

TEST_F(RegistryDiscoveryTest, PuppetDbKeepsParametersBackAndDemandsJson) {
  fake_.client.AnswerJson("http://p/pdb/query/v4",
                          R"([{"certname": "a", "parameters": {"secret": "x"}}])");
  Start("puppetdb_sd_configs: [{url: 'http://p', query: q}]");
  EXPECT_EQ(groups_.at(0).targets.at(0), (Labels{{"__address__", "a:80"},
                                                 {"__meta_puppetdb_query", "q"},
                                                 {"__meta_puppetdb_certname", "a"},
                                                 {"__meta_puppetdb_exported", "false"}}));
  fake_.client.answers["http://p/pdb/query/v4"].headers = {{"Content-Type", "text/html"}};
  fake_.timers.AdvanceBy(60'000);
  EXPECT_EQ(publications_, 1);
}

TEST_F(RegistryDiscoveryTest, TritonListsContainersOrComputeNodes) {
  fake_.client.AnswerJson("https://cmon:9163/v1/discover?groups=a%2Cb", R"({"containers": [
    {"groups": ["a", "b"], "server_uuid": "s-1", "vm_alias": "web", "vm_brand": "lx",
     "vm_image_uuid": "i-1", "vm_uuid": "m-1"}]})");
  Start(R"(triton_sd_configs: [{account: x, dns_suffix: cmon.example, endpoint: cmon,
    groups: [a, b]}])");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "https://cmon:9163/v1/discover?groups=a%2Cb");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "m-1.cmon.example:9163"},
                                            {"__meta_triton_groups", ",a,b,"},
                                            {"__meta_triton_machine_alias", "web"},
                                            {"__meta_triton_machine_brand", "lx"},
                                            {"__meta_triton_machine_id", "m-1"},
                                            {"__meta_triton_machine_image", "i-1"},
                                            {"__meta_triton_server_id", "s-1"}}));
  fake_.client.AnswerJson("https://cmon:1/v2/gz/discover",
                          R"({"cns": [{"server_uuid": "s-1", "server_hostname": "node"}]})");
  Start(R"(triton_sd_configs: [{account: x, dns_suffix: d, endpoint: cmon, role: cn, port: 1,
    version: 2}])");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "s-1.d:1"},
                                            {"__meta_triton_machine_alias", "node"},
                                            {"__meta_triton_machine_id", "s-1"}}));
}

}  // namespace
}  // namespace tocsin::discovery
