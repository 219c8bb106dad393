#include "web/management.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

using ::testing::HasSubstr;

class ManagementTest : public ::testing::Test {
 protected:
  void AddRoutes(bool has_lifecycle) {
    AddManagementRoutes(server_.router(),
                        {.readiness = readiness_,
                         .registry = registry_,
                         .build = {.version = "3.14.0",
                                   .revision = "abc",
                                   .branch = "main",
                                   .build_user = "me",
                                   .build_date = "20260101",
                                   .go_version = "c++20"},
                         .has_lifecycle = has_lifecycle,
                         .reload = [this] { return reload_status_; },
                         .quit = [this] { return !std::exchange(has_quit_, true); }});
  }

  Readiness readiness_;
  telemetry::Registry registry_;
  ApiTestServer server_;
  Status reload_status_;
  bool has_quit_ = false;
};

TEST_F(ManagementTest, IsHealthyAtOnceAndReadyWhenTold) {
  AddRoutes(false);
  EXPECT_EQ(server_.Get("/-/healthy").body, "Prometheus Server is Healthy.\n");
  const http::Response starting = server_.Get("/-/ready");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.body, "Service Unavailable");
  EXPECT_EQ(http::FindHeader(starting.headers, "X-Prometheus-Stopping"), "");
  readiness_.Set(Readiness::State::kReady);
  EXPECT_EQ(server_.Get("/-/ready").status, 200);
  EXPECT_EQ(server_.Get("/-/ready").body, "Prometheus Server is Ready.\n");
}

TEST_F(ManagementTest, SaysThatItIsStopping) {
  AddRoutes(false);
  readiness_.Set(Readiness::State::kStopping);
  const http::Response stopping = server_.Get("/-/ready");
  EXPECT_EQ(stopping.status, 503);
  EXPECT_EQ(http::FindHeader(stopping.headers, "X-Prometheus-Stopping"), "true");
}

TEST_F(ManagementTest, LifecycleIsForbiddenUnlessEnabled) {
  AddRoutes(false);
  for (const char* path : {"/-/reload", "/-/quit"}) {
    for (const char* method : {"POST", "PUT"}) {
      EXPECT_EQ(server_.Ask(method, path).status, 403);
      EXPECT_EQ(server_.Ask(method, path).body, "Lifecycle API is not enabled.");
    }
    EXPECT_EQ(server_.Get(path).status, 405);
    EXPECT_EQ(server_.Get(path).body, "Only POST or PUT requests allowed");
  }
  EXPECT_FALSE(has_quit_);
}

TEST_F(ManagementTest, ReloadsAndSaysWhyNot) {
  AddRoutes(true);
  EXPECT_EQ(server_.Ask("POST", "/-/reload").status, 200);
  EXPECT_EQ(server_.Ask("PUT", "/-/reload").body, "");
  reload_status_ = Error(ErrorCode::kInvalidArgument, "a.yml:1:2: unknown key (x)");
  const http::Response failed = server_.Ask("POST", "/-/reload");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "failed to reload config: a.yml:1:2: unknown key (x)\n");
}

TEST_F(ManagementTest, QuitsOnce) {
  AddRoutes(true);
  EXPECT_EQ(server_.Ask("POST", "/-/quit").body, "Requesting termination... Goodbye!");
  EXPECT_EQ(server_.Ask("PUT", "/-/quit").body, "Termination already in progress.");
}

TEST_F(ManagementTest, ShowsItsMetricsAndVersion) {
  AddRoutes(false);
  registry_.AddCounter("tocsin_test_total", "Counts.").Increment(3);
  const http::Response metrics = server_.Get("/metrics");
  EXPECT_THAT(metrics.body, HasSubstr("tocsin_test_total 3\n"));
  EXPECT_EQ(http::FindHeader(metrics.headers, "Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(server_.Get("/version").body,
            "{\"version\":\"3.14.0\",\"revision\":\"abc\",\"branch\":\"main\",\"buildUser\":\"me\","
            "\"buildDate\":\"20260101\",\"goVersion\":\"c++20\"}\n");
}

}  // namespace
}  // namespace tocsin::web
