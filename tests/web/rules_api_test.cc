#include "web/rules_api.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

using rules::AlertState;
using rules::AlertView;
using rules::GroupView;
using rules::RuleHealth;
using rules::RuleView;

RuleView AlertingRule() {
  AlertView alert;
  alert.labels = {{"alertname", "Down"}, {"severity", "page"}};
  alert.annotations = {{"summary", "a < b"}};
  alert.state = AlertState::kFiring;
  alert.active_at_ns = 1'700'000'000'000'000'000;
  alert.value = 1;
  RuleView rule;
  rule.is_alerting = true;
  rule.name = "Down";
  rule.query = "up < 1";
  rule.labels = {{"severity", "page"}};
  rule.annotations = {{"summary", "{{ $value }}"}};
  rule.health = RuleHealth::kGood;
  rule.evaluation_seconds = 0.001;
  rule.last_evaluation_ns = 1'700'000'001'000'000'000;
  rule.state = AlertState::kFiring;
  rule.hold_seconds = 300;
  rule.keep_firing_seconds = 60;
  rule.alerts = {alert};
  return rule;
}

RuleView RecordingRule() {
  RuleView rule;
  rule.name = "job:up:sum";
  rule.query = "sum by (job) (up)";
  rule.health = RuleHealth::kBad;
  rule.last_error = "boom";
  return rule;
}

const std::string kAlert =
    R"({"labels":{"alertname":"Down","severity":"page"},"annotations":{"summary":"a < b"},)"
    R"("state":"firing","activeAt":"2023-11-14T22:13:20Z","value":"1e+00"})";

std::string AlertingJson(const std::string& alerts) {
  return R"({"state":"firing","name":"Down","query":"up \u003c 1","duration":300,)"
         R"("keepFiringFor":60,"labels":{"severity":"page"},)"
         R"("annotations":{"summary":"{{ $value }}"},"alerts":)" +
         alerts +
         R"(,"health":"ok","evaluationTime":0.001,"lastEvaluation":"2023-11-14T22:13:21Z",)"
         R"("type":"alerting"})";
}

const std::string kRecording =
    R"j({"name":"job:up:sum","query":"sum by (job) (up)","health":"err","lastError":"boom",)j"
    R"j("evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"})j";

std::string GroupJson(const std::string& name, const std::string& rules) {
  return R"({"name":")" + name + R"(","file":"a.yml","rules":[)" + rules +
         R"(],"interval":60,"limit":0,"evaluationTime":0.002,)"
         R"("lastEvaluation":"2023-11-14T22:13:21Z"})";
}

class RulesApiTest : public ::testing::Test {
 protected:
  RulesApiTest() {
    ApiRoutes routes(server_.router(), {});
    AddRulesRoutes(routes, [] { return Groups(); });
  }
  static std::vector<GroupView> Groups() {
    GroupView group;
    group.file = "a.yml";
    group.interval_seconds = 60;
    group.evaluation_seconds = 0.002;
    group.last_evaluation_ns = 1'700'000'001'000'000'000;
    std::vector<GroupView> groups(3, group);
    groups[0].name = "one";
    groups[0].rules = {AlertingRule(), RecordingRule()};
    groups[1].name = "three";
    groups[1].rules = {RecordingRule()};
    groups[2].name = "two";
    groups[2].rules = {RecordingRule()};
    return groups;
  }
  std::string Rules(const std::string& query) { return server_.Get("/api/v1/rules?" + query).body; }

  ApiTestServer server_;
};

TEST_F(RulesApiTest, ShowsGroupsAndRules) {
  EXPECT_EQ(Rules(""),
            Success("{\"groups\":[" +
                    GroupJson("one", AlertingJson("[" + kAlert + "]") + "," + kRecording) + "," +
                    GroupJson("three", kRecording) + "," + GroupJson("two", kRecording) + "]}"));
}

TEST_F(RulesApiTest, FiltersByTypeNameGroupFileAndLabels) {
  const std::string alerting =
      Success("{\"groups\":[" + GroupJson("one", AlertingJson("[" + kAlert + "]")) + "]}");
  EXPECT_EQ(Rules("type=alert"), alerting);
  EXPECT_EQ(Rules("rule_name[]=Down"), alerting);
  EXPECT_EQ(Rules("match[]={severity=\"page\"}"), alerting);
  EXPECT_EQ(Rules("type=record&rule_group[]=two"),
            Success("{\"groups\":[" + GroupJson("two", kRecording) + "]}"));
  EXPECT_EQ(Rules("file[]=b.yml"), Success("{\"groups\":[]}"));
}

TEST_F(RulesApiTest, LeavesAlertsOutWhenTold) {
  EXPECT_EQ(Rules("type=alert&exclude_alerts=true"),
            Success("{\"groups\":[" + GroupJson("one", AlertingJson("null")) + "]}"));
}

TEST_F(RulesApiTest, GivesGroupsInPages) {
  const std::string token = Sha256Hex("a.yml;two");
  EXPECT_EQ(Rules("type=record&group_limit=2"),
            Success("{\"groups\":[" + GroupJson("one", kRecording) + "," +
                    GroupJson("three", kRecording) + "],\"groupNextToken\":\"" + token + "\"}"));
  EXPECT_EQ(Rules("group_limit=2&group_next_token=" + token),
            Success("{\"groups\":[" + GroupJson("two", kRecording) + "]}"));
}

TEST_F(RulesApiTest, RefusesBadParametersWithUpstreamsTexts) {
  const std::pair<const char*, const char*> cases[] = {
      {"type=other", R"(invalid parameter \"type\": not supported value \"other\")"},
      {"exclude_alerts=maybe",
       R"(invalid parameter \"exclude_alerts\": error converting exclude_alerts: )"
       R"(strconv.ParseBool: parsing \"maybe\": invalid syntax)"},
      {"group_limit=x",
       R"(invalid parameter \"group_limit\": group_limit needs to be a valid number: )"
       R"(strconv.ParseInt: parsing \"x\": invalid syntax)"},
      {"group_limit=0",
       R"(invalid parameter \"group_limit\": group_limit needs to be greater than 0)"},
      {"group_next_token=x",
       R"(invalid parameter \"group_next_token\": group_limit needs to be present in order to )"
       R"(paginate over the groups)"},
      {"group_limit=1&group_next_token=x",
       R"(invalid parameter \"group_next_token\": invalid group_next_token 'x'. were rule groups )"
       R"(changed?)"},
      {"a=%zz", R"(error parsing form values: invalid URL escape \"%zz\")"},
  };
  for (const auto& [query, error] : cases) {
    const auto response = server_.Get(std::string("/api/v1/rules?") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(response.body, BadData(error));
  }
}

TEST_F(RulesApiTest, ListsAlerts) {
  EXPECT_EQ(server_.Get("/api/v1/alerts").body, Success("{\"alerts\":[" + kAlert + "]}"));
}

}  // namespace
}  // namespace tocsin::web
