#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"
#include "model/float_histogram_comparison.h"
#include "model/float_histogram_trim.h"

namespace tocsin {
namespace {

constexpr double kMax = std::numeric_limits<double>::max();

FloatHistogram Exponential(int32_t schema, int32_t offset, std::vector<double> buckets) {
  FloatHistogram histogram;
  histogram.schema = schema;
  for (const double count : buckets) histogram.count += count;
  histogram.positive_spans = {{offset, static_cast<uint32_t>(buckets.size())}};
  histogram.positive_buckets = std::move(buckets);
  return histogram;
}

FloatHistogram Custom(std::vector<double> bounds, std::vector<double> buckets) {
  FloatHistogram histogram = Exponential(FloatHistogram::kCustomBucketsSchema, 0, buckets);
  histogram.custom_values = std::move(bounds);
  return histogram;
}

TEST(FloatHistogramBucketsTest, BoundsAreTheNearestDoubles) {
  EXPECT_EQ(ExponentialBound(0, 0), 1);
  EXPECT_EQ(ExponentialBound(3, 0), 8);
  EXPECT_EQ(ExponentialBound(-2, 0), 0.25);
  EXPECT_EQ(ExponentialBound(1, -2), 16);
  EXPECT_EQ(ExponentialBound(1, 1), std::sqrt(2.0));
  // As upstream's table has them.
  EXPECT_EQ(ExponentialBound(1, 8) / 2, 0.5013556375251013);
  EXPECT_EQ(ExponentialBound(2, 8) / 2, 0.5027149505564014);
  EXPECT_EQ(ExponentialBound(9, 8) / 2, 0.5123338964485679);
}

TEST(FloatHistogramBucketsTest, LastFiniteBucketEndsAtTheLargestNumber) {
  EXPECT_EQ(ExponentialBound(1024, 0), kMax);
  EXPECT_EQ(ExponentialBound(1025, 0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ExponentialBound(64, -4), kMax);
}

TEST(FloatHistogramBucketsTest, TextHasPopulatedBucketsOnly) {
  FloatHistogram histogram = Exponential(0, 0, {1, 0, 2});
  histogram.sum = 10;
  histogram.zero_count = 3;
  histogram.zero_threshold = 0.25;
  histogram.negative_spans = {{1, 1}};
  histogram.negative_buckets = {4};
  EXPECT_EQ(ToString(histogram),
            "{count:3, sum:10, [-2,-1):4, [-0.25,0.25]:3, (0.5,1]:1, (2,4]:2}");
}

TEST(FloatHistogramBucketsTest, ZeroBucketCutsItsNeighbours) {
  FloatHistogram histogram = Exponential(0, 0, {1});
  histogram.zero_count = 1;
  histogram.zero_threshold = 0.75;
  std::vector<HistogramBucket> buckets;
  ListBuckets(histogram, buckets);
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[1].lower, 0.75);
  EXPECT_EQ(buckets[1].upper, 1);
}

TEST(FloatHistogramArithmeticTest, SumTakesTheCoarserSchema) {
  FloatHistogram fine = Exponential(1, 1, {1, 2, 4, 8});
  const FloatHistogram coarse = Exponential(0, 1, {10});
  EXPECT_TRUE(Add(fine, coarse).is_compatible);
  EXPECT_EQ(fine.schema, 0);
  EXPECT_EQ(fine.positive_buckets, (std::vector<double>{13, 12}));
  EXPECT_EQ(fine.count, 25);
}

TEST(FloatHistogramArithmeticTest, WiderZeroBucketSwallowsWholeBuckets) {
  FloatHistogram narrow = Exponential(0, 0, {1, 2, 4});
  FloatHistogram wide;
  wide.zero_threshold = 1.5;  // Inside (1, 2], which is populated: grows to 2.
  wide.zero_count = 10;
  Add(narrow, wide);
  EXPECT_EQ(narrow.zero_threshold, 2);
  EXPECT_EQ(narrow.zero_count, 13);
  EXPECT_EQ(narrow.positive_buckets, (std::vector<double>{4}));
  EXPECT_EQ(narrow.positive_spans, (std::vector<HistogramSpan>{{2, 1}}));
}

TEST(FloatHistogramArithmeticTest, MismatchedBoundsLeaveTheSharedOnes) {
  FloatHistogram a = Custom({2, 4, 6}, {1, 2, 5, 7});
  const MergeOutcome outcome = Add(a, Custom({1, 4, 6, 8}, {10, 20, 30, 40, 50}));
  EXPECT_TRUE(outcome.reconciled_bounds);
  EXPECT_EQ(a.custom_values, (std::vector<double>{4, 6}));
  EXPECT_EQ(a.positive_buckets, (std::vector<double>{33, 35, 97}));
}

TEST(FloatHistogramArithmeticTest, KindsDoNotMix) {
  FloatHistogram a = Exponential(0, 0, {1});
  const FloatHistogram before = a;
  EXPECT_FALSE(Add(a, Custom({1}, {1})).is_compatible);
  EXPECT_TRUE(IsSame(a, before));
}

TEST(FloatHistogramArithmeticTest, ContradictingHintsCollide) {
  FloatHistogram a = Exponential(0, 0, {1});
  FloatHistogram b = a;
  a.counter_reset_hint = CounterResetHint::kReset;
  b.counter_reset_hint = CounterResetHint::kNotReset;
  EXPECT_TRUE(Add(a, b).has_hint_collision);
  EXPECT_EQ(a.counter_reset_hint, CounterResetHint::kUnknown);
  b.counter_reset_hint = CounterResetHint::kGauge;
  EXPECT_FALSE(Add(a, b).has_hint_collision);
  EXPECT_EQ(a.counter_reset_hint, CounterResetHint::kGauge);
}

TEST(FloatHistogramArithmeticTest, SubtractionGivesBackWhatWasAdded) {
  FloatHistogram a = Exponential(0, -3, {1, 2, 0, 4});
  const FloatHistogram before = a;
  const FloatHistogram b = Exponential(0, -1, {8, 16, 32});
  Add(a, b);
  Subtract(a, b);
  Compact(a);
  FloatHistogram compacted = before;
  Compact(compacted);
  EXPECT_TRUE(IsSame(a, compacted));
}

TEST(FloatHistogramArithmeticTest, CompactSplitsSpansAtEmptyBuckets) {
  FloatHistogram a = Exponential(0, 2, {0, 1, 0, 0, 2, 0});
  Compact(a);
  EXPECT_EQ(a.positive_spans, (std::vector<HistogramSpan>{{3, 1}, {2, 1}}));
  EXPECT_EQ(a.positive_buckets, (std::vector<double>{1, 2}));
}

struct ResetCase {
  const char* what;
  FloatHistogram before;
  FloatHistogram now;
  bool is_reset;
};

TEST(FloatHistogramComparisonTest, ResetsAreFound) {
  FloatHistogram hinted = Exponential(0, 0, {1});
  hinted.counter_reset_hint = CounterResetHint::kNotReset;
  FloatHistogram wide = Exponential(0, 1, {2});
  wide.zero_threshold = 1;
  wide.zero_count = 1;
  wide.count = 3;
  const ResetCase cases[] = {
      {"rising", Exponential(0, 0, {1, 2}), Exponential(0, 0, {1, 3}), false},
      {"one bucket fell", Exponential(0, 0, {1, 2}), Exponential(0, 0, {0, 5}), true},
      {"a bucket is gone", Exponential(0, 0, {1, 2}), Exponential(0, 1, {5}), true},
      {"an empty bucket is gone", Exponential(0, 0, {0, 2}), Exponential(0, 1, {5}), false},
      {"coarser", Exponential(1, 1, {1, 2}), Exponential(0, 1, {3}), false},
      {"finer", Exponential(0, 1, {3}), Exponential(1, 1, {1, 2}), true},
      {"wider zero bucket", Exponential(0, 0, {1, 2}), wide, false},
      {"the hint decides", Exponential(0, 0, {9}), hinted, false},
      {"other bounds, nothing fell", Custom({1, 2}, {1, 1, 1}), Custom({2}, {2, 1}), false},
      {"other bounds, one fell", Custom({1, 2}, {1, 1, 1}), Custom({2}, {1, 2}), true},
      {"from custom to exponential", Custom({1}, {1}), Exponential(0, 0, {1}), true},
  };
  for (const ResetCase& one : cases) {
    EXPECT_EQ(HasReset(one.now, one.before), one.is_reset) << one.what;
  }
}

TEST(FloatHistogramTrimTest, CutBucketKeepsItsPart) {
  const FloatHistogram histogram = Custom({5, 10, 15, 20}, {1, 6, 4, 3, 1});
  const FloatHistogram below = Trim(histogram, 13, TrimKeeps::kBelow);
  EXPECT_DOUBLE_EQ(below.count, 9.4);
  EXPECT_EQ(below.positive_buckets.size(), 3u);
  const FloatHistogram above = Trim(histogram, 13, TrimKeeps::kAbove);
  EXPECT_DOUBLE_EQ(above.count + below.count, histogram.count);
}

TEST(FloatHistogramTrimTest, LimitBeyondAllBucketsChangesNothing) {
  FloatHistogram histogram = Exponential(0, 0, {1, 2});
  histogram.sum = 3;
  EXPECT_TRUE(IsSame(Trim(histogram, 100, TrimKeeps::kBelow), histogram));
  EXPECT_TRUE(IsSame(Trim(histogram, -100, TrimKeeps::kAbove), histogram));
}

}  // namespace
}  // namespace tocsin
