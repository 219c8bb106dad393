#include <gmock/gmock.h>

#include "discovery/server_discovery_fixture.h"
#include "discovery/xml_rpc.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Answers what is asked by the method that is called.
class RpcClient final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    http::ClientResponse response;
    response.status = 200;
    for (const auto& [method, body] : answers) {
      if (request.body.find("<methodName>" + method + "<") != std::string::npos) {
        response.body = "<methodResponse>" + body + "</methodResponse>";
      }
    }
    requests.push_back(std::move(request));
    done(std::move(response));
    return requests.size();
  }
  void Cancel(RequestId) override {}

  std::map<std::string, std::string> answers;
  std::vector<http::ClientRequest> requests;
};

std::string Answer(const std::string& value) {
  return "<params><param><value>" + value + "</value></param></params>";
}
std::string Member(const std::string& name, const std::string& value) {
  return "<member><name>" + name + "</name><value>" + value + "</value></member>";
}
std::string List(const std::string& members) {
  return "<array><data><value><struct>" + members + "</struct></value></data></array>";
}

class UyuniDiscoveryTest : public ::testing::Test {
 protected:
  UyuniDiscoveryTest() {
    client_.answers["auth.login"] = Answer("<string>t0k3n</string>");
    client_.answers["system.listSystemGroupsForSystemsWithEntitlement"] = Answer(
        List(Member("id", "<i4>7</i4>") +
             Member("system_groups", "<array><data><value><struct>" + Member("name", "a") +
                                         "</struct></value><value><struct>" + Member("name", "b") +
                                         "</struct></value></data></array>")));
    client_.answers["system.monitoring.listEndpoints"] =
        Answer(List(Member("system_id", "<int>7</int>") + Member("port", "<int>9100</int>") +
                    Member("endpoint_name", "node") + Member("exporter_name", "node_exporter") +
                    Member("module", "m") + Member("path", "/metrics") +
                    Member("tls_enabled", "<boolean>1</boolean>")));
    client_.answers["system.getNetworkForSystems"] =
        Answer(List(Member("system_id", "<int>7</int>") + Member("hostname", "host-1") +
                    Member("primary_fqdn", "host-1.example")));
  }
  void Start() {
    const auto config = config::ParsePrometheusConfig(
        "scrape_configs:\n- job_name: j\n  uyuni_sd_configs: "
        "[{server: 'https://uyuni/', username: me, password: 'a<b'}]",
        "p.yml");
    ASSERT_TRUE(config) << config.error().message();
    const DiscoveryEnvironment environment{fake_.clock,
                                           fake_.timers,
                                           fake_.files,
                                           fake_.watcher,
                                           fake_.logger,
                                           fake_.registry,
                                           fake_.environment.load_groups,
                                           client_,
                                           fake_.resolver,
                                           fake_.environment.run_on_worker};
    auto made = MakeServerDiscovery(config->AllScrapeConfigs().at(0).discovery.servers.at(0), "j",
                                    environment);
    ASSERT_TRUE(made) << made.error().message();
    discovery_ = std::move(*made);
    discovery_->Start([this](std::vector<TargetGroup> groups) { groups_ = std::move(groups); });
    fake_.RunDueTimers();
  }

  FakeEnvironment fake_;
  RpcClient client_;
  std::vector<TargetGroup> groups_;
  std::unique_ptr<Discoverer> discovery_;
};

TEST_F(UyuniDiscoveryTest, ListsExporters) {
  Start();
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "https://uyuni/rpc/api");
  EXPECT_THAT(groups_[0].targets,
              ElementsAre(Labels{{"__address__", "host-1:9100"},
                                 {"__meta_uyuni_minion_hostname", "host-1"},
                                 {"__meta_uyuni_primary_fqdn", "host-1.example"},
                                 {"__meta_uyuni_system_id", "7"},
                                 {"__meta_uyuni_groups", "a,b"},
                                 {"__meta_uyuni_endpoint_name", "node"},
                                 {"__meta_uyuni_exporter", "node_exporter"},
                                 {"__meta_uyuni_proxy_module", "m"},
                                 {"__meta_uyuni_metrics_path", "/metrics"},
                                 {"__meta_uyuni_scheme", "https"}}));
  ASSERT_EQ(client_.requests.size(), 4u);
  EXPECT_EQ(client_.requests[0].body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>auth.login"
            "</methodName><params><param><value><string>me</string></value></param><param><value>"
            "<string>a&lt;b</string></value></param><param><value><int>600</int></value></param>"
            "</params></methodCall>");
  EXPECT_THAT(client_.requests[2].body,
              HasSubstr("<string>t0k3n</string></value></param><param><value><array><data><value>"
                        "<int>7</int></value></data></array></value></param>"));
}

TEST_F(UyuniDiscoveryTest, LogsInAgainWhenTheTokenIsOldOrRefused) {
  Start();
  fake_.timers.AdvanceBy(60'000);
  EXPECT_EQ(client_.requests.size(), 7u);
  client_.answers["system.monitoring.listEndpoints"] =
      "<fault><value><struct>" + Member("faultCode", "<int>-1</int>") +
      Member("faultString", "no session") + "</struct></value></fault>";
  fake_.timers.AdvanceBy(60'000);
  EXPECT_EQ(client_.requests.size(), 9u);
  EXPECT_EQ(groups_.size(), 1u);
  fake_.timers.AdvanceBy(60'000);
  EXPECT_THAT(client_.requests[9].body, HasSubstr("auth.login"));
}

TEST(XmlRpcTest, RefusesFaultsAndOtherDocuments) {
  const std::pair<const char*, const char*> cases[] = {
      {"<methodResponse><fault><value><struct><member><name>faultCode</name><value><i4>4</i4>"
       "</value></member><member><name>faultString</name><value>No</value></member></struct>"
       "</value></fault></methodResponse>",
       "Fault(4): No"},
      {"<methodResponse><fault/></methodResponse>", "Fault(0): "},
      {"<html/>", "no XML-RPC response"},
      {"<methodResponse><params><param/></params></methodResponse>", "no XML-RPC response"},
  };
  for (const auto& [body, message] : cases) {
    const auto value = ParseXmlRpcResponse(body);
    ASSERT_FALSE(value) << body;
    EXPECT_EQ(value.error().message(), message);
  }
}

}  // namespace
}  // namespace tocsin::discovery
