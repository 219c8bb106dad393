#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "exposition/protobuf_writer.h"
#include "scraper/page_fixture.h"

namespace tocsin::scraper {
namespace {

using exposition::ProtobufWriter;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr const char* kH = "h{instance=\"i\", job=\"j\"}";

Histogram SomeHistogram() {
  Histogram histogram;
  histogram.schema = 3;
  histogram.count = 6;
  histogram.sum = 12.5;
  histogram.zero_threshold = 0.25;
  histogram.zero_count = 1;
  histogram.positive_spans = {{0, 2}, {3, 1}};
  histogram.positive_deltas = {1, 1, 0};
  return histogram;
}

std::string SomePage(double value = 1.5, std::string_view help = "help") {
  std::string page;
  ProtobufWriter writer(page);
  writer.BeginFamily({"a_total", help, "", MetricType::kCounter});
  const Exemplar exemplar = {{{"id", "x"}}, 1, 0, false};
  writer.WriteValue({{"x", "y"}}, value, {.start_timestamp_ms = 500, .exemplars = {&exemplar, 1}});
  writer.WriteValue({{"x", "z"}}, value, {});
  writer.EndFamily();
  writer.BeginFamily({"h", "", "", MetricType::kHistogram});
  const Exemplar exemplars[] = {{{{"id", "new"}}, 1, 900, true}, {{{"id", "old"}}, 1, 800, true}};
  writer.WriteHistogram({}, SomeHistogram(), {.exemplars = exemplars});
  const std::pair<double, double> buckets[] = {{0.5, 1}, {kInfinity, 2}};
  writer.WriteClassicHistogram({{"kind", "classic"}}, {2, 3, buckets}, {});
  writer.EndFamily();
  return page;
}

struct ProtobufFixture : PageFixture {
  ProtobufFixture() { format = exposition::Format::kProtobuf; }
};

TEST(ProtobufPageTest, StoresValuesHistogramsAndExemplars) {
  ProtobufFixture f;
  ASSERT_TRUE(f.Scrape(SomePage(), 1000).ok());
  EXPECT_EQ(f.counts.samples, 7u);
  EXPECT_EQ(f.counts.series_added, 7u);
  EXPECT_EQ(f.storage.SamplesOf("a_total{instance=\"i\", job=\"j\", x=\"y\"}"), "1000:1.5");
  EXPECT_EQ(f.storage.ExemplarsOf("a_total{instance=\"i\", job=\"j\", x=\"y\"}"),
            "{id=\"x\"} 1@1000");
  EXPECT_EQ(f.storage.HistogramsOf(kH), "1000:i schema=3 count=6 sum=12.5 buckets=3");
  EXPECT_EQ(f.storage.ExemplarsOf(kH), "{id=\"old\"} 1@800 {id=\"new\"} 1@900");
  EXPECT_EQ(
      f.storage.SamplesOf("h_bucket{instance=\"i\", job=\"j\", kind=\"classic\", le=\"0.5\"}"),
      "1000:1");
  EXPECT_EQ(f.storage.metadata[kH].type, MetricType::kHistogram);
  EXPECT_EQ(f.appender.metadata().Find("a_total")->metadata.help, "help");
}

TEST(ProtobufPageTest, TheSamePageAgainLooksNothingUp) {
  ProtobufFixture f;
  ASSERT_TRUE(f.Scrape(SomePage(1), 1000).ok());
  const size_t lookups = f.storage.slot_lookups;
  ASSERT_TRUE(f.Scrape(SomePage(2), 2000).ok());
  EXPECT_EQ(f.storage.slot_lookups, lookups);
  EXPECT_EQ(f.appender.cache().miss_count(), 0u);
  EXPECT_EQ(f.counts.samples, 7u);
  EXPECT_EQ(f.counts.series_added, 0u);
  EXPECT_EQ(f.storage.SamplesOf("a_total{instance=\"i\", job=\"j\", x=\"z\"}"), "1000:1 2000:2");
}

TEST(ProtobufPageTest, ChangedMetadataReachesStorage) {
  ProtobufFixture f;
  ASSERT_TRUE(f.Scrape(SomePage(1, "old"), 1000).ok());
  ASSERT_TRUE(f.Scrape(SomePage(1, "new"), 2000).ok());
  EXPECT_EQ(f.storage.metadata["a_total{instance=\"i\", job=\"j\", x=\"z\"}"].help, "new");
}

TEST(ProtobufPageTest, VanishedSeriesGoStale) {
  ProtobufFixture f;
  ASSERT_TRUE(f.Scrape(SomePage(), 1000).ok());
  std::string page;
  ProtobufWriter writer(page);
  writer.BeginFamily({"other", "", "", MetricType::kGauge});
  writer.WriteValue({}, 1, {});
  writer.EndFamily();
  ASSERT_TRUE(f.Scrape(page, 2000).ok());
  EXPECT_EQ(f.storage.HistogramsOf(kH), "1000:i schema=3 count=6 sum=12.5 buckets=3 2000:stale");
}

TEST(ProtobufPageTest, StartsAreReadWhenAskedFor) {
  ProtobufFixture f;
  f.Configure({}, {.start_timestamps = true});
  ASSERT_TRUE(f.Scrape(SomePage(), 1000).ok());
  EXPECT_EQ(f.storage.starts_ms["a_total{instance=\"i\", job=\"j\", x=\"y\"}"], 500);
}

TEST(ProtobufPageTest, LimitsMakeHistogramsCoarser) {
  ProtobufFixture f;
  config::ScrapeConfig config;
  config.native_histogram_bucket_limit = 2;
  f.Configure(config);
  ASSERT_TRUE(f.Scrape(SomePage(), 1000).ok());
  EXPECT_EQ(f.storage.HistogramsOf(kH), "1000:i schema=0 count=6 sum=12.5 buckets=2");
  config.native_histogram_bucket_limit = 0;
  config.native_histogram_min_bucket_factor = 4;
  f.Configure(config);
  ASSERT_TRUE(f.Scrape(SomePage(), 2000).ok());
  EXPECT_THAT(f.storage.HistogramsOf(kH), testing::HasSubstr("2000:i schema=-1 "));
}

TEST(ProtobufPageTest, AnInvalidHistogramRefusesTheScrape) {
  ProtobufFixture f;
  std::string page;
  ProtobufWriter writer(page);
  writer.BeginFamily({"h", "", "", MetricType::kHistogram});
  Histogram broken = SomeHistogram();
  broken.positive_deltas = {-1, 1, 0};
  writer.WriteHistogram({}, broken, {});
  writer.EndFamily();
  const Status status = f.Scrape(page, 1000);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(f.storage.HistogramsOf(kH), "");
}

TEST(ProtobufPageTest, ATruncatedPageIsRefused) {
  ProtobufFixture f;
  const std::string page = SomePage();
  ASSERT_FALSE(f.Scrape(page.substr(0, page.size() - 1), 1000).ok());
}

}  // namespace
}  // namespace tocsin::scraper
