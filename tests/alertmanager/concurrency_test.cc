// Posts, questions, reloads and sends at the same time, on real threads (the tsan preset runs
// this).
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "alertmanager/harness.h"
#include "base/thread_pool.h"

namespace tocsin::alertmanager {
namespace {

/// Answers from a thread of its own and writes down which alerts were told.
class ThreadedClient final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    pool_.Submit([this, request = std::move(request), done = std::move(done)] {
      const auto body = ParseJson(request.body);
      {
        MutexLock lock(mutex_);
        for (const JsonValue& alert : *body->Find("alerts")->AsArray()) {
          told_.emplace(alert.Find("labels")->FindString("instance"));
        }
        changed_.notify_all();
      }
      http::ClientResponse response;
      response.status = 200;
      done(std::move(response));
    });
    return 0;
  }
  void Cancel(RequestId) override {}

  bool WaitUntilTold(size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    MutexLock lock(mutex_);
    while (told_.size() < count) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) return false;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::set<std::string, std::less<>> told_ GUARDED_BY(mutex_);
  ThreadPool pool_{"client", 2};
};

config::AlertmanagerConfig Config() {
  return *config::ParseAlertmanagerConfig(
      "route: {receiver: web, group_by: [alertname], group_wait: 0s, group_interval: 20ms}\n"
      "receivers: [{name: web, webhook_configs: [{url: 'http://receiver/'}]}]\n"
      "inhibit_rules: [{source_matchers: [s = never], target_matchers: [alertname =~ A.*]}]\n",
      "alertmanager.yml");
}

TEST(ConcurrencyTest, EveryAlertIsToldWhateverElseHappens) {
  constexpr int kPosters = 3;
  constexpr int kAlertsEach = 60;
  TempDirectory directory;
  SystemClock clock;
  PosixFs fs;
  NullLogger logger;
  telemetry::Registry registry;
  ThreadedClient client;
  ThreadTimers timers(clock, 2);
  AlertmanagerOptions options;
  options.storage_path = directory.path();
  options.maintenance_interval_ms = 10;
  options.alerts_gc_interval_ms = 10;
  const AlertmanagerDependencies dependencies{
      clock,
      timers,
      client,
      fs,
      logger,
      registry,
      [](const config::HttpClientConfig&) -> Result<http::ClientOptions> {
        return http::ClientOptions();
      },
      nullptr};
  auto alertmanager = Alertmanager::Make(dependencies, options, Config());
  ASSERT_TRUE(alertmanager);
  std::vector<std::jthread> threads;
  for (int poster = 0; poster < kPosters; ++poster) {
    threads.emplace_back([&, poster] {
      for (int i = 0; i < kAlertsEach; ++i) {
        Alert alert;
        alert.labels = ParseLabels(fmt::format("alertname=A{},instance={}-{}", i % 7, poster, i));
        alert.starts_at_ns = clock.NowNs();
        alert.ends_at_ns = clock.NowNs() + int64_t{3'600'000'000'000};
        EXPECT_TRUE((*alertmanager)->PostAlerts(std::span(&alert, 1)));
      }
    });
  }
  threads.emplace_back([&] {
    http::Router router;
    (*alertmanager)->AddRoutes(router, "", nullptr);
    for (const char* path : {"/api/v2/alerts", "/api/v2/alerts/groups", "/metrics"}) {
      for (int i = 0; i < 5; ++i) {
        http::Request request;
        request.method = "GET";
        request.path = path;
        http::Response response;
        router.Dispatch(request, response);
        EXPECT_EQ(response.status, 200);
      }
    }
  });
  threads.emplace_back([&] {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE((*alertmanager)->ApplyConfig(Config()));
  });
  threads.clear();
  EXPECT_TRUE(client.WaitUntilTold(kPosters * kAlertsEach));
  (*alertmanager)->Stop();
}

}  // namespace
}  // namespace tocsin::alertmanager
