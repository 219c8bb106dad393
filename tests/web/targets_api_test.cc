#include "web/targets_api.h"

#include <gtest/gtest.h>

#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

using scraper::ActiveTargetView;
using scraper::DroppedTargetView;
using scraper::FamilyMetadata;
using scraper::TargetMetadataView;

std::shared_ptr<const FamilyMetadata> Family(const char* metric, MetricType type,
                                             const char* help) {
  return std::make_shared<const FamilyMetadata>(FamilyMetadata{metric, {type, help, ""}});
}

ActiveTargetView DownTarget() {
  ActiveTargetView target;
  target.discovered_labels = {{"__address__", "h:80"}, {"job", "a"}};
  target.labels = {{"instance", "h:80"}, {"job", "a"}};
  target.scrape_pool = "a";
  target.scrape_url = "http://h:80/metrics";
  target.global_url = "http://h:80/metrics";
  target.last_error = "Get \"x\": <b>";
  target.last_scrape_ms = 1'700'000'000'250;
  target.last_scrape_duration_seconds = 0.07;
  target.health = scraper::TargetHealth::kDown;
  target.scrape_interval = "20s";
  target.scrape_timeout = "10s";
  return target;
}

class TargetsApiTest : public ::testing::Test {
 protected:
  TargetsApiTest() {
    ApiRoutes routes(server_.router(), {});
    AddTargetsRoutes(routes, {.pool_names =
                                  [] {
                                    return std::vector<std::string>{"b", "a"};
                                  },
                              .active_targets =
                                  [this](const std::string& pool) {
                                    seen_pool_ = pool;
                                    return std::vector<ActiveTargetView>{DownTarget()};
                                  },
                              .dropped_targets =
                                  [](const std::string&) {
                                    return std::vector<DroppedTargetView>{
                                        {Labels{{"__address__", "d:80"}}, "a", "rule"}};
                                  },
                              .dropped_target_counts =
                                  [] {
                                    return std::map<std::string, size_t>{{"a", 1}, {"b", 0}};
                                  },
                              .relabel_steps = [](const std::string& pool, const Labels& labels)
                                  -> std::optional<std::vector<scraper::RelabelStep>> {
                                if (pool != "a") return std::nullopt;
                                RelabelRule rule;
                                rule.source_labels = {"x"};
                                rule.regex = *Regex::Compile("y");
                                rule.action = RelabelRule::Action::kKeep;
                                return scraper::MakeRelabelSteps({&rule, 1}, labels);
                              },
                              .metadata = [this] { return metadata_; },
                              .alertmanagers =
                                  [] {
                                    return AlertmanagersView{{"http://am:9093/api/v2/alerts"}, {}};
                                  }});
  }

  const std::string kActive =
      R"({"discoveredLabels":{"__address__":"h:80","job":"a"},)"
      R"("labels":{"instance":"h:80","job":"a"},"scrapePool":"a",)"
      R"("scrapeUrl":"http://h:80/metrics","globalUrl":"http://h:80/metrics",)"
      R"("lastError":"Get \"x\": \u003cb\u003e","lastScrape":"2023-11-14T22:13:20.25Z",)"
      R"("lastScrapeDuration":0.07,"health":"down","scrapeInterval":"20s","scrapeTimeout":"10s"})";
  const std::string kDropped =
      R"({"discoveredLabels":{"__address__":"d:80"},"scrapePool":"a","dropReason":"rule"})";

  ApiTestServer server_;
  std::string seen_pool_;
  std::vector<TargetMetadataView> metadata_ = {
      {Labels{{"job", "a"}},
       {Family("up", MetricType::kGauge, "Up."), Family("reqs", MetricType::kCounter, "Reqs.")}},
      {Labels{{"job", "b"}},
       {Family("up", MetricType::kGauge, "Up."), Family("reqs", MetricType::kCounter, "Other.")}},
  };
};

TEST_F(TargetsApiTest, ShowsActiveAndDroppedTargets) {
  const std::string everything =
      Success("{\"activeTargets\":[" + kActive + "],\"droppedTargets\":[" + kDropped +
              "],\"droppedTargetCounts\":{\"a\":1,\"b\":0}}");
  EXPECT_EQ(server_.Get("/api/v1/targets").body, everything);
  EXPECT_EQ(server_.Get("/api/v1/targets?state=ANY").body, everything);
}

TEST_F(TargetsApiTest, FiltersByStateAndPool) {
  EXPECT_EQ(server_.Get("/api/v1/targets?state=active&scrapePool=a").body,
            Success("{\"activeTargets\":[" + kActive +
                    "],\"droppedTargets\":[],\"droppedTargetCounts\":null}"));
  EXPECT_EQ(seen_pool_, "a");
  EXPECT_EQ(server_.Get("/api/v1/targets?state=dropped").body,
            Success("{\"activeTargets\":[],\"droppedTargets\":[" + kDropped +
                    "],\"droppedTargetCounts\":{\"a\":1,\"b\":0}}"));
}

TEST_F(TargetsApiTest, ShowsTheMetadataOfTargets) {
  EXPECT_EQ(server_.Get("/api/v1/targets/metadata?metric=up").body,
            Success(R"([{"target":{"job":"a"},"type":"gauge","help":"Up.","unit":""},)"
                    R"({"target":{"job":"b"},"type":"gauge","help":"Up.","unit":""}])"));
  EXPECT_EQ(server_.Get("/api/v1/targets/metadata?match_target={job=\"b\"}&metric=reqs").body,
            Success(R"([{"target":{"job":"b"},"type":"counter","help":"Other.","unit":""}])"));
  EXPECT_EQ(
      server_.Get("/api/v1/targets/metadata?limit=1").body,
      Success(R"([{"target":{"job":"a"},"metric":"up","type":"gauge","help":"Up.","unit":""},)"
              R"({"target":{"job":"a"},"metric":"reqs","type":"counter","help":"Reqs.",)"
              R"("unit":""}])"));
}

TEST_F(TargetsApiTest, SaysWhatIsWrongWithAMetadataRequest) {
  const auto missing = server_.Get("/api/v1/targets/metadata?metric=none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body,
            R"({"status":"error","errorType":"not_found","error":"specified metadata not found"})");
  EXPECT_EQ(server_.Get("/api/v1/targets/metadata?limit=x").body,
            BadData("limit must be a number"));
  const auto bad = server_.Get("/api/v1/targets/metadata?match_target={");
  EXPECT_EQ(bad.status, 400);
  EXPECT_TRUE(bad.body.find(R"(invalid parameter \"match_target\": )") != std::string::npos);
}

TEST_F(TargetsApiTest, MetadataOfAMetricIsListedOnce) {
  const ScrapedMetadata source([this] { return metadata_; });
  const auto all = source.ListMetadata("");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all.at("up").size(), 1u);
  EXPECT_EQ(all.at("reqs").size(), 2u);
  EXPECT_EQ(source.ListMetadata("up").size(), 1u);
}

TEST_F(TargetsApiTest, ShowsWhatEachRelabelingRuleDoes) {
  const std::string rule =
      R"({"source_labels":["x"],"separator":";","regex":"y","replacement":"$1","action":"keep"})";
  const std::string path = "/api/v1/targets/relabel_steps?scrapePool=a&labels=";
  EXPECT_EQ(
      server_.Get(path + "%7B%22x%22:%22y%22%7D").body,
      Success("{\"steps\":[{\"rule\":" + rule + ",\"output\":{\"x\":\"y\"},\"keep\":true}]}"));
  EXPECT_EQ(server_.Get(path + "%7B%22x%22:%22z%22%7D").body,
            Success("{\"steps\":[{\"rule\":" + rule + ",\"output\":{},\"keep\":false}]}"));
}

TEST_F(TargetsApiTest, SaysWhatIsWrongWithARelabelingRequest) {
  const std::string path = "/api/v1/targets/relabel_steps";
  EXPECT_EQ(server_.Get(path).body, BadData("no scrapePool parameter provided"));
  EXPECT_EQ(server_.Get(path + "?scrapePool=a").body, BadData("no labels parameter provided"));
  EXPECT_EQ(server_.Get(path + "?scrapePool=a&labels=[]").body,
            BadData("error parsing labels: labels are not an object"));
  EXPECT_EQ(server_.Get(path + "?scrapePool=b&labels=%7B%7D").body,
            BadData(R"(error retrieving scrape config: scrape pool \"b\" not found)"));
}

TEST_F(TargetsApiTest, ListsPoolsAndAlertmanagers) {
  EXPECT_EQ(server_.Get("/api/v1/scrape_pools").body, Success(R"({"scrapePools":["a","b"]})"));
  EXPECT_EQ(server_.Get("/api/v1/alertmanagers").body,
            Success(R"({"activeAlertmanagers":[{"url":"http://am:9093/api/v2/alerts"}],)"
                    R"("droppedAlertmanagers":[]})"));
}

}  // namespace
}  // namespace tocsin::web
