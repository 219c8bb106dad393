#include "web/status_api.h"

#include <gtest/gtest.h>

#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

class StatusApiTest : public ::testing::Test {
 protected:
  void AddRoutes() {
    ApiRoutes routes(server_.router(),
                     {.cors_origin = {}, .is_ready = [this] { return is_ready_; }});
    AddStatusRoutes(routes,
                    {.build = {.version = "3.14.0",
                               .revision = "abc",
                               .branch = "main",
                               .build_user = "me",
                               .build_date = "20260101",
                               .go_version = "c++20"},
                     .flags = {{"web.external-url", "http://x/?a&b"}, {"config.file", "a.yml"}},
                     .config_yaml = [] { return std::string("global:\n  a: <secret>\n"); },
                     .runtime = [this] { return runtime_; },
                     .head_statistics = [this](size_t limit) { return Statistics(limit); },
                     .replay = replay_,
                     .features = {{"api", {{"admin", false}}}, {"promql", {{"rate", true}}}},
                     .notifications =
                         [] {
                           return std::vector<Notification>{
                               {.text = "reload failed", .date_ns = 1'500'000'000}};
                         }});
  }
  tsdb::HeadStatistics Statistics(size_t limit) {
    seen_limit_ = limit;
    tsdb::HeadStatistics head;
    head.series_count = 5;
    head.label_pair_count = 4;
    head.chunk_count = 3;
    head.min_time_ms = 1;
    head.max_time_ms = 2;
    head.series_count_by_metric_name = {{"up", 2}};
    head.series_count_by_label_value_pair = {{"job=a", 5}};
    return head;
  }

  ApiTestServer server_;
  bool is_ready_ = true;
  size_t seen_limit_ = 0;
  RuntimeInformation runtime_;
  tsdb::ReplayStatus replay_;
};

TEST_F(StatusApiTest, ShowsConfigurationFlagsAndBuild) {
  AddRoutes();
  EXPECT_EQ(server_.Get("/api/v1/status/config").body,
            Success(R"({"yaml":"global:\n  a: \u003csecret\u003e\n"})"));
  EXPECT_EQ(server_.Get("/api/v1/status/flags").body,
            Success(R"({"config.file":"a.yml","web.external-url":"http://x/?a\u0026b"})"));
  EXPECT_EQ(server_.Get("/api/v1/status/buildinfo").body,
            Success(R"({"version":"3.14.0","revision":"abc","branch":"main","buildUser":"me",)"
                    R"("buildDate":"20260101","goVersion":"c++20"})"));
}

TEST_F(StatusApiTest, ShowsRuntime) {
  runtime_ = {.start_time_ns = 1'700'000'000'123'000'000,
              .working_directory = "/w",
              .hostname = "h",
              .server_time_ns = 1'700'000'001'000'000'000,
              .reload_config_success = true,
              .last_config_time_ns = 0,
              .corruption_count = 1,
              .thread_count = 12,
              .cpu_count = 2,
              .memory_limit_bytes = 1024,
              .storage_retention = "15d"};
  AddRoutes();
  EXPECT_EQ(
      server_.Get("/api/v1/status/runtimeinfo").body,
      Success(
          R"({"startTime":"2023-11-14T22:13:20.123Z","CWD":"/w","hostname":"h",)"
          R"("serverTime":"2023-11-14T22:13:21Z","reloadConfigSuccess":true,)"
          R"("lastConfigTime":"0001-01-01T00:00:00Z","corruptionCount":1,"goroutineCount":12,)"
          R"("GOMAXPROCS":2,"GOMEMLIMIT":1024,"GOGC":"","GODEBUG":"","storageRetention":"15d"})"));
}

TEST_F(StatusApiTest, ShowsTheHead) {
  AddRoutes();
  EXPECT_EQ(server_.Get("/api/v1/status/tsdb").body,
            Success(R"({"headStats":{"numSeries":5,"numLabelPairs":4,"chunkCount":3,"minTime":1,)"
                    R"("maxTime":2},"seriesCountByMetricName":[{"name":"up","value":2}],)"
                    R"("labelValueCountByLabelName":[],"memoryInBytesByLabelName":[],)"
                    R"("seriesCountByLabelValuePair":[{"name":"job=a","value":5}]})"));
  EXPECT_EQ(seen_limit_, 10u);
  server_.Get("/api/v1/status/tsdb?limit=20");
  EXPECT_EQ(seen_limit_, 20u);
}

TEST_F(StatusApiTest, RefusesBadLimits) {
  AddRoutes();
  for (const char* limit : {"0", "-1", "x", "1x"}) {
    const auto response = server_.Get(std::string("/api/v1/status/tsdb?limit=") + limit);
    EXPECT_EQ(response.status, 400) << limit;
    EXPECT_EQ(response.body, BadData("limit must be a positive number")) << limit;
  }
  EXPECT_EQ(server_.Get("/api/v1/status/tsdb?limit=10001").body,
            BadData("limit must not exceed 10000"));
}

TEST_F(StatusApiTest, ShowsReplayBeforeItIsReady) {
  is_ready_ = false;
  replay_.min = 2;
  replay_.max = 9;
  replay_.current = 5;
  AddRoutes();
  EXPECT_EQ(server_.Get("/api/v1/status/walreplay").body,
            Success(R"({"min":2,"max":9,"current":5})"));
  EXPECT_EQ(server_.Get("/api/v1/status/config").status, 503);
}

TEST_F(StatusApiTest, ShowsFeaturesAndNotifications) {
  AddRoutes();
  EXPECT_EQ(server_.Get("/api/v1/features").body,
            Success(R"({"api":{"admin":false},"promql":{"rate":true}})"));
  EXPECT_EQ(server_.Get("/api/v1/notifications").body,
            Success(R"([{"text":"reload failed","date":"1970-01-01T00:00:01.5Z","active":true}])"));
}

}  // namespace
}  // namespace tocsin::web
