#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scraper/page_fixture.h"

namespace tocsin::scraper {
namespace {

constexpr const char* kTotal = "a_total{instance=\"i\", job=\"j\"}";

struct OpenMetricsFixture : PageFixture {
  OpenMetricsFixture() { format = exposition::Format::kOpenMetrics; }
  void ReadStarts() { Configure({}, {.start_timestamps = true}); }
  int64_t StartOf(const std::string& series) { return storage.starts_ms[series]; }
};

TEST(OpenMetricsPageTest, TheSamePageAgainLooksNothingUp) {
  OpenMetricsFixture f;
  const char* page =
      "# HELP a x\n# TYPE a counter\na_total 1\n# TYPE b_seconds gauge\n# UNIT b_seconds seconds\n"
      "b_seconds{x=\"y\"} 2\n# EOF\n";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  const size_t lookups = f.storage.slot_lookups;
  ASSERT_TRUE(f.Scrape(page, 2000).ok());
  EXPECT_EQ(f.storage.slot_lookups, lookups);
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.storage.SamplesOf(kTotal), "1000:1 2000:1");
  EXPECT_EQ(f.appender.metadata().Find("b_seconds")->metadata.unit, "seconds");
}

TEST(OpenMetricsPageTest, APageWithoutItsEndIsRefused) {
  OpenMetricsFixture f;
  const Status status = f.Scrape("a 1\n", 1000);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "data does not end with # EOF (line 2, column 1)");
  EXPECT_EQ(f.storage.SamplesOf("a{instance=\"i\", job=\"j\"}"), "");
}

TEST(OpenMetricsPageTest, TimestampsAreSeconds) {
  OpenMetricsFixture f;
  ASSERT_TRUE(f.Scrape("a_total 1 0.5\n# EOF\n", 1000).ok());
  EXPECT_EQ(f.storage.SamplesOf(kTotal), "500:1");
}

TEST(OpenMetricsPageTest, ExemplarsGoToTheirSeriesKnownOrNot) {
  OpenMetricsFixture f;
  ASSERT_TRUE(f.Scrape("a_total 1 # {id=\"x\"} 1 0.25\n# EOF\n", 1000).ok());
  ASSERT_TRUE(f.Scrape("a_total 2 # {id=\"y\"} 1\n# EOF\n", 2000).ok());
  EXPECT_EQ(f.storage.ExemplarsOf(kTotal), "{id=\"x\"} 1@250 {id=\"y\"} 1@2000");
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
}

TEST(OpenMetricsPageTest, ExemplarsOutOfOrderAreCounted) {
  OpenMetricsFixture f;
  f.storage.refuses_exemplars = true;
  ASSERT_TRUE(f.Scrape("a_total 1 # {id=\"x\"} 1 0.25\n# EOF\n", 1000).ok());
  EXPECT_EQ(f.CounterValue("prometheus_target_scrapes_exemplar_out_of_order_total"), 1);
}

TEST(OpenMetricsPageTest, CreatedLinesAreSeriesUnlessStartsAreRead) {
  OpenMetricsFixture f;
  const char* page = "# TYPE a counter\na_total 1\na_created 0.5\n# EOF\n";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  EXPECT_EQ(f.counts.samples, 2u);
  EXPECT_EQ(f.storage.SamplesOf("a_created{instance=\"i\", job=\"j\"}"), "1000:0.5");
  EXPECT_EQ(f.StartOf(kTotal), 0);
}

TEST(OpenMetricsPageTest, CreatedLinesTellStarts) {
  OpenMetricsFixture f;
  f.ReadStarts();
  const char* page =
      "# TYPE a counter\na_total 1\na_created 0.5\na_total{x=\"y\"} 1\na_created{x=\"y\"} 0.75\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_count 1\ns_sum 1\ns_created 0.25\n"
      "# TYPE g gauge\ng 1\ng_created 2\n# EOF\n";
  for (const int64_t now_ms : {1000, 2000}) {
    ASSERT_TRUE(f.Scrape(page, now_ms).ok());
    EXPECT_EQ(f.counts.samples, 7u);
    EXPECT_EQ(f.counts.post_relabel, 7u);
    EXPECT_EQ(f.StartOf(kTotal), 500);
    EXPECT_EQ(f.StartOf("a_total{instance=\"i\", job=\"j\", x=\"y\"}"), 750);
    EXPECT_EQ(f.StartOf("s{instance=\"i\", job=\"j\", quantile=\"0.5\"}"), 250);
    EXPECT_EQ(f.StartOf("s_sum{instance=\"i\", job=\"j\"}"), 250);
    EXPECT_EQ(f.StartOf("g{instance=\"i\", job=\"j\"}"), 0);
    f.storage.starts_ms.clear();
  }
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.storage.SamplesOf(kTotal), "1000:1 2000:1");
  EXPECT_EQ(f.storage.SamplesOf("a_created{instance=\"i\", job=\"j\"}"), "");
}

TEST(OpenMetricsPageTest, StartsSurviveRenumberedSlots) {
  OpenMetricsFixture f;
  f.ReadStarts();
  const char* page = "# TYPE a counter\na_total 1\na_created 0.5\n# EOF\n";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  f.storage.renumber_at_next_row = true;
  f.storage.starts_ms.clear();
  ASSERT_TRUE(f.Scrape(page, 2000).ok());
  EXPECT_EQ(f.StartOf(kTotal), 500);
  EXPECT_EQ(f.storage.SamplesOf(kTotal), "1000:1 2000:1");
  EXPECT_EQ(f.counts.series_added, 0u);
}

TEST(OpenMetricsPageTest, GroupsOfVanishedSeriesAreForgotten) {
  OpenMetricsFixture f;
  f.ReadStarts();
  const std::string kept = "# TYPE a counter\na_total 1\na_created 0.5\n";
  for (int i = 0; i < 600; ++i) {
    const std::string labels = "{x=\"" + std::to_string(i) + "\"}";
    ASSERT_TRUE(f.Scrape(kept + "a_total" + labels + " 1\na_created" + labels + " 0.75\n# EOF\n",
                         1000 * (i + 1))
                    .ok());
    EXPECT_EQ(f.counts.series_added, i == 0 ? 2u : 1u) << i;
    EXPECT_EQ(f.StartOf("a_total{instance=\"i\", job=\"j\", x=\"" + std::to_string(i) + "\"}"),
              750);
  }
  EXPECT_EQ(f.StartOf(kTotal), 500);
}

TEST(OpenMetricsPageTest, TypeAndUnitBecomeLabels) {
  OpenMetricsFixture f;
  f.Configure({}, {.type_and_unit_labels = true});
  ASSERT_TRUE(f.Scrape("# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n"
                       "# TYPE b unknown\nb{__type__=\"own\"} 1\n# EOF\n",
                       1000)
                  .ok());
  EXPECT_EQ(f.storage.SamplesOf(
                "a_seconds{__type__=\"gauge\", __unit__=\"seconds\", instance=\"i\", job=\"j\"}"),
            "1000:1");
  EXPECT_EQ(f.storage.SamplesOf("b{__type__=\"own\", instance=\"i\", job=\"j\"}"), "1000:1");
}

TEST(OpenMetricsPageTest, StorageLearnsMetadataWhenItChanges) {
  OpenMetricsFixture f;
  const char* page = "# HELP a x\n# TYPE a counter\na_total 1\nother 1\n# EOF\n";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  EXPECT_EQ(f.storage.metadata[kTotal], (MetricMetadata{MetricType::kCounter, "x", ""}));
  EXPECT_FALSE(f.storage.metadata.contains("other{instance=\"i\", job=\"j\"}"));
  ASSERT_TRUE(f.Scrape(page, 2000).ok());
  EXPECT_EQ(f.storage.metadata_calls, 1u);
  ASSERT_TRUE(f.Scrape("# HELP a new\n# TYPE a counter\na_total 1\nother 1\n# EOF\n", 3000).ok());
  EXPECT_EQ(f.storage.metadata[kTotal].help, "new");
  EXPECT_EQ(f.storage.metadata_calls, 2u);
}

}  // namespace
}  // namespace tocsin::scraper
