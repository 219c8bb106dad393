#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/harness.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(ApiAlertsTest, GetShowsExactlyUpstreamsKeys) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,severity=critical", kHour, "summary=down <now>");
  EXPECT_EQ(h.Call("GET", "/api/v2/alerts").body,
            R"([{"annotations":{"summary":"down \u003cnow\u003e"},)"
            R"("endsAt":"2024-01-15T13:00:00.000Z","fingerprint":"b807e636403824b5",)"
            R"("receivers":[{"name":"web"}],"startsAt":"2024-01-15T12:00:00.000Z",)"
            R"("status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},)"
            R"("updatedAt":"2024-01-15T12:00:00.000Z",)"
            R"("generatorURL":"http://prometheus/graph",)"
            R"("labels":{"alertname":"A","severity":"critical"}}])"
            "\n");
}

TEST(ApiAlertsTest, FingerprintIsUpstreams) {
  Harness h(BasicConfig());
  h.Fire("alertname=alert1,severity=critical");
  EXPECT_THAT(h.Call("GET", "/api/v2/alerts").body, HasSubstr("0223b772b51c29e1"));
}

TEST(ApiAlertsTest, PostFillsInWhatIsMissing) {
  Harness h(BasicConfig());
  const auto response =
      h.Call("POST", "/api/v2/alerts",
             R"([{"labels":{"alertname":"A","empty":""},"annotations":{"note":""}},)"
             R"({"labels":{"alertname":"B"},"endsAt":"2024-01-15T11:00:00+02:00"}])");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  const JsonValue alerts = h.CallJson("GET", "/api/v2/alerts");
  ASSERT_THAT(*alerts.AsArray(), SizeIs(1));  // B is over.
  const JsonValue& alert = alerts.AsArray()->front();
  EXPECT_EQ(alert.FindString("startsAt"), "2024-01-15T12:00:00.000Z");
  EXPECT_EQ(alert.FindString("endsAt"), "2024-01-15T12:05:00.000Z");  // resolve_timeout
  EXPECT_EQ(alert.Find("labels")->AsObject()->size(), 1u);
  EXPECT_EQ(alert.Find("annotations")->AsObject()->size(), 1u);
}

TEST(ApiAlertsTest, SendersOffsetIsKept) {
  Harness h(BasicConfig());
  h.Call("POST", "/api/v2/alerts",
         R"([{"labels":{"alertname":"A"},"startsAt":"2024-01-15T13:30:00.5+02:00"}])");
  EXPECT_THAT(h.Call("GET", "/api/v2/alerts").body,
              HasSubstr(R"("startsAt":"2024-01-15T13:30:00.500+02:00")"));
  h.To(kMinute);
  EXPECT_THAT(h.client.sent.front().request.body,
              HasSubstr(R"("startsAt":"2024-01-15T13:30:00.5+02:00")"));
}

TEST(ApiAlertsTest, ValidAlertsAreStoredEvenWhenOthersAreNot) {
  Harness h(BasicConfig());
  const auto response = h.Call(
      "POST", "/api/v2/alerts",
      R"([{"labels":{"alertname":"A"}},{"labels":{}},)"
      R"({"labels":{"alertname":"C"},"startsAt":"2024-01-15T12:00:00Z","endsAt":"2024-01-15T11:00:00Z"}])");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "\"at least one label pair required; start time must be before end time\"\n");
  EXPECT_THAT(*h.CallJson("GET", "/api/v2/alerts").AsArray(), SizeIs(1));
  EXPECT_EQ(h.metric(R"(alertmanager_alerts_invalid_total{version="v2"})"), 2);
  EXPECT_EQ(h.metric(R"(alertmanager_alerts_received_total{status="firing",version="v2"})"), 2);
  EXPECT_EQ(h.metric(R"(alertmanager_alerts_received_total{status="resolved",version="v2"})"), 1);
}

struct Refusal {
  const char* body;
  int status;
  const char* want;
};

TEST(ApiAlertsTest, FrameworkRefusesWhatIsNoListOfAlerts) {
  Harness h(BasicConfig());
  const Refusal refusals[] = {
      {"", 422, R"({"code":602,"message":"alerts in body is required"})"},
      {"null", 422, R"({"code":602,"message":"alerts in body is required"})"},
      {"[{}]", 422, R"({"code":602,"message":"0.labels in body is required"})"},
      {R"([{"labels":{"a":"b"}},{"annotations":{}}])", 422,
       R"({"code":602,"message":"1.labels in body is required"})"},
      {R"([{"labels":{"a":"b"},"generatorURL":"no url"}])", 422,
       R"({"code":601,"message":"0.generatorURL in body must be of type uri: \"no url\""})"},
      {R"([{"labels":{"a":1}}])", 400, "a value that is not a string"},
      {"{", 400, R"(parsing alerts body from \"\" failed, because )"},
      {"{}", 400, R"(parsing alerts body from \"\" failed, because )"},
      {R"([{"labels":{"a":"b"},"startsAt":"yesterday"}])", 400, "yesterday"},
  };
  for (const Refusal& refusal : refusals) {
    http::Request request;
    const auto response = h.Call("POST", "/api/v2/alerts", refusal.body);
    if (*refusal.body == '\0') {
      EXPECT_EQ(response.status, 415);  // Without a body there is no media type either.
      continue;
    }
    EXPECT_EQ(response.status, refusal.status) << refusal.body << response.body;
    EXPECT_THAT(response.body, HasSubstr(refusal.want)) << refusal.body;
  }
  EXPECT_THAT(*h.CallJson("GET", "/api/v2/alerts").AsArray(), IsEmpty());
}

std::vector<std::string> Names(const JsonValue& alerts) {
  std::vector<std::string> names;
  for (const JsonValue& alert : *alerts.AsArray()) {
    names.emplace_back(alert.Find("labels")->FindString("alertname"));
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(ApiAlertsTest, FiltersSelect) {
  Harness h(
      "route: {receiver: web, routes: [{matchers: [team = db], receiver: db.team}]}\n"
      "receivers: [{name: web}, {name: db.team, labels: {tier: one}}]\n"
      "inhibit_rules: [{source_matchers: [alertname = A], target_matchers: [alertname = B]}]\n");
  h.Fire("alertname=A");
  h.Fire("alertname=B");
  h.Fire("alertname=C,team=db");
  h.Silence("alertname", "C", kHour);
  const auto get = [&](const std::string& query) {
    return Names(h.CallJson("GET", "/api/v2/alerts?" + query));
  };
  EXPECT_THAT(get(""), ElementsAre("A", "B", "C"));
  EXPECT_THAT(get("silenced=false"), ElementsAre("A", "B"));
  EXPECT_THAT(get("inhibited=false"), ElementsAre("A", "C"));
  EXPECT_THAT(get("active=false"), ElementsAre("B", "C"));
  EXPECT_THAT(get("unprocessed=false"), ElementsAre("A", "B", "C"));
  EXPECT_THAT(get("filter=alertname%3DA"), ElementsAre("A"));
  EXPECT_THAT(get("filter=alertname%3D~%22A%7CC%22&filter=team%3D%22%22"), ElementsAre("A"));
  EXPECT_THAT(get("filter=team!%3D%22%22"), ElementsAre("C"));
  EXPECT_THAT(get("receiver=web"), ElementsAre("A", "B"));
  EXPECT_THAT(get("receiver=db"), IsEmpty());  // Anchored.
  EXPECT_THAT(get("receiver=db.*"), ElementsAre("C"));
  EXPECT_THAT(get("receiver_matchers=tier%3Done"), ElementsAre("C"));
  EXPECT_THAT(get("receiver_matchers=name%3Dweb"), ElementsAre("A", "B"));
  EXPECT_EQ(h.Call("GET", "/api/v2/alerts?filter=a").status, 400);
  EXPECT_THAT(h.Call("GET", "/api/v2/alerts?receiver=(").body,
              StartsWith("\"failed to parse receiver param: "));
}

TEST(ApiAlertsTest, StatusNamesWhatMutes) {
  Harness h(
      "route: {receiver: web}\nreceivers: [{name: web}]\n"
      "inhibit_rules: [{source_matchers: [alertname = A], target_matchers: [alertname = B]}]\n");
  h.Fire("alertname=A");
  h.Fire("alertname=B");
  const std::string id = h.Silence("alertname", "B", kHour);
  const JsonValue alerts = h.CallJson("GET", "/api/v2/alerts?filter=alertname%3DB");
  const JsonValue& status = *alerts.AsArray()->front().Find("status");
  EXPECT_EQ(status.FindString("state"), "suppressed");
  EXPECT_EQ(*status.Find("silencedBy")->AsArray()->front().AsString(), id);
  EXPECT_THAT(*status.Find("inhibitedBy")->AsArray(), SizeIs(1));
}

TEST(ApiAlertsTest, PerAlertnameLimitDropsSilently) {
  AlertmanagerOptions options;
  options.per_alertname_limit = 1;
  Harness h(BasicConfig(), options);
  h.Fire("alertname=A,i=1");
  h.Fire("alertname=A,i=2");
  h.Fire("alertname=B");
  EXPECT_THAT(*h.CallJson("GET", "/api/v2/alerts").AsArray(), SizeIs(2));
  EXPECT_EQ(h.metric("alertmanager_alerts_limited_total"), 1);
}

TEST(ApiGroupsTest, GroupsAreSortedByLabelsThenReceiver) {
  Harness h(
      "route: {receiver: web, group_by: [alertname], routes: "
      "[{matchers: [x = y], receiver: other, continue: true, labels: {team: 'T{{ .Status }}'}}, "
      "{matchers: [x = y]}]}\nreceivers: [{name: web}, {name: other}]\n");
  h.Fire("alertname=B");
  h.Fire("alertname=A,x=y");
  EXPECT_THAT(h.Call("GET", "/api/v2/alerts/groups").body, StartsWith(R"([{"alerts":[{"annota)"));
  const JsonValue groups = h.CallJson("GET", "/api/v2/alerts/groups");
  std::vector<std::string> shown;
  for (const JsonValue& group : *groups.AsArray()) {
    shown.push_back(fmt::format("{} {} {}", group.Find("labels")->FindString("alertname"),
                                group.Find("receiver")->FindString("name"),
                                group.Find("routeLabels")->FindString("team")));
  }
  EXPECT_THAT(shown, ElementsAre("A other Tfiring", "A web ", "B web "));
}

TEST(ApiSilencesTest, LifeOfASilence) {
  Harness h(BasicConfig());
  const std::string id = h.Silence("alertname", "A", kHour);
  EXPECT_EQ(h.Call("GET", "/api/v2/silence/" + id).body,
            R"({"id":")" + id +
                R"(","status":{"state":"active"},"updatedAt":"2024-01-15T12:00:00.000Z",)"
                R"("comment":"quiet","createdBy":"test","endsAt":"2024-01-15T13:00:00.000Z",)"
                R"("matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"A"}],)"
                R"("startsAt":"2024-01-15T12:00:00.000Z"})"
                "\n");
  h.By(kMinute);
  EXPECT_EQ(h.Call("DELETE", "/api/v2/silence/" + id).status, 200);
  h.By(kSecond);
  EXPECT_EQ(h.CallJson("GET", "/api/v2/silence/" + id).Find("status")->FindString("state"),
            "expired");
  EXPECT_EQ(h.Call("DELETE", "/api/v2/silence/" + id).status, 200);  // Idempotent.
  EXPECT_EQ(h.CallJson("GET", "/api/v2/silence/" + id).FindString("endsAt"),
            "2024-01-15T12:01:00.000Z");
  h.By(121 * kHour);  // Past the retention and a maintenance.
  EXPECT_EQ(h.Call("GET", "/api/v2/silence/" + id).status, 404);
}

std::string SilenceBody(
    const std::string& start, const std::string& end, const std::string& more = "",
    const std::string& matcher = R"({"name":"a","value":"b","isRegex":false})") {
  return R"({"matchers":[)" + matcher + R"(],"startsAt":")" + start + R"(","endsAt":")" + end +
         R"(","createdBy":"me","comment":"c")" + more + "}";
}

TEST(ApiSilencesTest, RefusalsHaveUpstreamsTexts) {
  Harness h(BasicConfig());
  const std::string in_1h = "2024-01-15T13:00:00Z";
  const std::string now = "2024-01-15T12:00:00Z";
  const struct {
    std::string body;
    int status;
    const char* want;
  } cases[] = {
      {SilenceBody(in_1h, in_1h), 400,
       "\"Failed to create silence: start time must be before end time\"\n"},
      {SilenceBody("2024-01-15T10:00:00Z", "2024-01-15T11:00:00Z"), 400,
       "\"Failed to create silence: end time can't be in the past\"\n"},
      {SilenceBody(now, in_1h, "", R"({"name":"a","value":"","isRegex":false})"), 400,
       "\"invalid silence: at least one matcher must not match the empty string\"\n"},
      {SilenceBody(now, in_1h, "", R"({"name":"a","value":".*","isRegex":true})"), 400,
       "\"invalid silence: at least one matcher must not match the empty string\"\n"},
      {SilenceBody(now, in_1h, "", R"({"name":"a","value":"(","isRegex":true})"), 400,
       "\"failed to convert API silence to internal silence: "},
      {SilenceBody(now, in_1h, R"(,"id":"8d0ba5f5-9b2e-4b9e-8f0e-000000000000")"), 404,
       "\"silence not found\"\n"},
      {SilenceBody(now, in_1h, "", ""), 422,
       R"({"code":612,"message":"matchers in body should have at least 1 items"})"},
      {SilenceBody(now, in_1h, "", R"({"name":"a","value":"b"})"), 422,
       R"({"code":602,"message":"matchers.0.isRegex in body is required"})"},
      {R"({"comment":"c"})", 422, R"({"code":602,"message":"createdBy in body is required"})"},
  };
  for (const auto& c : cases) {
    const auto response = h.Call("POST", "/api/v2/silences", c.body);
    EXPECT_EQ(response.status, c.status) << c.body;
    EXPECT_THAT(response.body, StartsWith(c.want)) << c.body;
  }
  EXPECT_EQ(h.Call("GET", "/api/v2/silence/nope").body,
            R"({"code":601,"message":"silenceID in path must be of type uuid: \"nope\""})");
  EXPECT_EQ(h.Call("DELETE", "/api/v2/silence/8d0ba5f5-9b2e-4b9e-8f0e-000000000000").status, 404);
}

TEST(ApiSilencesTest, NewSilenceWithAStartInThePastStartsNow) {
  Harness h(BasicConfig());
  const auto body = SilenceBody("2024-01-15T11:00:00Z", "2024-01-15T13:00:00Z");
  const std::string id(h.CallJson("POST", "/api/v2/silences", body).FindString("silenceID"));
  EXPECT_EQ(h.CallJson("GET", "/api/v2/silence/" + id).FindString("startsAt"),
            "2024-01-15T12:00:00.000Z");
}

TEST(ApiSilencesTest, ListIsSortedByStateAndTimeAndFiltered) {
  Harness h(BasicConfig());
  const auto post = [&](const char* start, const char* end, const char* name) {
    h.CallJson("POST", "/api/v2/silences",
               SilenceBody(start, end, "",
                           fmt::format(R"({{"name":"{}","value":"b","isRegex":false}})", name)));
  };
  post("2024-01-15T12:00:00Z", "2024-01-15T12:01:00Z", "expired_first");
  post("2024-01-15T12:00:00Z", "2024-01-15T12:02:00Z", "expired_last");
  post("2024-01-15T12:00:00Z", "2024-01-15T15:00:00Z", "active_long");
  post("2024-01-15T12:00:00Z", "2024-01-15T14:00:00Z", "active_short");
  post("2024-01-15T16:00:00Z", "2024-01-15T17:00:00Z", "pending_late");
  post("2024-01-15T15:00:00Z", "2024-01-15T19:00:00Z", "pending_early");
  h.By(10 * kMinute);
  const auto list = [&](const std::string& query) {
    std::vector<std::string> names;
    const JsonValue silences = h.CallJson("GET", "/api/v2/silences?" + query);
    for (const JsonValue& silence : *silences.AsArray()) {
      names.emplace_back(silence.Find("matchers")->AsArray()->front().FindString("name"));
    }
    return names;
  };
  EXPECT_THAT(list(""), ElementsAre("active_short", "active_long", "pending_early", "pending_late",
                                    "expired_last", "expired_first"));
  EXPECT_THAT(list("expired=false&pending=false"), ElementsAre("active_short", "active_long"));
  EXPECT_THAT(list("filter=active_long%3Db"), ElementsAre("active_long"));
  EXPECT_THAT(list("filter=active_long%3D~b"), IsEmpty());  // Literally, not by meaning.
}

TEST(ApiStatusTest, ShowsVersionUptimeAndTheConfiguration) {
  Harness h(BasicConfig());
  const auto body = h.Call("GET", "/api/v2/status").body;
  EXPECT_THAT(body,
              StartsWith(R"({"cluster":{"peers":[],"status":"disabled"},"config":{"original":")"));
  EXPECT_THAT(body, HasSubstr(R"("uptime":"2024-01-15T12:00:00.000Z","versionInfo":{"branch":"")"));
  EXPECT_THAT(body, HasSubstr("receiver: web"));
  EXPECT_THAT(body,
              testing::Not(HasSubstr("http://receiver/hook")));  // URLs of webhooks are secret.
  EXPECT_THAT(body, EndsWith("\"version\":\"0.34.0\"}}\n"));
}

TEST(ApiStatusTest, ReceiversAreListed) {
  Harness h("route: {receiver: a}\nreceivers: [{name: a, labels: {t: x}}, {name: b}]\n");
  EXPECT_EQ(h.Call("GET", "/api/v2/receivers").body,
            R"([{"labels":{"t":"x"},"name":"a"},{"name":"b"}])"
            "\n");
  EXPECT_EQ(h.Call("GET", "/api/v2/receivers?receiver_matchers=t%3Dx").body,
            R"([{"labels":{"t":"x"},"name":"a"}])"
            "\n");
}

TEST(ApiTest, OtherPathsAndMethodsAreRefusedAsTheFrameworkDoes) {
  Harness h(BasicConfig());
  EXPECT_EQ(h.Call("GET", "/api/v2/nope").status, 404);
  EXPECT_EQ(h.Call("GET", "/api/v2/nope").body,
            R"({"code":404,"message":"path /api/v2/nope was not found"})");
  EXPECT_EQ(h.Call("PUT", "/api/v2/alerts").status, 405);
  EXPECT_EQ(h.Call("PUT", "/api/v2/alerts").body,
            R"({"code":405,"message":"method PUT is not allowed, but [GET,POST] are"})");
  EXPECT_EQ(h.Call("GET", "/api/v1/alerts").status, 410);
  EXPECT_THAT(h.Call("POST", "/api/v1/silences", "x").body,
              StartsWith(R"({"status":"deprecated")"));
  EXPECT_EQ(http::FindHeader(h.Call("GET", "/api/v2/status").headers, "Cache-Control"), "no-store");
}

TEST(ApiTest, ManagementEndpointsAnswer) {
  Harness h(BasicConfig());
  EXPECT_EQ(h.Call("GET", "/-/healthy").body, "OK");
  EXPECT_EQ(h.Call("GET", "/-/ready").body, "OK");
  EXPECT_EQ(h.Call("POST", "/-/reload").status, 200);
  EXPECT_THAT(h.Call("GET", "/metrics").body, HasSubstr("alertmanager_notifications_total"));
}

}  // namespace
}  // namespace tocsin::alertmanager
