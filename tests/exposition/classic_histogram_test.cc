#include "exposition/classic_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "exposition/histogram_buckets.h"

namespace tocsin::exposition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ClassicHistogram::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Built {
  Kind kind;
  Histogram histogram;
  FloatHistogram float_histogram;
};

Built Build(ClassicHistogram& classic) {
  Built built{};
  built.kind = classic.Build(built.histogram, built.float_histogram);
  return built;
}

TEST(ClassicHistogramTest, WholeCountsMakeAnIntegerHistogram) {
  ClassicHistogram classic;
  classic.AddBucket(1, 2);
  classic.AddBucket(2, 2);
  classic.AddBucket(5, 7);
  classic.AddBucket(kInfinity, 9);
  classic.SetCount(9);
  classic.SetSum(1.5);
  const Built built = Build(classic);
  ASSERT_EQ(built.kind, Kind::kInteger);
  EXPECT_EQ(built.histogram.schema, FloatHistogram::kCustomBucketsSchema);
  EXPECT_EQ(built.histogram.count, 9U);
  EXPECT_EQ(built.histogram.sum, 1.5);
  EXPECT_THAT(built.histogram.custom_values, ElementsAre(1, 2, 5));
  EXPECT_THAT(built.histogram.positive_spans, ElementsAre(HistogramSpan{0, 4}));
  EXPECT_THAT(built.histogram.positive_deltas, ElementsAre(2, -2, 5, -3));
}

TEST(ClassicHistogramTest, BucketsMayComeInAnyOrderAndTwice) {
  ClassicHistogram classic;
  classic.AddBucket(kInfinity, 9);
  classic.AddBucket(1, 2);
  classic.AddBucket(5, 7);
  classic.AddBucket(1, 3);
  const Built built = Build(classic);
  ASSERT_EQ(built.kind, Kind::kInteger);
  EXPECT_EQ(built.histogram.count, 9U);
  EXPECT_THAT(built.histogram.positive_deltas, ElementsAre(2, 3, -3));
}

TEST(ClassicHistogramTest, ACountAloneIsAHistogram) {
  ClassicHistogram classic;
  classic.SetCount(3);
  const Built built = Build(classic);
  ASSERT_EQ(built.kind, Kind::kInteger);
  EXPECT_THAT(built.histogram.custom_values, IsEmpty());
  EXPECT_THAT(built.histogram.positive_deltas, ElementsAre(3));
}

TEST(ClassicHistogramTest, BrokenCountsMakeAFloatHistogram) {
  ClassicHistogram classic;
  classic.AddBucket(1, 0.5);
  classic.SetCount(2);
  const Built built = Build(classic);
  ASSERT_EQ(built.kind, Kind::kFloat);
  EXPECT_THAT(built.float_histogram.positive_buckets, ElementsAre(0.5, 1.5));
}

TEST(ClassicHistogramTest, RefusesWhatIsNoHistogram) {
  const auto kind_of = [](std::vector<std::pair<double, double>> buckets, double count) {
    ClassicHistogram classic;
    for (const auto& [bound, value] : buckets) classic.AddBucket(bound, value);
    if (count >= -1) classic.SetCount(count);
    return Build(classic).kind;
  };
  EXPECT_EQ(kind_of({}, -2), Kind::kInvalid);               // Nothing.
  EXPECT_EQ(kind_of({}, -1), Kind::kInvalid);               // A negative count.
  EXPECT_EQ(kind_of({{1, -1}}, 1), Kind::kInvalid);         // A negative bucket.
  EXPECT_EQ(kind_of({{1, 5}, {2, 4}}, 5), Kind::kInvalid);  // It falls.
  EXPECT_EQ(kind_of({{2, 4}, {1, 5}}, 5), Kind::kInvalid);  // The same, out of order.
  EXPECT_EQ(kind_of({{kInfinity, 4}}, 5), Kind::kInvalid);  // Counts disagree.
  EXPECT_EQ(kind_of({{std::nan(""), 4}}, 5), Kind::kInvalid);
}

TEST(ClassicHistogramTest, ClearForgetsAll) {
  ClassicHistogram classic;
  classic.AddBucket(1, -1);
  classic.Clear();
  classic.SetCount(1);
  EXPECT_EQ(Build(classic).kind, Kind::kInteger);
}

TEST(HistogramBucketsTest, CompactingCutsEmptyBuckets) {
  Histogram histogram;
  histogram.positive_spans = {{-2, 3}, {0, 0}, {0, 2}, {4, 1}};
  histogram.positive_deltas = {0, 3, -3, 0, 1, -1};  // Counts 0 3 0 0 1 0.
  CompactBuckets(histogram, 0);
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{-1, 1}, HistogramSpan{2, 1}));
  EXPECT_THAT(histogram.positive_deltas, ElementsAre(3, -2));
}

TEST(HistogramBucketsTest, CompactingBridgesSmallGaps) {
  Histogram histogram;
  histogram.positive_spans = {{0, 1}, {2, 1}, {3, 1}};
  histogram.positive_deltas = {3, 0, 0};
  CompactBuckets(histogram, 2);
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{0, 4}, HistogramSpan{3, 1}));
  EXPECT_THAT(histogram.positive_deltas, ElementsAre(3, -3, 0, 3, 0));
}

TEST(HistogramBucketsTest, DisagreeingSpansAreLeftForValidate) {
  Histogram histogram;
  histogram.positive_spans = {{0, 3}};
  histogram.positive_deltas = {1};
  CompactBuckets(histogram, 0);
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{0, 3}));
}

TEST(HistogramBucketsTest, HalvingTheResolutionMergesPairs) {
  FloatHistogram histogram;
  histogram.schema = 2;
  histogram.positive_spans = {{-3, 8}};  // Buckets -3 … 4.
  histogram.positive_buckets = {1, 2, 3, 4, 5, 6, 7, 8};
  ReduceResolution(histogram, 1);
  EXPECT_EQ(histogram.schema, 1);
  // (-3,-2) → -1, (-1,0) → 0, (1,2) → 1, (3,4) → 2.
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{-1, 4}));
  EXPECT_THAT(histogram.positive_buckets, ElementsAre(3, 7, 11, 15));
}

TEST(HistogramBucketsTest, ReducingInOneStepOrInTwoIsTheSame) {
  Histogram once;
  once.schema = 4;
  once.positive_spans = {{-5, 3}, {4, 6}};
  once.positive_deltas = {1, 2, 0, -1, 4, 4, -3, 0, 2};
  Histogram twice = once;
  ReduceResolution(once, 2);
  ReduceResolution(twice, 3);
  ReduceResolution(twice, 2);
  EXPECT_EQ(once.positive_spans, twice.positive_spans);
  EXPECT_EQ(once.positive_deltas, twice.positive_deltas);
}

TEST(HistogramBucketsTest, CustomBucketsKeepTheirResolution) {
  FloatHistogram histogram;
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  ReduceResolution(histogram, -60);
  EXPECT_EQ(histogram.schema, FloatHistogram::kCustomBucketsSchema);
}

}  // namespace
}  // namespace tocsin::exposition
