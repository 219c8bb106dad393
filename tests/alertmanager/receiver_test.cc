// What receivers get, and what happens when they do not take it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "alertmanager/harness.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(WebhookTest, BodyIsUpstreamsByteForByte) {
  AlertmanagerOptions options;
  options.external_url = "http://am.example/?a=1&b=2";
  Harness h(
      "route: {receiver: team.db, group_by: [alertname], labels: {team: 'db-{{ .Status }}'}}\n"
      "receivers: [{name: team.db, webhook_configs: [{url: 'http://receiver/hook'}]}]\n",
      options);
  Alert alert;
  alert.labels = ParseLabels("alertname=HighLoad,instance=b,job=node");
  alert.annotations = ParseLabels("summary=load > 5 & rising <now>");
  alert.starts_at_ns = (kStartMs + 1500) * 1'000'000;
  alert.ends_at_ns = (kStartMs + kHour) * 1'000'000;
  alert.generator_url = "http://prometheus/graph?g0.expr=load%3E5&g0.tab=1";
  h.Post(alert);
  alert.labels = ParseLabels("alertname=HighLoad,instance=a,job=node");
  h.Post(alert);
  h.To(kMinute);
  ASSERT_THAT(h.client.sent, SizeIs(1));
  const http::ClientRequest& request = h.client.sent.front().request;
  const auto one = [](const char* instance, const char* fingerprint) {
    return fmt::format(
        R"({{"status":"firing","labels":{{"alertname":"HighLoad","instance":"{}","job":"node"}},)"
        R"("annotations":{{"summary":"load \u003e 5 \u0026 rising \u003cnow\u003e"}},)"
        R"("startsAt":"2024-01-15T12:00:01.5Z","endsAt":"0001-01-01T00:00:00Z",)"
        R"("generatorURL":"http://prometheus/graph?g0.expr=load%3E5\u0026g0.tab=1",)"
        R"("fingerprint":"{}"}})",
        instance, fingerprint);
  };
  const auto fingerprint = [](const char* labels) {
    return fmt::format("{:016x}", ParseLabels(labels).Fingerprint());
  };
  EXPECT_EQ(request.body,
            R"({"receiver":"team\\.db","status":"firing","alerts":[)" +
                one("a", fingerprint("alertname=HighLoad,instance=a,job=node").c_str()) + "," +
                one("b", fingerprint("alertname=HighLoad,instance=b,job=node").c_str()) +
                R"(],"notification_reason":"first notification",)"
                R"("groupLabels":{"alertname":"HighLoad"},)"
                R"("commonLabels":{"alertname":"HighLoad","job":"node"},)"
                R"("commonAnnotations":{"summary":"load \u003e 5 \u0026 rising \u003cnow\u003e"},)"
                R"("routeLabels":{"team":"db-firing"},)"
                R"("externalURL":"http://am.example/?a=1\u0026b=2","version":"4",)"
                R"("groupKey":"{}:{alertname=\"HighLoad\"}","truncatedAlerts":0})"
                "\n");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://receiver/hook");
  EXPECT_EQ(http::FindHeader(request.headers, "Content-Type"), "application/json");
  EXPECT_EQ(http::FindHeader(request.headers, "User-Agent"), "Alertmanager/0.34.0");
}

TEST(WebhookTest, ResolvedAlertHasItsEnd) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.To(6 * kMinute);
  const auto pages = h.TakePages();
  ASSERT_THAT(pages, SizeIs(2));
  EXPECT_EQ(pages[1].status, "resolved");
  EXPECT_EQ(pages[1].body.Find("alerts")->AsArray()->front().FindString("endsAt"),
            "2024-01-15T12:01:00Z");
}

TEST(WebhookTest, MaxAlertsCutsBeforeAnythingIsComputed) {
  Harness h(BasicConfig("", "    max_alerts: 2\n"));
  for (const char* instance : {"c", "a", "b"}) {
    h.Fire(fmt::format("alertname=A,job=node,instance={},zone={}", instance,
                       *instance == 'c' ? "2" : "1"));
  }
  h.To(kMinute);
  const auto pages = h.TakePages();
  ASSERT_THAT(pages, SizeIs(1));
  EXPECT_EQ(*pages[0].body.Find("truncatedAlerts")->AsInt(), 1);
  EXPECT_THAT(pages[0].alerts, SizeIs(2));
  EXPECT_EQ(pages[0].body.Find("commonLabels")->FindString("zone"), "1");  // Of a and b.
}

TEST(WebhookTest, UrlCanBeATemplateOrInAFile) {
  Harness h(
      "route: {receiver: web, group_by: [alertname]}\n"
      "receivers:\n- name: web\n  webhook_configs:\n"
      "  - url: 'http://receiver/{{ .GroupLabels.alertname | toLower }}?s={{ .Status }}'\n"
      "  - url_file: url.txt\n");
  std::ofstream(h.directory.path() + "/url.txt") << "http://secret/path\n";
  h.Fire("alertname=Disk");
  h.To(kMinute);
  ASSERT_THAT(h.client.sent, SizeIs(2));
  EXPECT_EQ(h.client.sent[0].request.url, "http://receiver/disk?s=firing");
  EXPECT_EQ(h.client.sent[1].request.url, "http://secret/path");
}

TEST(WebhookTest, PayloadOfTheUsersOwnReplacesTheBody) {
  Harness h(
      "route: {receiver: web, group_by: [alertname]}\n"
      "receivers:\n- name: web\n  webhook_configs:\n"
      "  - url: 'http://receiver/hook'\n"
      "    payload:\n"
      "      text: '{{ .CommonLabels.alertname }} is {{ .Status }}'\n"
      "      count: '{{ len .Alerts }}'\n"
      "      labels: '{{ toJson .CommonLabels }}'\n"
      "      fixed: {b: 1, a: [true, null, 'x']}\n");
  h.Fire("alertname=Disk,x=<y>");
  h.To(kMinute);
  ASSERT_THAT(h.client.sent, SizeIs(1));
  EXPECT_EQ(h.client.sent[0].request.body,
            R"({"count":1,"fixed":{"a":[true,null,"x"],"b":1},)"
            R"("labels":{"alertname":"Disk","x":"\u003cy\u003e"},"text":"Disk is firing"})"
            "\n");
}

TEST(WebhookTest, TimeoutOfTheReceiverBoundsAnAttempt) {
  Harness h(BasicConfig("", "    timeout: 3s\n"));
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_EQ(h.client.sent.front().request.timeout_ms, 3000);
}

TEST(RetryTest, ServerErrorsAreRetriedWithGrowingPauses) {
  Harness h(BasicConfig());
  int attempts = 0;
  h.client.answer = [&](const http::ClientRequest&) -> Result<http::ClientResponse> {
    http::ClientResponse response;
    response.status = ++attempts < 5 ? 503 : 200;
    return response;
  };
  h.Fire("alertname=A", 24 * kHour);
  h.To(kHour);
  std::vector<int64_t> at_ms;
  for (const Page& page : h.TakePages()) at_ms.push_back(page.at_ms);
  // 500 ms, then half as much again each time (the tests' random number is the middle).
  EXPECT_THAT(at_ms, ElementsAre(30000, 30500, 31250, 32375, 34062));
  EXPECT_EQ(h.metric(R"(alertmanager_notifications_total{integration="webhook"})"), 1);
  EXPECT_EQ(h.metric(R"(alertmanager_notification_requests_total{integration="webhook"})"), 5);
  EXPECT_EQ(h.metric(R"(alertmanager_notification_requests_failed_total{integration="webhook"})"),
            4);
}

TEST(RetryTest, PausesAreAtMostAMinuteAndEndWithTheFlush) {
  Harness h(BasicConfig());
  h.client.AnswerWith(500);
  h.Fire("alertname=A", 24 * kHour);
  h.To(5 * kMinute + 29 * kSecond);
  const auto pages = h.TakePages();
  ASSERT_GT(pages.size(), 10u);
  for (size_t i = 1; i < pages.size(); ++i) {
    EXPECT_LE(pages[i].at_ms - pages[i - 1].at_ms, 60000);
  }
  EXPECT_EQ(
      h.metric(
          R"(alertmanager_notifications_failed_total{integration="webhook",reason="serverError"})"),
      0);
  h.To(5 * kMinute + 30 * kSecond);
  EXPECT_EQ(
      h.metric(
          R"(alertmanager_notifications_failed_total{integration="webhook",reason="serverError"})"),
      1);
  // The next flush tries again, and the page arrives.
  h.client.AnswerWith(200);
  h.To(6 * kMinute);
  EXPECT_EQ(h.TakePages().back().reason, "first notification");
}

TEST(RetryTest, ClientErrorsAreFinalForThisFlush) {
  Harness h(BasicConfig());
  h.client.AnswerWith(400);
  h.Fire("alertname=A", 24 * kHour);
  h.To(11 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s firing first notification [A:firing]",
                                            "10m30s firing first notification [A:firing]"));
  EXPECT_EQ(
      h.metric(
          R"(alertmanager_notifications_failed_total{integration="webhook",reason="clientError"})"),
      3);
}

TEST(RetryTest, TooManyRequestsAreFinalToo) {
  Harness h(BasicConfig());
  h.client.AnswerWith(429);
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_THAT(h.TakePages(), SizeIs(1));
  EXPECT_EQ(
      h.metric(
          R"(alertmanager_notifications_failed_total{integration="webhook",reason="rateLimited"})"),
      1);
}

TEST(RetryTest, UnreachableReceiverIsRetried) {
  Harness h(BasicConfig());
  int attempts = 0;
  h.client.answer = [&](const http::ClientRequest&) -> Result<http::ClientResponse> {
    if (++attempts < 3) return Error(ErrorCode::kUnavailable, "connection refused");
    http::ClientResponse response;
    response.status = 204;
    return response;
  };
  h.Fire("alertname=A", 24 * kHour);
  h.To(2 * kHour);
  EXPECT_THAT(h.TakePages(), SizeIs(3));
}

TEST(RetryTest, OneIntegrationThatFailsDoesNotRepeatTheOthers) {
  Harness h(
      "route: {receiver: web, group_by: [alertname]}\n"
      "receivers:\n- name: web\n  webhook_configs:\n"
      "  - url: 'http://good/'\n  - url: 'http://bad/'\n");
  h.client.answer = [](const http::ClientRequest& request) -> Result<http::ClientResponse> {
    http::ClientResponse response;
    response.status = request.url == "http://good/" ? 200 : 400;
    return response;
  };
  h.Fire("alertname=A");
  h.To(6 * kMinute);
  h.Resolve("alertname=A");
  h.To(12 * kMinute);
  std::vector<std::string> told;
  for (const SentRequest& sent : h.client.sent) {
    told.push_back(fmt::format("{} {}", sent.at_ms / 1000, sent.request.url));
  }
  EXPECT_THAT(told, ElementsAre("30 http://good/", "30 http://bad/", "330 http://bad/",
                                "630 http://good/"));
}

TEST(ReceiverTest, RoutesAndContinueReachSeveralReceivers) {
  Harness h(
      "route:\n  receiver: a\n  group_by: [alertname]\n  routes:\n"
      "  - {matchers: [x = 1], receiver: b, continue: true}\n"
      "  - {matchers: [x = 1], receiver: c}\n"
      "receivers:\n"
      "- {name: a, webhook_configs: [{url: 'http://a/'}]}\n"
      "- {name: b, webhook_configs: [{url: 'http://b/'}]}\n"
      "- {name: c, webhook_configs: [{url: 'http://c/'}]}\n");
  h.Fire("alertname=A,x=1");
  h.Fire("alertname=B");
  h.To(kMinute);
  std::vector<std::string> urls;
  for (const SentRequest& sent : h.client.sent) urls.push_back(sent.request.url);
  EXPECT_THAT(urls, ElementsAre("http://b/", "http://c/", "http://a/"));
}

TEST(ReceiverTest, ReceiverThatNoRouteUsesIsNotBuilt) {
  Harness h(
      "route: {receiver: a}\n"
      "receivers: [{name: a}, {name: unused, webhook_configs: [{url: 'http://x/'}]}]\n");
  EXPECT_EQ(h.metric("alertmanager_receivers"), 1);
  EXPECT_EQ(h.metric("alertmanager_integrations"), 0);
}

TEST(ConsoleTest, PagesAreReadable) {
  Harness h("route: {receiver: console, group_by: [alertname]}\nreceivers: [{name: console}]\n");
  h.Fire("alertname=RedisDown,instance=localhost:9121,severity=critical", kHour,
         "summary=Redis does not answer");
  h.To(kMinute);
  h.Resolve("alertname=RedisDown,instance=localhost:9121,severity=critical");
  h.To(6 * kMinute);
  EXPECT_THAT(
      h.lines,
      ElementsAre("[FIRING]   RedisDown: Redis does not answer  {instance=localhost:9121 "
                  "severity=critical}  since 2024-01-15T12:00:00Z (30s)",
                  "[RESOLVED] RedisDown  {instance=localhost:9121 severity=critical}  after 1m"));
  EXPECT_THAT(h.client.sent, IsEmpty());
}

TEST(ConfigHashTest, IsTheFirst48BitsOfTheMd5) {
  Harness h("route: {receiver: a}\nreceivers: [{name: a}]\n");
  // md5sum of that text begins with the bytes that make this number, least significant first.
  EXPECT_EQ(h.metric("alertmanager_config_hash"), 184816797860636.0);
}

}  // namespace
}  // namespace tocsin::alertmanager
