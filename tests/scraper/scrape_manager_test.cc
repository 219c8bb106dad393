#include "scraper/scrape_manager.h"

#include <gmock/gmock.h>

#include "scraper/manager_fixture.h"

namespace tocsin::scraper {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Keeps each line as message and fields.
struct LineLogger final : Logger {
  bool IsEnabled(LogLevel) const override { return true; }
  void Write(LogLevel, std::string_view message, std::span<const LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class ScrapeManagerTest : public testing::Test, protected ManagerFixture {
 protected:
  std::vector<std::string> Urls() {
    std::vector<std::string> urls;
    for (const ActiveTargetView& target : manager->ActiveTargets()) {
      urls.push_back(target.scrape_pool + " " + target.scrape_url);
    }
    return urls;
  }
};

TEST_F(ScrapeManagerTest, ListsTargetsByPoolAndUrl) {
  manager->ApplyConfig({MakeJob("b"), MakeJob("a")});
  manager->UpdateTargets("a", MakeGroups({"h:2", "h:1", "h:2"}));
  manager->UpdateTargets("b", MakeGroups({"h:3"}));
  manager->UpdateTargets("unknown", MakeGroups({"h:4"}));
  EXPECT_THAT(Urls(),
              ElementsAre("a http://h:1/metrics", "a http://h:2/metrics", "b http://h:3/metrics"));
  EXPECT_THAT(manager->PoolNames(), ElementsAre("a", "b"));
  EXPECT_EQ(manager->ActiveTargets("b").size(), 1u);
  const ActiveTargetView view = manager->ActiveTargets("b").at(0);
  EXPECT_EQ(view.labels, (Labels{{"instance", "h:3"}, {"job", "b"}}));
  EXPECT_EQ(view.discovered_labels.Get("__address__"), "h:3");
  EXPECT_EQ(view.scrape_interval, "10s");
  EXPECT_EQ(view.scrape_timeout, "4s");
  EXPECT_EQ(view.last_scrape_ms, 0);
}

TEST_F(ScrapeManagerTest, DroppedTargetsAreKeptUpToALimitAndCounted) {
  config::ScrapeConfig job = MakeJob();
  RelabelRule drop;
  drop.source_labels = {"__address__"};
  drop.regex = *Regex::Compile("d.*");
  drop.action = RelabelRule::Action::kDrop;
  job.relabel_configs = {drop};
  job.keep_dropped_targets = 2;
  RunJob(job, {"d:1", "h:1", "d:2", "d:3"});
  EXPECT_EQ(manager->DroppedTargets().size(), 2u);
  EXPECT_EQ(manager->DroppedTargets().at(0).discovered_labels.Get("__address__"), "d:1");
  EXPECT_EQ(manager->DroppedTargetCounts(), (std::map<std::string, size_t>{{"job", 3}}));
  EXPECT_EQ(manager->ActiveTargets().size(), 1u);
}

TEST_F(ScrapeManagerTest, TargetsThatCannotBeAreLeftOutAndCounted) {
  RunJob(MakeJob(), {"h:1", "http://bad", "h:2"});
  EXPECT_EQ(manager->ActiveTargets().size(), 2u);
  EXPECT_EQ(registry.AddCounter("prometheus_target_sync_failed_total", "", {{"scrape_job", "job"}})
                .value(),
            1);
}

TEST_F(ScrapeManagerTest, AReloadLeavesUnchangedTargetsAlone) {
  client.SetPage("a 1\nb 1\n");
  RunJob(MakeJob(), {"h:1"});
  Advance(20'000);
  const size_t lookups = storage.slot_lookups;
  const int64_t last = OnlyTarget().last_scrape_ms;
  manager->ApplyConfig({MakeJob()});
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  EXPECT_EQ(OnlyTarget().last_scrape_ms, last);
  Advance(20'000);
  EXPECT_EQ(storage.slot_lookups, lookups);
  EXPECT_EQ(OnlyTarget().last_scrape_ms, last + 20'000);
}

TEST_F(ScrapeManagerTest, AChangedIntervalKeepsTheSeries) {
  client.SetPage("a 1\n");
  RunJob(MakeJob(), {"h:1"});
  Advance(20'000);
  const size_t lookups = storage.slot_lookups;
  config::ScrapeConfig job = MakeJob();
  job.scrape_interval = std::chrono::seconds(5);
  manager->ApplyConfig({job});
  const size_t before = storage.samples["a{instance=\"h:1\", job=\"job\"}"].size();
  Advance(20'000);
  EXPECT_EQ(storage.samples["a{instance=\"h:1\", job=\"job\"}"].size(), before + 4);
  EXPECT_EQ(storage.slot_lookups, lookups);
  EXPECT_EQ(OnlyTarget().scrape_interval, "5s");
  Advance(60'000);
  EXPECT_THAT(storage.SamplesOf("a{instance=\"h:1\", job=\"job\"}"),
              testing::Not(testing::HasSubstr("stale")));
}

TEST_F(ScrapeManagerTest, ChangedLabelsMakeAnotherTarget) {
  client.SetPage("a 1\n");
  RunJob(MakeJob(), {"h:1"});
  AdvanceInterval();
  auto groups = MakeGroups({"h:1"});
  groups[0].labels = {{"env", "x"}};
  manager->UpdateTargets("job", groups);
  Advance(60'000);
  EXPECT_THAT(storage.SamplesOf("a{instance=\"h:1\", job=\"job\"}"), testing::EndsWith(":stale"));
  EXPECT_EQ(storage.LastValue("a{env=\"x\", instance=\"h:1\", job=\"job\"}"), 1);
}

TEST_F(ScrapeManagerTest, ChangedMetricRelabelingAppliesFromTheNextScrape) {
  client.SetPage("a 1\nb 1\n");
  RunJob(MakeJob(), {"h:1"});
  AdvanceInterval();
  config::ScrapeConfig job = MakeJob();
  RelabelRule drop;
  drop.source_labels = {"__name__"};
  drop.regex = *Regex::Compile("b");
  drop.action = RelabelRule::Action::kDrop;
  job.metric_relabel_configs = {drop};
  manager->ApplyConfig({job});
  AdvanceInterval();
  EXPECT_THAT(storage.SamplesOf("b{instance=\"h:1\", job=\"job\"}"), testing::EndsWith(":stale"));
  EXPECT_EQ(
      storage.LastValue("scrape_samples_post_metric_relabeling{instance=\"h:1\", job=\"job\"}"), 1);
}

TEST_F(ScrapeManagerTest, AReloadLeavesUnchangedJobsUndisturbed) {
  client.SetPage("a 1\nb 1\n");
  config::ScrapeConfig other = MakeJob("other");
  manager->ApplyConfig({MakeJob(), other});
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  AdvanceInterval();
  AdvanceInterval();
  const size_t lookups = storage.slot_lookups;
  const int64_t last_ms = OnlyTarget().last_scrape_ms;
  other.scrape_interval = std::chrono::seconds(30);
  manager->ApplyConfig({MakeJob(), other});
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_scrape_ms, last_ms + 10'000);  // The same phase.
  EXPECT_EQ(storage.slot_lookups, lookups);                  // The same cache.
  EXPECT_THAT(storage.SamplesOf("a{instance=\"h:1\", job=\"job\"}"),
              testing::Not(testing::HasSubstr("stale")));
}

TEST_F(ScrapeManagerTest, FailedScrapesAreWrittenToTheJobsLog) {
  auto log = std::make_shared<LineLogger>();
  std::vector<std::string> opened;
  manager.emplace(ScrapeManagerOptions{.clock = clock,
                                       .timers = timers,
                                       .client = client,
                                       .storage = storage,
                                       .logger = logger,
                                       .registry = registry,
                                       .run_on_worker = [](const auto& task) { task(); },
                                       .open_failure_log =
                                           [&](const std::string& path) {
                                             opened.push_back(path);
                                             return log;
                                           }});
  config::ScrapeConfig job = MakeJob();
  job.scrape_failure_log_file = "/log";
  config::ScrapeConfig second = MakeJob("second");
  second.scrape_failure_log_file = "/log";
  manager->ApplyConfig({job, second});
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  AdvanceInterval();
  EXPECT_THAT(opened, testing::ElementsAre("/log"));
  EXPECT_THAT(log->lines,
              testing::ElementsAre("connection refused job_name=job target=http://h:1/metrics"));
}

TEST_F(ScrapeManagerTest, DroppedTargetsSayWhichRuleDidIt) {
  config::ScrapeConfig job = MakeJob();
  RelabelRule keep;
  keep.source_labels = {"__address__", "env"};
  keep.regex = *Regex::Compile("h:1;.*");
  keep.action = RelabelRule::Action::kKeep;
  RelabelRule rename;
  rename.regex = *Regex::Compile("(.*)");
  rename.target_label = "x";
  job.relabel_configs = {rename, keep};
  RunJob(job, {"h:1", "h:2"});
  const auto dropped = manager->DroppedTargets();
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].discovered_labels.Get("__address__"), "h:2");
  EXPECT_EQ(dropped[0].reason,
            "relabel_configs[1]: action keep, source_labels [__address__, env], regex h:1;.*");
  const auto steps = manager->RelabelSteps("job", Labels({{"__address__", "h:2"}}));
  ASSERT_TRUE(steps.has_value());
  EXPECT_TRUE((*steps)[0].is_kept);
  EXPECT_FALSE((*steps)[1].is_kept);
  EXPECT_FALSE(manager->RelabelSteps("unknown", {}).has_value());
}

TEST_F(ScrapeManagerTest, ARemovedJobGoesStale) {
  client.SetPage("a 1\n");
  RunJob(MakeJob(), {"h:1"});
  AdvanceInterval();
  manager->ApplyConfig({});
  EXPECT_THAT(Urls(), IsEmpty());
  Advance(60'000);
  EXPECT_THAT(storage.SamplesOf("a{instance=\"h:1\", job=\"job\"}"), testing::EndsWith(":stale"));
}

TEST_F(ScrapeManagerTest, TooManyTargetsFailThemAllUntilThereAreFewer) {
  client.SetPage("a 1\n");
  config::ScrapeConfig job = MakeJob();
  job.target_limit = 1;
  RunJob(job, {"h:1", "h:2"});
  AdvanceInterval();
  EXPECT_TRUE(client.requests.empty());
  for (const ActiveTargetView& target : manager->ActiveTargets()) {
    EXPECT_EQ(target.last_error, "target_limit exceeded (number of targets: 2, limit: 1)");
    EXPECT_EQ(target.health, TargetHealth::kDown);
  }
  EXPECT_EQ(storage.LastValue("up{instance=\"h:1\", job=\"job\"}"), 0);
  EXPECT_GE(CounterValue("prometheus_target_scrape_pool_exceeded_target_limit_total"), 1);
  manager->UpdateTargets("job", MakeGroups({"h:1"}));
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().health, TargetHealth::kUp);
}

TEST_F(ScrapeManagerTest, AJobThatNeedsWhatIsMissingSaysSo) {
  config::ScrapeConfig job = MakeJob();
  job.http_client.oauth2.emplace().grant_type = "password";
  RunJob(job, {"h:1"});
  AdvanceInterval();
  EXPECT_EQ(OnlyTarget().last_error, "oauth2 grant_type password is not supported yet");
}

TEST_F(ScrapeManagerTest, MetadataComesByTarget) {
  client.page_of_url = {
      {"http://h:1/metrics", "# HELP a first\n# TYPE a counter\na 1\n"},
      {"http://h:2/metrics", "# HELP a first\n# TYPE a counter\na 1\n# HELP b x\n"}};
  RunJob(MakeJob(), {"h:1", "h:2"});
  AdvanceInterval();
  const auto metadata = manager->Metadata();
  ASSERT_EQ(metadata.size(), 2u);
  EXPECT_EQ(metadata[0].target.Get("instance"), "h:1");
  ASSERT_EQ(metadata[0].families.size(), 1u);
  EXPECT_EQ(metadata[0].families[0]->metadata.type, MetricType::kCounter);
  EXPECT_EQ(metadata[1].families.size(), 2u);
  EXPECT_EQ(metadata[0].families[0], metadata[1].families[0]);  // Shared.
  EXPECT_THAT(registry.Expose(),
              testing::HasSubstr("prometheus_target_metadata_cache_entries{scrape_job=\"job\"} 3"));
}

TEST_F(ScrapeManagerTest, StoppingTwiceAndUsingAStoppedManagerIsHarmless) {
  RunJob(MakeJob(), {"h:1"});
  manager->Stop();
  manager->Stop();
  RunJob(MakeJob(), {"h:2"});
  Advance(20'000);
  EXPECT_TRUE(manager->ActiveTargets().empty());
  EXPECT_TRUE(client.requests.empty());
}

TEST(OffsetSeedTest, DiffersByHostAndExternalLabels) {
  const uint64_t seed = MakeOffsetSeed("host", {{"a", "b"}});
  EXPECT_EQ(MakeOffsetSeed("host", {{"a", "b"}}), seed);
  EXPECT_NE(MakeOffsetSeed("other", {{"a", "b"}}), seed);
  EXPECT_NE(MakeOffsetSeed("host", {{"a", "c"}}), seed);
}

}  // namespace
}  // namespace tocsin::scraper
