#include "scraper/metric_family.h"

#include <gtest/gtest.h>

#include "scraper/histogram_limits.h"

namespace tocsin::scraper {
namespace {

TEST(MetricFamilyTest, SuffixesDependOnTheType) {
  EXPECT_TRUE(IsSeriesOfFamily("a", "a", MetricType::kUnknown));
  EXPECT_TRUE(IsSeriesOfFamily("a_total", "a", MetricType::kCounter));
  EXPECT_TRUE(IsSeriesOfFamily("a_total", "a_total", MetricType::kCounter));
  EXPECT_FALSE(IsSeriesOfFamily("a_total", "a", MetricType::kGauge));
  EXPECT_TRUE(IsSeriesOfFamily("a_bucket", "a", MetricType::kHistogram));
  EXPECT_FALSE(IsSeriesOfFamily("a_bucket", "a", MetricType::kSummary));
  EXPECT_TRUE(IsSeriesOfFamily("a_gsum", "a", MetricType::kGaugeHistogram));
  EXPECT_TRUE(IsSeriesOfFamily("a_info", "a", MetricType::kInfo));
  EXPECT_FALSE(IsSeriesOfFamily("b", "a", MetricType::kUnknown));
}

TEST(HistogramLimitsTest, AFactorPicksTheFinestSchemaThatGrowsByIt) {
  EXPECT_EQ(PickMaxSchema(0), 8);
  EXPECT_EQ(PickMaxSchema(1), 8);
  EXPECT_EQ(PickMaxSchema(1.1), 2);
  EXPECT_EQ(PickMaxSchema(1.5), 0);
  EXPECT_EQ(PickMaxSchema(2), 0);
  EXPECT_EQ(PickMaxSchema(4), -1);
  EXPECT_EQ(PickMaxSchema(1e9), -4);
}

TEST(HistogramLimitsTest, BucketsAreMergedUntilTheyFit) {
  Histogram histogram;
  histogram.schema = 0;
  histogram.positive_spans = {{0, 4}};
  histogram.positive_deltas = {1, 0, 0, 0};
  EXPECT_TRUE(LimitHistogram({.max_buckets = 2}, histogram));
  EXPECT_EQ(histogram.schema, -2);
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  EXPECT_FALSE(LimitHistogram({.max_buckets = 1}, histogram));
}

}  // namespace
}  // namespace tocsin::scraper
