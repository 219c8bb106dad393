#include "discovery/server_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/discovery_manager.h"
#include "discovery/server_discovery_fixture.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(ServerDiscoveryTest, HttpListsGroups) {
  fake_.client.AnswerJson("http://sd/targets", R"([
    {"targets": ["10.0.0.1:9100", "10.0.0.2:9100"], "labels": {"env": "prod"}},
    {"targets": ["10.0.0.3:9100"]}])");
  Start("http_sd_configs: [{url: 'http://sd/targets', refresh_interval: 30s}]");
  ASSERT_EQ(groups_.size(), 2u);
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.0.1:9100", "10.0.0.2:9100", "10.0.0.3:9100"));
  EXPECT_EQ(groups_[0].labels, (Labels{{"__meta_url", "http://sd/targets"}, {"env", "prod"}}));
  EXPECT_EQ(groups_[1].labels, (Labels{{"__meta_url", "http://sd/targets"}}));
  EXPECT_EQ(groups_[1].source, "http://sd/targets:1");
  ASSERT_EQ(fake_.client.requests.size(), 1u);
  const http::ClientRequest& request = fake_.client.requests[0];
  EXPECT_EQ(http::FindHeader(request.headers, "Accept"), "application/json");
  EXPECT_EQ(http::FindHeader(request.headers, "X-Prometheus-Refresh-Interval-Seconds"), "30");
}

TEST_F(ServerDiscoveryTest, AnOutageKeepsTheLastTargets) {
  fake_.client.AnswerJson("http://sd/", R"([{"targets": ["a:1"]}])");
  Start("http_sd_configs: [{url: 'http://sd/', refresh_interval: 30s}]");
  fake_.client.answers.clear();
  fake_.timers.AdvanceBy(30'000);
  fake_.client.AnswerJson("http://sd/", "[{");
  fake_.timers.AdvanceBy(30'000);
  fake_.client.AnswerJson("http://sd/", "[]");
  fake_.client.answers["http://sd/"].status = 500;
  fake_.timers.AdvanceBy(30'000);
  EXPECT_EQ(fake_.client.requests.size(), 4u);
  EXPECT_EQ(publications_, 1);
  EXPECT_THAT(Addresses(groups_), ElementsAre("a:1"));
  fake_.client.AnswerJson("http://sd/", "[]");
  fake_.timers.AdvanceBy(30'000);
  EXPECT_EQ(publications_, 2);
  EXPECT_THAT(groups_, IsEmpty());
}

TEST_F(ServerDiscoveryTest, HttpRefusesWhatIsNoListOfGroups) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "the answer is no list of target groups"},
      {"[null]", "nil target group item found"},
      {"[1]", "a target group is no object"},
      {R"([{"targets": "a"}])", "targets of a group are no list"},
      {R"([{"targets": [1]}])", "a target is no string"},
      {R"([{"targets": [], "labels": {"a": 1}}])", "label a is no string"},
  };
  for (const auto& [body, message] : cases) {
    fake_.client.AnswerJson("http://sd/", body);
    Start("http_sd_configs: [{url: 'http://sd/'}]");
    EXPECT_EQ(publications_, 0) << body;
  }
}

TEST_F(ServerDiscoveryTest, DnsResolvesServices) {
  fake_.resolver.records[{"_m._tcp.shop", DnsType::kSrv}] = {{"a.shop", 9100}, {"b.shop", 9101}};
  Start("dns_sd_configs: [{names: [_m._tcp.shop]}]");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "_m._tcp.shop");
  EXPECT_THAT(groups_[0].targets, ElementsAre(Labels{{"__address__", "a.shop:9100"},
                                                     {"__meta_dns_name", "_m._tcp.shop"},
                                                     {"__meta_dns_srv_record_port", "9100"},
                                                     {"__meta_dns_srv_record_target", "a.shop"}},
                                              Labels{{"__address__", "b.shop:9101"},
                                                     {"__meta_dns_name", "_m._tcp.shop"},
                                                     {"__meta_dns_srv_record_port", "9101"},
                                                     {"__meta_dns_srv_record_target", "b.shop"}}));
}

TEST_F(ServerDiscoveryTest, DnsResolvesAddressesAndOtherNames) {
  fake_.resolver.records[{"shop", DnsType::kAaaa}] = {{"2001:db8::1", 0}};
  Start("dns_sd_configs: [{names: [shop], type: aaaa, port: 80}]");
  EXPECT_THAT(Addresses(groups_), ElementsAre("[2001:db8::1]:80"));
  fake_.resolver.records[{"shop", DnsType::kMx}] = {{"mail.shop", 0}};
  Start("dns_sd_configs: [{names: [shop], type: MX, port: 25}]");
  EXPECT_EQ(groups_.at(0).targets.at(0), (Labels{{"__address__", "mail.shop:25"},
                                                 {"__meta_dns_mx_record_target", "mail.shop"},
                                                 {"__meta_dns_name", "shop"}}));
}

TEST_F(ServerDiscoveryTest, ANameThatFailsKeepsItsTargetsAndTheOthersGoOn) {
  fake_.resolver.records[{"a", DnsType::kA}] = {{"10.0.0.1", 0}};
  fake_.resolver.records[{"b", DnsType::kA}] = {{"10.0.0.2", 0}};
  Start("dns_sd_configs: [{names: [a, b], type: A, port: 1}]");
  fake_.resolver.records.erase({"a", DnsType::kA});
  fake_.resolver.records[{"b", DnsType::kA}] = {{"10.0.0.3", 0}};
  fake_.timers.AdvanceBy(30'000);
  EXPECT_THAT(Addresses(groups_), ElementsAre("10.0.0.1:1", "10.0.0.3:1"));
}

TEST_F(ServerDiscoveryTest, ManagerRunsAndKeepsThem) {
  fake_.client.AnswerJson("http://sd/", R"([{"targets": ["a:1"]}])");
  std::vector<TargetGroup> delivered;
  DiscoveryManager manager(
      "scrape", fake_.environment,
      [&](const std::string&, const std::vector<TargetGroup>& groups) { delivered = groups; });
  config::DiscoveryConfigs configs;
  configs.servers = {Config("http_sd_configs: [{url: 'http://sd/'}]")};
  manager.ApplyConfig({{"j", configs}});
  fake_.timers.AdvanceBy(1);
  EXPECT_THAT(Addresses(delivered), ElementsAre("a:1"));
  manager.ApplyConfig({{"j", configs}});  // Equal: it goes on, nothing is asked again.
  fake_.timers.AdvanceBy(10'000);
  EXPECT_EQ(fake_.client.requests.size(), 1u);
}

}  // namespace
}  // namespace tocsin::discovery
