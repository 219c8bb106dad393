#include "notifier/notifier_manager.h"

#include "notifier/notifier_fixture.h"

namespace tocsin::notifier {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NotifierManagerTest : public NotifierTest {
 protected:
  void Apply(const std::string& alerting, const Labels& external_labels = {}) {
    const auto config = config::ParsePrometheusConfig("alerting:\n" + alerting, "p.yml");
    ASSERT_TRUE(config.ok()) << config.error().message();
    const Status status = manager_.ApplyConfig(config->alerting, external_labels);
    ASSERT_TRUE(status.ok()) << status.error().message();
    timers_.AdvanceBy(10'000);  // Discovery delivers.
  }
  void Send(const std::vector<Alert>& alerts) {
    manager_.Send(alerts);
    timers_.AdvanceBy(0);
  }
  std::vector<std::string> Urls() const {
    std::vector<std::string> urls;
    for (const auto& request : client_.requests) urls.push_back(request.url);
    return urls;
  }

  NotifierManager manager_{Environment(), NotifierOptions()};
};

constexpr const char* kTwo = "  alertmanagers:\n  - static_configs: [{targets: ['a:1', 'b:2']}]\n";

TEST_F(NotifierManagerTest, EveryAlertmanagerGetsEveryAlert) {
  Apply(kTwo);
  EXPECT_THAT(manager_.Alertmanagers().active,
              ElementsAre("http://a:1/api/v2/alerts", "http://b:2/api/v2/alerts"));
  Send({MakeAlert("A"), MakeAlert("B")});
  EXPECT_THAT(Urls(), ElementsAre("http://a:1/api/v2/alerts", "http://b:2/api/v2/alerts"));
  EXPECT_THAT(NamesIn(1), ElementsAre("A", "B"));
  EXPECT_THAT(registry_.Expose(), HasSubstr("prometheus_notifications_alertmanagers_discovered 2"));
}

TEST_F(NotifierManagerTest, WithoutAlertmanagersNothingHappens) {
  Send({MakeAlert("A")});
  Apply("  alertmanagers: []\n");
  Send({MakeAlert("A")});
  EXPECT_THAT(client_.requests, IsEmpty());
}

TEST_F(NotifierManagerTest, ExternalLabelsFillGapsBeforeRelabeling) {
  Apply(
      "  alert_relabel_configs:\n"
      "  - {action: labeldrop, regex: replica}\n"
      "  - {source_labels: [alertname, dc], regex: 'Gone;.*', action: drop}\n"
      "  alertmanagers:\n"
      "  - static_configs: [{targets: ['a:1']}]\n"
      "    alert_relabel_configs: [{target_label: for, replacement: a}]\n"
      "  - static_configs: [{targets: ['b:2']}]\n",
      Labels{{"dc", "fra"}, {"replica", "1"}});
  Alert own = MakeAlert("Own");
  own.labels = Labels{{"alertname", "Own"}, {"dc", "mine"}};
  Send({own, MakeAlert("A"), MakeAlert("Gone")});
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(client_.requests[0].body,
              testing::AllOf(HasSubstr(R"("labels":{"alertname":"Own","dc":"mine","for":"a"})"),
                             HasSubstr(R"("labels":{"alertname":"A","dc":"fra","for":"a"})")));
  EXPECT_THAT(client_.requests[1].body, HasSubstr(R"("labels":{"alertname":"A","dc":"fra"})"));
  EXPECT_THAT(NamesIn(0), ElementsAre("Own", "A"));
}

TEST_F(NotifierManagerTest, ADeadAlertmanagerDoesNotDelayTheOther) {
  Apply(kTwo);
  client_.responses.push_back(FakeClient::Refused());
  Send({MakeAlert("A")});
  ASSERT_EQ(client_.requests.size(), 2u);
  Send({MakeAlert("B")});
  ASSERT_EQ(client_.requests.size(), 3u);  // The dead one waits for its retry.
  EXPECT_EQ(client_.requests[2].url, "http://b:2/api/v2/alerts");
  timers_.AdvanceBy(500);
  ASSERT_EQ(client_.requests.size(), 4u);
  EXPECT_THAT(NamesIn(3), ElementsAre("A", "B"));
}

TEST_F(NotifierManagerTest, ReloadKeepsTheQueuesOfThoseThatStay) {
  Apply(kTwo);
  client_.responses = {FakeClient::Refused(), FakeClient::Refused()};
  manager_.Send(std::vector<Alert>{MakeAlert("A")});
  timers_.AdvanceBy(0);
  ASSERT_EQ(client_.requests.size(), 2u);
  const auto config = config::ParsePrometheusConfig(
      "alerting:\n  alertmanagers:\n  - timeout: 7s\n    static_configs: [{targets: ['b:2']}]\n",
      "p.yml");
  ASSERT_TRUE(manager_.ApplyConfig(config->alerting, Labels()).ok());
  timers_.AdvanceBy(20'000);
  ASSERT_GE(client_.requests.size(), 3u);
  const http::ClientRequest& last = client_.requests.back();
  EXPECT_EQ(last.url, "http://b:2/api/v2/alerts");
  EXPECT_EQ(last.timeout_ms, 7000);
  EXPECT_THAT(manager_.Alertmanagers().active, ElementsAre("http://b:2/api/v2/alerts"));
}

TEST_F(NotifierManagerTest, FilesOfAlertmanagersAreRead) {
  const std::string path = testing::TempDir() + "notifier_am.json";
  ASSERT_TRUE(fs_.WriteFileAtomically(path, R"([{"targets":["file:9093"]}])").ok());
  Apply("  alertmanagers:\n  - file_sd_configs: [{files: ['" + path + "']}]\n");
  EXPECT_THAT(manager_.Alertmanagers().active, ElementsAre("http://file:9093/api/v2/alerts"));
}

TEST_F(NotifierManagerTest, DroppedAlertmanagersAreShown) {
  Apply(
      "  alertmanagers:\n  - static_configs: [{targets: ['a:1']}]\n    relabel_configs: [{action: "
      "drop, source_labels: [__address__], regex: 'a.*'}]\n");
  EXPECT_THAT(manager_.Alertmanagers().active, IsEmpty());
  EXPECT_THAT(manager_.Alertmanagers().dropped, ElementsAre("http://a:1/api/v2/alerts"));
}

TEST_F(NotifierManagerTest, StopDrains) {
  Apply(kTwo);
  manager_.Send(std::vector<Alert>{MakeAlert("A")});
  manager_.Stop();
  EXPECT_EQ(client_.requests.size(), 2u);
  Send({MakeAlert("B")});
  EXPECT_EQ(client_.requests.size(), 2u);
}

}  // namespace
}  // namespace tocsin::notifier
