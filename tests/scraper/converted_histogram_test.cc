// Classic histograms of line formats that become native ones with custom buckets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scraper/page_fixture.h"

namespace tocsin::scraper {
namespace {

constexpr const char* kH = "h{instance=\"i\", job=\"j\"}";
constexpr const char* kHx = "h{instance=\"i\", job=\"j\", x=\"y\"}";
constexpr const char* kCount = "h_count{instance=\"i\", job=\"j\"}";

constexpr const char* kPage =
    "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4.5\nh_count 3\n"
    "h_bucket{x=\"y\",le=\"+Inf\"} 1\nh_sum{x=\"y\"} 1\nh_count{x=\"y\"} 1\n# TYPE g gauge\ng 1\n";

struct ConvertingFixture : PageFixture {
  ConvertingFixture() { histograms.converts_classic = true; }
};

TEST(ConvertedHistogramTest, EachLabelSetBecomesOneHistogram) {
  ConvertingFixture f;
  for (const int64_t now_ms : {1000, 2000}) {
    ASSERT_TRUE(f.Scrape(kPage, now_ms).ok());
    EXPECT_EQ(f.counts.samples, 3u);
    EXPECT_EQ(f.counts.post_relabel, 3u);
  }
  EXPECT_EQ(f.counts.series_added, 0u);
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.storage.HistogramsOf(kH),
            "1000:i schema=-53 count=3 sum=4.5 buckets=2 2000:i schema=-53 count=3 sum=4.5 "
            "buckets=2");
  EXPECT_EQ(f.storage.HistogramsOf(kHx),
            "1000:i schema=-53 count=1 sum=1 buckets=1 2000:i schema=-53 count=1 sum=1 buckets=1");
  EXPECT_EQ(f.storage.SamplesOf(kCount), "");
  EXPECT_EQ(f.storage.SamplesOf("g{instance=\"i\", job=\"j\"}"), "1000:1 2000:1");
}

TEST(ConvertedHistogramTest, ClassicSeriesStayWhenAskedFor) {
  ConvertingFixture f;
  f.histograms.keeps_classic = true;
  for (const int64_t now_ms : {1000, 2000}) {
    ASSERT_TRUE(f.Scrape(kPage, now_ms).ok());
    EXPECT_EQ(f.counts.samples, 10u);
  }
  EXPECT_EQ(f.storage.SamplesOf(kCount), "1000:3 2000:3");
  EXPECT_EQ(f.storage.SamplesOf("h_bucket{instance=\"i\", job=\"j\", le=\"1.0\"}"),
            "1000:2 2000:2");
  EXPECT_NE(f.storage.HistogramsOf(kH), "");
}

TEST(ConvertedHistogramTest, VanishedHistogramsGoStale) {
  ConvertingFixture f;
  ASSERT_TRUE(f.Scrape(kPage, 1000).ok());
  ASSERT_TRUE(f.Scrape("# TYPE g gauge\ng 1\n", 2000).ok());
  EXPECT_EQ(f.storage.HistogramsOf(kHx), "1000:i schema=-53 count=1 sum=1 buckets=1 2000:stale");
}

TEST(ConvertedHistogramTest, SeriesOfOtherTypesAreLeftAlone) {
  ConvertingFixture f;
  ASSERT_TRUE(f.Scrape("h_bucket{le=\"1\"} 2\n# TYPE h histogram\nother_count 1\n"
                       "h_bucket{le=\"x\"} 1\n# TYPE s summary\ns_count 2\n",
                       1000)
                  .ok());
  EXPECT_EQ(f.counts.samples, 4u);
  EXPECT_EQ(f.storage.SamplesOf("s_count{instance=\"i\", job=\"j\"}"), "1000:2");
}

TEST(ConvertedHistogramTest, WhatIsNoHistogramIsLeftOut) {
  ConvertingFixture f;
  ASSERT_TRUE(f.Scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 3\nh_count 5\n"
                       "# TYPE g gauge\ng 1\n",
                       1000)
                  .ok());
  EXPECT_EQ(f.counts.samples, 1u);
  EXPECT_EQ(f.storage.HistogramsOf(kH), "");
}

TEST(ConvertedHistogramTest, RelabelingSeesTheHistogramsName) {
  ConvertingFixture f;
  config::ScrapeConfig config;
  RelabelRule drop;
  drop.action = RelabelRule::Action::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = *Regex::Compile("h");
  config.metric_relabel_configs = {drop};
  f.Configure(config);
  for (const int64_t now_ms : {1000, 2000}) {
    ASSERT_TRUE(f.Scrape(kPage, now_ms).ok());
    EXPECT_EQ(f.counts.samples, 3u);
    EXPECT_EQ(f.counts.post_relabel, 1u);
  }
}

TEST(ConvertedHistogramTest, ABucketLimitRefusesTheScrape) {
  ConvertingFixture f;
  config::ScrapeConfig config;
  config.native_histogram_bucket_limit = 1;
  f.Configure(config);
  const Status status = f.Scrape(kPage, 1000);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "histogram bucket limit exceeded");
  EXPECT_EQ(
      f.CounterValue("prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total"), 1);
}

TEST(ConvertedHistogramTest, RenumberedSlotsAreResolvedAnew) {
  ConvertingFixture f;
  ASSERT_TRUE(f.Scrape(kPage, 1000).ok());
  f.storage.renumber_at_next_row = true;
  ASSERT_TRUE(f.Scrape(kPage, 2000).ok());
  EXPECT_EQ(f.storage.HistogramsOf(kHx),
            "1000:i schema=-53 count=1 sum=1 buckets=1 2000:i schema=-53 count=1 sum=1 buckets=1");
}

TEST(ConvertedHistogramTest, ExemplarsAndStartsGoToTheHistogram) {
  ConvertingFixture f;
  f.Configure({}, {.start_timestamps = true});
  f.format = exposition::Format::kOpenMetrics;
  const char* page =
      "# TYPE h histogram\nh_bucket{le=\"1\"} 2 # {id=\"b\"} 0.5 0.9\n"
      "h_bucket{le=\"+Inf\"} 3 # {id=\"a\"} 2 0.8\nh_sum 4.5\nh_count 3\nh_created 0.25\n# EOF\n";
  ASSERT_TRUE(f.Scrape(page, 1000).ok());
  EXPECT_EQ(f.storage.ExemplarsOf(kH), "{id=\"a\"} 2@800 {id=\"b\"} 0.5@900");
  EXPECT_EQ(f.storage.starts_ms[kH], 250);
}

}  // namespace
}  // namespace tocsin::scraper
