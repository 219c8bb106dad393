#include "model/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "model/sample.h"

namespace tocsin {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int32_t kCustom = FloatHistogram::kCustomBucketsSchema;

std::string MessageOf(const Status& status) { return status ? "" : status.error().message(); }

/// 12 observations: [1, 2] and [1, 1] positive, the same negative, 2 of zero.
Histogram ValidHistogram() {
  Histogram histogram;
  histogram.count = 12;
  histogram.zero_count = 2;
  histogram.zero_threshold = 0.001;
  histogram.sum = 18.4;
  histogram.schema = 1;
  histogram.positive_spans = {{0, 2}, {1, 2}};
  histogram.positive_deltas = {1, 1, -1, 0};
  histogram.negative_spans = {{0, 2}, {1, 2}};
  histogram.negative_deltas = {1, 1, -1, 0};
  return histogram;
}

Histogram ValidCustom() {
  Histogram histogram;
  histogram.count = 5;
  histogram.sum = 19.4;
  histogram.schema = kCustom;
  histogram.positive_spans = {{0, 2}, {1, 2}};
  histogram.positive_deltas = {1, 1, -1, 0};
  histogram.custom_values = {1, 2, 3, 4};
  return histogram;
}

struct Case {
  std::string name;
  Histogram histogram;
  std::string message;
};

template <typename Change>
Case Changed(std::string name, Histogram histogram, Change change, std::string message) {
  change(histogram);
  return {std::move(name), std::move(histogram), std::move(message)};
}

// Texts from upstream's model/histogram/histogram_test.go, TestHistogramValidation.
TEST(HistogramValidationTest, IntegerTextsAreThoseOfPrometheus) {
  const Case cases[] = {
      {"valid", ValidHistogram(), ""},
      {"empty", {}, ""},
      {"custom", ValidCustom(), ""},
      Changed(
          "more observations than buckets", ValidHistogram(), [](auto& h) { h.count = 2; },
          "12 observations found in buckets, but the Count field is 2: histogram's observation "
          "count should equal the number of observations found in the buckets (in absence of NaN)"),
      Changed(
          "fewer observations than buckets with NaN", ValidHistogram(),
          [](auto& h) {
            h.count = 2;
            h.sum = kNormalNan;
          },
          "12 observations found in buckets, but the Count field is 2: histogram's observation "
          "count should be at least the number of observations found in the buckets"),
      Changed(
          "NaN observations are in no bucket", ValidHistogram(),
          [](auto& h) {
            h.count = 30;
            h.sum = kNormalNan;
          },
          ""),
      Changed(
          "negative span offset", ValidHistogram(),
          [](auto& h) { h.positive_spans[1].offset = -1; },
          "positive side: span number 2 with offset -1: histogram has a span whose offset is "
          "negative"),
      Changed(
          "negative offset of the first span", ValidHistogram(),
          [](auto& h) { h.negative_spans[0].offset = -4; }, ""),
      Changed(
          "too few buckets", ValidHistogram(), [](auto& h) { h.negative_deltas = {}; },
          "negative side: spans need 4 buckets, have 0 buckets: histogram spans specify different "
          "number of buckets than provided"),
      Changed(
          "too many buckets", ValidHistogram(), [](auto& h) { h.positive_deltas.push_back(1); },
          "positive side: spans need 4 buckets, have 5 buckets: histogram spans specify different "
          "number of buckets than provided"),
      Changed(
          "negative bucket", ValidHistogram(),
          [](auto& h) {
            h.negative_deltas = {-1, 1, 0, 0};
          },
          "negative side: bucket number 1 has observation count of -1: histogram has a bucket "
          "whose observation count is negative"),
      Changed(
          "negative positive bucket", ValidHistogram(),
          [](auto& h) {
            h.positive_deltas = {1, -2, 0, 0};
          },
          "positive side: bucket number 2 has observation count of -1: histogram has a bucket "
          "whose observation count is negative"),
      Changed(
          "exponential with custom bounds", ValidHistogram(),
          [](auto& h) { h.custom_values = {1}; },
          "histogram with exponential schema must not have custom bounds"),
      Changed(
          "schema too high", ValidHistogram(), [](auto& h) { h.schema = 10; },
          "histogram has an invalid schema, which must be between -4 and 8 for exponential "
          "buckets, or -53 for custom buckets, got schema 10"),
      Changed(
          "schema too low", ValidHistogram(), [](auto& h) { h.schema = -10; },
          "histogram has an invalid schema, which must be between -4 and 8 for exponential "
          "buckets, or -53 for custom buckets, got schema -10"),
      Changed(
          "too few bounds", ValidCustom(),
          [](auto& h) {
            h.custom_values = {1, 2, 3};
          },
          "custom buckets: only 3 custom bounds defined which is insufficient to cover total span "
          "length of 5: histogram custom bounds are too few"),
      Changed(
          "bounds do not rise", ValidCustom(),
          [](auto& h) {
            h.custom_values = {0, 0};
          },
          "custom buckets: previous bound is 0.000000 and current is 0.000000: histogram custom "
          "bounds must be in strictly increasing order"),
      Changed(
          "explicit +Inf", ValidCustom(),
          [](auto& h) {
            h.custom_values = {1, kInf};
          },
          "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds "
          "must be finite"),
      Changed(
          "explicit -Inf", ValidCustom(),
          [](auto& h) {
            h.custom_values = {-kInf, 2, 3, 4};
          },
          ""),
      Changed(
          "NaN bound", ValidCustom(),
          [](auto& h) {
            h.custom_values = {1, kNormalNan, 3};
          },
          "custom buckets: histogram custom bounds must not be NaN"),
      Changed(
          "custom zero count", ValidCustom(), [](auto& h) { h.zero_count = 1; },
          "custom buckets: must have zero count of 0"),
      Changed(
          "custom zero threshold", ValidCustom(), [](auto& h) { h.zero_threshold = 0.1; },
          "custom buckets: must have zero threshold of 0"),
      Changed(
          "custom negative spans", ValidCustom(),
          [](auto& h) {
            h.negative_spans = {{0, 1}};
          },
          "custom buckets: must not have negative spans"),
      Changed(
          "custom negative buckets", ValidCustom(), [](auto& h) { h.negative_deltas = {1}; },
          "custom buckets: must not have negative buckets"),
      Changed(
          "custom span offset", ValidCustom(), [](auto& h) { h.positive_spans[0].offset = -1; },
          "custom buckets: span number 1 with offset -1: histogram has a span whose offset is "
          "negative"),
  };
  for (const Case& item : cases) EXPECT_EQ(MessageOf(Validate(item.histogram)), item.message);
}

TEST(HistogramValidationTest, FloatHistogramsFollowTheSameRulesButForTheCount) {
  FloatHistogram histogram = ToFloat(ValidHistogram());
  EXPECT_EQ(MessageOf(Validate(histogram)), "");
  histogram.count = 1;  // Not compared.
  EXPECT_EQ(MessageOf(Validate(histogram)), "");
  histogram.count = -1;
  EXPECT_EQ(MessageOf(Validate(histogram)),
            "observation count is  -1: histogram's observation count is negative");
  histogram.count = 12;
  histogram.zero_count = -2.5;
  EXPECT_EQ(MessageOf(Validate(histogram)),
            "zero bucket has observation count of -2.5: histogram has a bucket whose observation "
            "count is negative");
  histogram.zero_count = 2;
  histogram.positive_buckets[1] = -0.5;
  EXPECT_EQ(MessageOf(Validate(histogram)),
            "positive side: bucket number 2 has observation count of -0.5: histogram has a bucket "
            "whose observation count is negative");
  EXPECT_EQ(MessageOf(Validate(ToFloat(ValidCustom()))), "");
}

TEST(HistogramTest, ToFloatAccumulatesDeltas) {
  const FloatHistogram histogram = ToFloat(ValidHistogram());
  EXPECT_EQ(histogram.positive_buckets, (std::vector<double>{1, 2, 1, 1}));
  EXPECT_EQ(histogram.count, 12);
  EXPECT_EQ(histogram.schema, 1);
}

}  // namespace
}  // namespace tocsin
