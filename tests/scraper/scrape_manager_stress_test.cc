#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "base/timers.h"
#include "scraper/fake_storage.h"
#include "scraper/scrape_config_fixture.h"
#include "scraper/scrape_manager.h"
#include "telemetry/registry.h"

namespace tocsin::scraper {
namespace {

/// Answers on a thread of its own, as the real client does. Thread-safe.
class ThreadedClient final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    const RequestId id = ++last_id_;
    io_.Submit([url = std::move(request.url), done = std::move(done)] {
      http::ClientResponse response;
      response.status = 200;
      response.headers.emplace_back("Content-Type", "text/plain");
      response.body = "# TYPE a gauge\na{url=\"" + url + "\"} 1\nb 2\n";
      done(std::move(response));
    });
    return id;
  }
  void Cancel(RequestId) override {}

 private:
  std::atomic<RequestId> last_id_ = 0;
  ThreadPool io_{"io", 1};
};

// Reloads, target changes and views beside scrapes on real threads: for the thread sanitizer.
TEST(ScrapeManagerStressTest, ReloadsViewsAndScrapesRunBesideEachOther) {
  SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  FakeStorage storage;
  ThreadTimers timers(clock, 2);
  ThreadPool workers("scrape", 2);
  ThreadedClient client;
  ScrapeManager manager(
      {clock, timers, client, storage, logger, registry,
       [&workers](std::function<void()> task) { workers.Submit(std::move(task)); }});
  config::ScrapeConfig job = MakeJob();
  job.scrape_interval = job.scrape_timeout = std::chrono::milliseconds(5);
  manager.ApplyConfig({job});
  std::atomic<bool> is_done = false;
  std::jthread viewer([&] {
    while (!is_done) {
      for (const ActiveTargetView& view : manager.ActiveTargets()) EXPECT_NE(view.scrape_url, "");
      manager.Metadata();
      registry.Expose();
      std::this_thread::yield();
    }
  });
  const auto scraped = [&storage] {
    MutexLock lock(storage.mutex);
    size_t samples = 0;
    for (const auto& [series, list] : storage.samples) samples += list.size();
    return samples;
  };
  for (int round = 0; round < 100 || scraped() < 500; ++round) {
    std::vector<std::string> addresses;
    for (int i = round % 3; i < 8; ++i) addresses.push_back("h:" + std::to_string(i));
    manager.UpdateTargets("job", MakeGroups(addresses));
    job.honor_labels = round % 2 == 0;
    job.scrape_interval = std::chrono::milliseconds(5 + round % 2);
    manager.ApplyConfig({job});
    std::this_thread::yield();
  }
  is_done = true;
  viewer.join();
  manager.Stop();
  const size_t after_stop = scraped();
  EXPECT_GE(after_stop, 500u);
  EXPECT_TRUE(manager.ActiveTargets().empty());
  EXPECT_EQ(scraped(), after_stop);
}

}  // namespace
}  // namespace tocsin::scraper
