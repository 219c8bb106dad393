#include "scraper/page_appender.h"

#include <gmock/gmock.h>

#include "scraper/page_fixture.h"

namespace tocsin::scraper {
namespace {

using testing::ElementsAre;

constexpr const char* kA = "a{instance=\"i\", job=\"j\"}";
constexpr const char* kB = "b{instance=\"i\", job=\"j\"}";

TEST(PageAppenderTest, StoresSamplesUnderTheTargetsLabels) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("# TYPE a gauge\na 1\nb{x=\"y\"} 2.5\n", 1000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1");
  EXPECT_EQ(f.storage.SamplesOf("b{instance=\"i\", job=\"j\", x=\"y\"}"), "1000:2.5");
  EXPECT_EQ(f.counts.samples, 2u);
  EXPECT_EQ(f.counts.post_relabel, 2u);
  EXPECT_EQ(f.counts.series_added, 2u);
}

TEST(PageAppenderTest, TheSamePageAgainLooksNothingUp) {
  PageFixture f;
  const char* page = "# HELP a x\n# TYPE a gauge\na 1\n\nb 2\n  \n# c\nc 3";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  const size_t lookups = f.storage.slot_lookups;
  ASSERT_TRUE(f.Scrape(page, 2000).ok());
  EXPECT_EQ(f.storage.slot_lookups, lookups);
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.counts.series_added, 0u);
  EXPECT_EQ(f.storage.SamplesOf(kB), "1000:2 2000:2");
}

TEST(PageAppenderTest, VanishedSeriesGoStaleAndComeBack) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("a 1\n", 2000).ok());
  ASSERT_TRUE(f.Scrape("a 1\nb 3\n", 3000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kB), "1000:1 2000:stale 3000:3");
  EXPECT_EQ(f.counts.series_added, 1u);
}

TEST(PageAppenderTest, APageThatFailsLeavesNothingButStaleMarkers) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 1000).ok());
  const Status status = f.Scrape("a 2\nb x\n", 2000);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(),
            "strconv.ParseFloat: parsing \"x\": invalid syntax while parsing: \"b x\" (line 2, "
            "column 3)");
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:stale");
  ASSERT_TRUE(f.Scrape("a 3\nb 3\n", 3000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:stale 3000:3");
  EXPECT_EQ(f.counts.series_added, 0u);  // The cache still knows them.
}

TEST(PageAppenderTest, TheFirstOfDuplicatesStays) {
  PageFixture f;
  for (int64_t time = 1000; time <= 2000; time += 1000) {
    ASSERT_TRUE(f.Scrape("a 1\na 2\nb 1\n", time).ok());
    EXPECT_EQ(f.counts.duplicates, 1u);
    EXPECT_EQ(f.counts.post_relabel, 3u);
  }
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:1");
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_sample_duplicate_timestamp_total"), 2);
}

TEST(PageAppenderTest, ExplicitTimestampsAreHonoredWithoutStaleness) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1 500\nb 1\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("a 2 1500\n", 2000).ok());
  ASSERT_TRUE(f.Scrape("\n", 3000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "500:1 1500:2");
  EXPECT_EQ(f.storage.SamplesOf(kB), "1000:1 2000:stale");
}

TEST(PageAppenderTest, ExplicitTimestampsGoStaleWhenTracked) {
  config::ScrapeConfig config;
  config.track_timestamps_staleness = true;
  PageFixture f(config);
  ASSERT_TRUE(f.Scrape("a 1 500\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "500:1 2000:stale");
}

TEST(PageAppenderTest, TimestampsAreIgnoredWhenNotHonored) {
  config::ScrapeConfig config;
  config.honor_timestamps = false;
  PageFixture f(config);
  ASSERT_TRUE(f.Scrape("a 1 500\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("a 2 500\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:2");
}

TEST(PageAppenderTest, SamplesFarAheadAreRefusedAndCounted) {
  PageFixture f;
  for (int64_t time = 1000; time <= 2000; time += 1000) {
    ASSERT_TRUE(f.Scrape("a 1 602001\nb 1 601000\n", time).ok());
    EXPECT_EQ(f.counts.out_of_bounds, 1u);
  }
  EXPECT_EQ(f.storage.SamplesOf(kA), "");
  EXPECT_EQ(f.storage.SamplesOf(kB), "601000:1");
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_sample_out_of_bounds_total"), 2);
}

TEST(PageAppenderTest, OutOfOrderSamplesAreCounted) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1 900\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("a 2 800\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "900:1");
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_sample_out_of_order_total"), 1);
}

TEST(PageAppenderTest, SampleLimitRejectsTheScrapeAndCreatesNoSeriesBeyond) {
  config::ScrapeConfig config;
  config.sample_limit = 2;
  PageFixture f(config);
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 1000).ok());
  const Status status = f.Scrape("a 1\nb 1\nc 1\nd 1\n", 2000);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "sample limit exceeded");
  EXPECT_EQ(f.counts.samples, 4u);
  EXPECT_EQ(f.counts.post_relabel, 4u);
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:stale");
  EXPECT_EQ(f.storage.samples.size(), 2u);
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_exceeded_sample_limit_total"), 1);
}

TEST(PageAppenderTest, SampleLimitMayCutThePageInstead) {
  PageFixture f;
  config::ScrapeConfig config;
  config.sample_limit = 2;
  auto settings = std::make_shared<ScrapeSettings>(*MakeScrapeSettings(config));
  settings->truncates_at_sample_limit = true;
  f.settings = settings;
  for (const int64_t now_ms : {1000, 2000}) {
    ASSERT_TRUE(f.Scrape("a 1\nb 2\nc 3\nd 4\n", now_ms).ok());
    EXPECT_EQ(f.counts.samples, 4u);
    EXPECT_EQ(f.counts.post_relabel, 4u);
    EXPECT_EQ(f.counts.truncated, 2u);
  }
  EXPECT_EQ(f.storage.SamplesOf(kB), "1000:2 2000:2");
  EXPECT_FALSE(f.storage.samples.contains("c{instance=\"i\", job=\"j\"}"));
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_exceeded_sample_limit_total"), 2);
}

TEST(PageAppenderTest, SampleLimitCountsAfterRelabeling) {
  config::ScrapeConfig config;
  config.sample_limit = 1;
  RelabelRule drop;
  drop.source_labels = {"__name__"};
  drop.regex = *Regex::Compile("b.*");
  drop.action = RelabelRule::Action::kDrop;
  config.metric_relabel_configs = {drop};
  PageFixture f(config);
  for (int64_t time = 1000; time <= 3000; time += 1000) {
    ASSERT_TRUE(f.Scrape("b1 1\na 1\nb2 1\n", time).ok());
    EXPECT_EQ(f.counts.samples, 3u);
    EXPECT_EQ(f.counts.post_relabel, 1u);
  }
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.storage.samples.size(), 1u);
}

TEST(PageAppenderTest, LabelLimitsRejectTheScrape) {
  config::ScrapeConfig config;
  config.label_limit = 3;
  PageFixture f(config);
  ASSERT_TRUE(f.Scrape("a 1\n", 1000).ok());
  const Status status = f.Scrape("a 1\nb{x=\"1\"} 1\n", 2000);
  EXPECT_EQ(status.error().message(),
            "label_limit exceeded (metric: b, number of labels: 4, limit: 3)");
  EXPECT_EQ(f.CounterValue("prometheus_target_scrape_pool_exceeded_label_limits_total"), 1);
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:stale");
}

TEST(PageAppenderTest, ChangedRelabelingParsesThePageAnew) {
  config::ScrapeConfig config;
  PageFixture f(config);
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 1000).ok());
  RelabelRule rule;
  rule.source_labels = {"__name__"};
  rule.regex = *Regex::Compile("(b)");
  rule.target_label = "__name__";
  rule.replacement = "new_$1";
  config.metric_relabel_configs = {rule};
  f.Configure(config);
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:1");
  EXPECT_EQ(f.storage.SamplesOf(kB), "1000:1 2000:stale");
  EXPECT_EQ(f.storage.SamplesOf("new_b{instance=\"i\", job=\"j\"}"), "2000:1");
}

TEST(PageAppenderTest, RenumberedSlotsAreResolvedWithoutCountingAsNew) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1\nb 1\n", 1000).ok());
  f.storage.renumber_at_next_row = true;
  ASSERT_TRUE(f.Scrape("a 2\nb 2\nc 2\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:2");
  EXPECT_EQ(f.counts.series_added, 1u);
  ASSERT_TRUE(f.Scrape("a 3\nb 3\nc 3\n", 3000).ok());
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.storage.SamplesOf("renumbered"), "");
}

TEST(PageAppenderTest, SeriesThatStorageHasNoRoomForAreLeftOut) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("a 1\n", 1000).ok());
  f.storage.series_limit = 1;
  ASSERT_TRUE(f.Scrape("b 1\na 1\n", 2000).ok());
  EXPECT_EQ(f.counts.refused, 1u);
  EXPECT_EQ(f.storage.SamplesOf(kA), "1000:1 2000:1");
  f.storage.series_limit = 9;
  ASSERT_TRUE(f.Scrape("b 1\na 1\n", 3000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kB), "3000:1");
}

TEST(PageAppenderTest, BoundsOfNewBucketsAreCanonicalBehindAKnownTypeLine) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", 1000).ok());
  ASSERT_TRUE(
      f.Scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf("h_bucket{instance=\"i\", job=\"j\", le=\"2.0\"}"), "2000:1");
}

TEST(PageAppenderTest, MetadataFollowsThePage) {
  PageFixture f;
  ASSERT_TRUE(f.Scrape("# HELP a old\n# TYPE a gauge\na 1\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("# HELP a new\n# TYPE a gauge\na 1\n", 2000).ok());
  const auto family = f.appender.metadata().Find("a");
  ASSERT_NE(family, nullptr);
  EXPECT_EQ(family->metadata.help, "new");
  EXPECT_EQ(family->metadata.type, MetricType::kGauge);
}

TEST(PageAppenderTest, AFailedCommitIsReportedAndTheNextOneWorks) {
  PageFixture f;
  f.storage.fail_commits = true;
  EXPECT_EQ(f.Scrape("a 1\n", 1000).error().message(), "disk full");
  f.storage.fail_commits = false;
  ASSERT_TRUE(f.Scrape("a 1\n", 2000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kA), "2000:1");
}

TEST(HostilePageTest, InvalidUtf8FailsTheScrape) {
  PageFixture f;
  EXPECT_FALSE(f.Scrape("a{x=\"\xc3\x28\"} 1\n", 1000).ok());
  EXPECT_FALSE(f.Scrape("{\"a\xff\"} 1\n", 2000).ok());
  EXPECT_TRUE(f.storage.LiveValues().empty());
}

TEST(HostilePageTest, NamesMustSuitTheValidationScheme) {
  config::ScrapeConfig config;
  config.metric_name_validation_scheme = "legacy";
  PageFixture f(config);
  EXPECT_EQ(f.Scrape("{\"a.b\"} 1\n", 1000).error().message(),
            "invalid metric name or label names: {__name__=\"a.b\", instance=\"i\", job=\"j\"}");
  config.metric_name_validation_scheme = "utf8";
  f.Configure(config);
  EXPECT_TRUE(f.Scrape("{\"a.b\"} 1\n", 2000).ok());
}

TEST(HostilePageTest, AMillionLabelsCostNoQuadraticTime) {
  std::string page = "a{";
  for (int i = 150'000; i > 0; --i) page += "l" + std::to_string(i) + "=\"\",";
  page += "} 1\n";
  PageFixture f;
  EXPECT_EQ(f.Scrape(page, 1000).error().message().substr(0, 11), "series text");
  page = "a{";
  for (int i = 70'000; i > 0; --i) page += "l" + std::to_string(i) + "=\"1\",";
  page += "} 1\n";
  config::ScrapeConfig config;
  config.label_limit = 100;
  f.Configure(config);
  EXPECT_FALSE(f.Scrape(page, 2000).ok());
}

TEST(HostilePageTest, APageOfOneLineWithoutEndFails) {
  PageFixture f;
  EXPECT_FALSE(f.Scrape(std::string(4 << 20, 'a'), 1000).ok());
  EXPECT_FALSE(f.Scrape("a{x=\"" + std::string(4 << 20, 'b'), 2000).ok());
  EXPECT_FALSE(f.Scrape("a " + std::string(4 << 20, '1'), 3000).ok());
}

}  // namespace
}  // namespace tocsin::scraper
