#include "scraper/scrape_loop.h"

#include <gmock/gmock.h>

#include <set>

#include "scraper/manager_fixture.h"

namespace tocsin::scraper {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kLabels = "{instance=\"h:1\", job=\"job\"}";

std::string Series(const std::string& name) { return name + kLabels; }

class ScrapeLoopTest : public testing::Test, protected ManagerFixture {
 protected:
  void RunOne(const config::ScrapeConfig& job = MakeJob()) { RunJob(job, {"h:1"}); }

  std::vector<int64_t> TimesOf(const std::string& series) {
    std::vector<int64_t> times;
    for (const Sample& sample : storage.samples[series]) times.push_back(sample.timestamp_ms);
    return times;
  }
};

TEST_F(ScrapeLoopTest, EachScrapeReportsAboutItself) {
  client.SetPage("a 1\nb 2\n");
  RunOne();
  EXPECT_EQ(OnlyTarget().health, TargetHealth::kUnknown);
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("a")), 1);
  EXPECT_EQ(storage.LastValue(Series("up")), 1);
  EXPECT_EQ(storage.LastValue(Series("scrape_duration_seconds")), 0);
  EXPECT_EQ(storage.LastValue(Series("scrape_samples_scraped")), 2);
  EXPECT_EQ(storage.LastValue(Series("scrape_samples_post_metric_relabeling")), 2);
  EXPECT_EQ(storage.LastValue(Series("scrape_series_added")), 2);
  EXPECT_EQ(storage.samples.size(), 7u);
  EXPECT_EQ(OnlyTarget().health, TargetHealth::kUp);
  EXPECT_EQ(OnlyTarget().last_error, "");
  EXPECT_EQ(OnlyTarget().last_scrape_ms, TimesOf(Series("up")).at(0));
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("scrape_series_added")), 0);
}

TEST_F(ScrapeLoopTest, ExtraMetricsTellOfTimeoutLimitAndSize) {
  config::ScrapeConfig job = MakeJob();
  job.extra_scrape_metrics = true;
  job.sample_limit = 7;
  job.body_size_limit_bytes = 10;
  client.SetPage("a 1\n");
  RunOne(job);
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("scrape_timeout_seconds")), 4);
  EXPECT_EQ(storage.LastValue(Series("scrape_sample_limit")), 7);
  EXPECT_EQ(storage.LastValue(Series("scrape_body_size_bytes")), 4);
  client.SetPage("a 1\nbbbbbbbbbbbbbbb 2\n");
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("scrape_body_size_bytes")), -1);
  EXPECT_EQ(OnlyTarget().last_error, "body size limit exceeded");
  EXPECT_EQ(CounterValue("prometheus_target_scrapes_exceeded_body_size_limit_total"), 1);
  client.SetError(Error(ErrorCode::kUnavailable, "connection refused"));
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("scrape_body_size_bytes")), 0);
}

TEST_F(ScrapeLoopTest, AFailedScrapeIsDownAndItsSeriesStale) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  client.SetResponse(503, "a 1\n");
  AdvanceInterval();
  EXPECT_THAT(storage.SamplesOf(Series("a")), EndsWith(":stale"));
  EXPECT_EQ(storage.LastValue(Series("up")), 0);
  EXPECT_EQ(OnlyTarget().health, TargetHealth::kDown);
  EXPECT_EQ(OnlyTarget().last_error, "server returned HTTP status 503 Service Unavailable");
  client.SetPage("a 2\n");
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("a")), 2);
  EXPECT_EQ(storage.LastValue(Series("up")), 1);
}

TEST_F(ScrapeLoopTest, AParseErrorKeepsTheCountsInTheReport) {
  client.SetPage("a 1\nb x\n");
  RunOne();
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("up")), 0);
  EXPECT_EQ(storage.LastValue(Series("scrape_samples_scraped")), 1);
  EXPECT_THAT(OnlyTarget().last_error, HasSubstr("(line 2, column 3)"));
  EXPECT_EQ(storage.SamplesOf(Series("a")), "");
}

TEST_F(ScrapeLoopTest, APageOfUnknownTypeFailsUnlessThereIsAFallback) {
  client.SetResponse(200, "a 1\n", "");
  RunOne();
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_error,
            "non-compliant scrape target sending blank Content-Type and no "
            "fallback_scrape_protocol specified for target");
  config::ScrapeConfig job = MakeJob();
  job.fallback_scrape_protocol = "PrometheusText0.0.4";
  manager->ApplyConfig({job});
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_error, "");
  EXPECT_EQ(storage.LastValue(Series("a")), 1);
}

TEST_F(ScrapeLoopTest, AnEmptyPageIsUp) {
  client.SetResponse(200, "", "");
  RunOne();
  AdvanceInterval();
  EXPECT_EQ(storage.LastValue(Series("up")), 1);
}

TEST_F(ScrapeLoopTest, ScrapesComeOnAGridThatRestartsKeep) {
  client.SetPage("a 1\n");
  RunOne();
  Advance(35'000);
  const std::vector<int64_t> times = TimesOf(Series("a"));
  ASSERT_GE(times.size(), 3u);
  for (size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 10'000);
  Restart();
  Advance(1234);
  RunOne();
  Advance(20'000);
  EXPECT_EQ((TimesOf(Series("a")).back() - times.back()) % 10'000, 0);
}

TEST_F(ScrapeLoopTest, TargetsAreSpreadOverTheInterval) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back("h:" + std::to_string(i));
  client.SetPage("a 1\n");
  RunJob(MakeJob(), addresses);
  AdvanceInterval();
  std::set<int64_t> tenths;
  for (const ActiveTargetView& target : manager->ActiveTargets()) {
    ASSERT_NE(target.last_scrape_ms, 0);
    tenths.insert(target.last_scrape_ms % 10'000 / 1000);
  }
  EXPECT_GE(tenths.size(), 9u);
}

TEST_F(ScrapeLoopTest, ASilentTargetTimesOutAndDelaysNobody) {
  client.hold = true;
  RunOne();
  Advance(15'000);
  EXPECT_EQ(OnlyTarget().last_error, "Get \"http://h:1/metrics\": context deadline exceeded");
  EXPECT_EQ(storage.LastValue(Series("up")), 0);
  EXPECT_EQ(storage.LastValue(Series("scrape_duration_seconds")), 4);
  // The sample's time is when the scrape began.
  EXPECT_EQ(OnlyTarget().last_scrape_ms, TimesOf(Series("up")).back());
}

TEST_F(ScrapeLoopTest, OneScrapeOfATargetAtATimeAndMissedTicksAreSkipped) {
  config::ScrapeConfig job = MakeJob();
  job.scrape_timeout = job.scrape_interval;
  client.hold = true;
  RunOne(job);
  Advance(105'000);
  // Each takes a whole interval, so the next tick comes as it ends: none is left out, none doubled.
  const std::vector<int64_t> times = TimesOf(Series("up"));
  ASSERT_GE(times.size(), 9u);
  for (size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 10'000);
  EXPECT_EQ(client.requests.size(), times.size() + 1);  // One is under way.
}

TEST_F(ScrapeLoopTest, ASkippedTickIsFollowedByOneScrapeAtOnce) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  const int64_t first = TimesOf(Series("a")).back();
  // The process stood still for two and a half intervals.
  clock.SetMs(first + 25'003);
  Advance(0);
  EXPECT_EQ(TimesOf(Series("a")).back(), first + 25'003);  // Too far from the grid to be set to it.
  Advance(10'000);
  EXPECT_EQ(TimesOf(Series("a")).back(), first + 30'000);
}

TEST_F(ScrapeLoopTest, TimesWithinTheToleranceAreSetToTheGrid) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  const int64_t first = TimesOf(Series("a")).back();
  clock.SetMs(first + 10'002);
  Advance(0);
  EXPECT_EQ(TimesOf(Series("a")).back(), first + 10'000);
  clock.SetMs(first + 20'003);
  Advance(0);
  EXPECT_EQ(TimesOf(Series("a")).back(), first + 20'003);
}

TEST_F(ScrapeLoopTest, ARemovedTargetGoesStaleAfterTwoIntervalsAndATenth) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  const int64_t last = TimesOf(Series("a")).back();
  manager->UpdateTargets("job", {});
  EXPECT_TRUE(manager->ActiveTargets().empty());
  timers.AdvanceTo(last + 20'000 + 999);
  EXPECT_EQ(TimesOf(Series("a")).back(), last);
  timers.AdvanceTo(last + 20'000 + 1000);
  EXPECT_EQ(storage.SamplesOf(Series("a")),
            std::to_string(last) + ":1 " + std::to_string(last + 10'000) + ":stale");
  EXPECT_THAT(storage.SamplesOf(Series("up")), EndsWith(":stale"));
  Advance(100'000);
  EXPECT_EQ(TimesOf(Series("a")).size(), 2u);
}

TEST_F(ScrapeLoopTest, ATargetThatIsBackInTimeDoesNotGoStale) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  manager->UpdateTargets("job", {});
  Advance(3'000);
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  Advance(60'000);
  EXPECT_THAT(storage.SamplesOf(Series("a")), testing::Not(HasSubstr("stale")));
}

TEST_F(ScrapeLoopTest, ATargetRemovedDuringItsScrapeFinishesIt) {
  client.SetPage("a 1\n");
  client.delay_ms = 3'000;
  RunOne();
  AdvanceInterval();
  while (client.requests.size() < 2) Advance(1);
  manager->UpdateTargets("job", {});
  Advance(60'000);
  EXPECT_EQ(client.requests.size(), 2u);
  EXPECT_THAT(storage.SamplesOf(Series("a")), EndsWith(":stale"));
  EXPECT_EQ(TimesOf(Series("a")).size(), 3u);
}

TEST_F(ScrapeLoopTest, StoppingWritesNoStaleMarkers) {
  client.SetPage("a 1\n");
  RunOne();
  AdvanceInterval();
  client.hold = true;
  while (client.requests.size() < 2) Advance(1);
  manager->Stop();
  Advance(100'000);
  EXPECT_EQ(TimesOf(Series("a")).size(), 1u);
  EXPECT_TRUE(manager->ActiveTargets().empty());
}

TEST_F(ScrapeLoopTest, AFailedCommitIsShownAndSurvived) {
  client.SetPage("a 1\n");
  storage.fail_commits = true;
  RunOne();
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().health, TargetHealth::kDown);
  EXPECT_THAT(OnlyTarget().last_error, ::testing::StartsWith("storing the scrape: "));
  storage.fail_commits = false;
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_error, "");
  EXPECT_EQ(storage.LastValue(Series("a")), 1);
}

TEST_F(ScrapeLoopTest, AHundredMegabytePageIsRefusedByTheBodyLimit) {
  config::ScrapeConfig job = MakeJob();
  job.body_size_limit_bytes = 1 << 20;
  client.SetPage(std::string(100 << 20, 'a'));
  RunOne(job);
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_error, "body size limit exceeded");
  EXPECT_EQ(storage.LastValue(Series("up")), 0);
}

TEST_F(ScrapeLoopTest, IntervalsAreObserved) {
  client.SetPage("a 1\n");
  RunOne();
  Advance(30'000);
  EXPECT_THAT(registry.Expose(),
              HasSubstr("prometheus_target_interval_length_seconds_sum{interval=\"10s\"} 20"));
}

}  // namespace
}  // namespace tocsin::scraper
