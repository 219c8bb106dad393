// match[] selectors, label sets, and the series of test scripts.
#include <gmock/gmock.h>

#include <cmath>

#include "model/sample.h"
#include "promql/parser.h"
#include "promql/series_description.h"

namespace tocsin::promql {
namespace {

using testing::ElementsAre;

TEST(ParseMetricSelectorTest, GivesTheMatchers) {
  const auto matchers = ParseMetricSelector("up{job=~\"a|b\",x!=\"\"}");
  ASSERT_TRUE(matchers);
  ASSERT_EQ(matchers->size(), 3U);
  EXPECT_EQ((*matchers)[0].ToString(), "job=~\"a|b\"");
  EXPECT_EQ((*matchers)[2].ToString(), "__name__=\"up\"");
}

TEST(ParseMetricSelectorTest, LeavesEmptyMatchersToTheCaller) {
  EXPECT_TRUE(ParseMetricSelector("{a=\"\"}"));
  EXPECT_TRUE(ParseMetricSelector("{}"));
}

TEST(ParseMetricSelectorTest, RefusesWhatIsNoSelector) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "unknown position: parse error: unexpected end of input"},
      {"up{", "1:4: parse error: unexpected end of input inside braces"},
      {"up[5m]", "1:3: parse error: unexpected \"[\""},
      {"up + up", "1:4: parse error: unexpected <op:+>"},
      {"sum(up)", "1:4: parse error: unexpected \"(\""},
      {"1", "1:1: parse error: unexpected number \"1\""},
      {"up offset 5m", "1:4: parse error: unexpected <offset>"},
      {"{a=~\"(\"}", "1:2: parse error: error parsing regexp: missing closing ): `(`"},
  };
  for (const auto& [text, message] : cases) {
    const auto matchers = ParseMetricSelector(text);
    ASSERT_FALSE(matchers) << text;
    EXPECT_EQ(matchers.error().message(), message) << text;
  }
}

TEST(ParseMetricTest, GivesTheLabels) {
  EXPECT_EQ(*ParseMetric("up"), (Labels{{"__name__", "up"}}));
  EXPECT_EQ(*ParseMetric("up{a=\"b\",}"), (Labels{{"__name__", "up"}, {"a", "b"}}));
  EXPECT_EQ(*ParseMetric("{a=\"b\"}"), (Labels{{"a", "b"}}));
  EXPECT_EQ(*ParseMetric("{\"my.metric\",\"a.b\"='c'}"),
            (Labels{{"__name__", "my.metric"}, {"a.b", "c"}}));
  EXPECT_EQ(*ParseMetric("{}"), Labels());
  EXPECT_EQ(*ParseMetric("sum{by=\"x\"}"), (Labels{{"__name__", "sum"}, {"by", "x"}}));
}

TEST(ParseMetricTest, RefusesWhatIsNoLabelSet) {
  const std::pair<const char*, const char*> cases[] = {
      {"up{a!=\"b\"}", "1:5: parse error: unexpected <op:!=> in label set, expected \"=\""},
      {"up{a=b}", "1:6: parse error: unexpected identifier \"b\" in label set, expected string"},
      {"up{a=\"b\" c}",
       "1:10: parse error: unexpected identifier \"c\" in label set, expected \",\" or \"}\""},
      {"up{,}", "1:4: parse error: unexpected \",\" in label set, expected identifier or \"}\""},
      {"up 1", "1:4: parse error: unexpected number \"1\""},
  };
  for (const auto& [text, message] : cases) {
    const auto labels = ParseMetric(text);
    ASSERT_FALSE(labels) << text;
    EXPECT_EQ(labels.error().message(), message) << text;
  }
}

// NaN as -1, the stale marker as -2, gaps as -3.
std::vector<double> ValuesOf(std::string_view text) {
  const auto series = ParseSeriesDescription(text);
  EXPECT_TRUE(series) << text << ": " << series.error().message();
  std::vector<double> values;
  if (!series) return values;
  for (const SequenceValue& value : series->values) {
    if (value.is_omitted) {
      values.push_back(-3);
    } else if (IsStaleNan(value.value)) {
      values.push_back(-2);
    } else {
      values.push_back(std::isnan(value.value) ? -1 : value.value);
    }
  }
  return values;
}

TEST(SeriesDescriptionTest, ReadsValues) {
  EXPECT_THAT(ValuesOf("m"), ElementsAre());
  EXPECT_THAT(ValuesOf("m 1 2.5 -4 1e3 +7"), ElementsAre(1, 2.5, -4, 1000, 7));
  EXPECT_THAT(ValuesOf("m{a=\"b}\"}\t1  2 "), ElementsAre(1, 2));
  EXPECT_THAT(ValuesOf("m _ stale NaN _x2"), ElementsAre(-3, -2, -1, -3, -3));
  EXPECT_THAT(ValuesOf("m Inf -Inf"), ElementsAre(HUGE_VAL, -HUGE_VAL));
  EXPECT_THAT(ValuesOf("m 1x2"), ElementsAre(1, 1, 1));
  EXPECT_THAT(ValuesOf("m 0+10x3"), ElementsAre(0, 10, 20, 30));
  EXPECT_THAT(ValuesOf("m 5-1x2 -2+1x1"), ElementsAre(5, 4, 3, -2, -1));
  EXPECT_THAT(ValuesOf("m 1+0.5x2"), ElementsAre(1, 1.5, 2));
  EXPECT_THAT(ValuesOf("m -30s-1mx1 1ms"), ElementsAre(-30, -90, 0.001));
  EXPECT_THAT(ValuesOf("{} 1"), ElementsAre(1));
}

TEST(SeriesDescriptionTest, RefusesNonsense) {
  for (const char* text : {"m 1x",
                           "m 1+x5",
                           "m 1+1",
                           "m 1+1x-1",
                           "m x5",
                           "m foo",
                           "m 1,2",
                           "m{a=\"b\" 1",
                           "m {a=\"b\"} 1",
                           "m 1x5x5",
                           "m 1 2y3",
                           "m 1x99999999999",
                           "m 1x999999 1x999999",
                           "m {{",
                           "m {{foo:1}}",
                           "m {{sum:1 sum:2}}",
                           "m {{buckets:[}}",
                           "m {{buckets:[1]",
                           "m {{schema}}",
                           "m {{sum:}}",
                           "m {{counter_reset_hint:foo}}",
                           "m {{schema:0}}+{{schema:-1}}x2",
                           "m {{sum:1}}+1x3"}) {
    const auto series = ParseSeriesDescription(text);
    ASSERT_FALSE(series) << text;
    EXPECT_NE(series.error().message().find("parse error: "), std::string::npos) << text;
  }
}

TEST(SeriesDescriptionTest, ReadsHistograms) {
  const auto series = ParseSeriesDescription(
      "m {{schema:1 count:12 sum:18.4 z_bucket:2 z_bucket_w:0.001 buckets:[1 2 0 ] offset:-1 "
      "n_buckets:[1] n_offset:3 counter_reset_hint:gauge}}");
  ASSERT_TRUE(series) << series.error().message();
  ASSERT_EQ(series->values.size(), 1U);
  EXPECT_TRUE(series->values[0].has_counter_reset_hint);
  const FloatHistogram& histogram = *series->values[0].histogram;
  EXPECT_EQ(histogram.schema, 1);
  EXPECT_EQ(histogram.count, 12);
  EXPECT_EQ(histogram.sum, 18.4);
  EXPECT_EQ(histogram.zero_count, 2);
  EXPECT_EQ(histogram.zero_threshold, 0.001);
  EXPECT_EQ(histogram.counter_reset_hint, CounterResetHint::kGauge);
  EXPECT_THAT(histogram.positive_buckets, ElementsAre(1, 2, 0));
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{-1, 3}));
  EXPECT_THAT(histogram.negative_spans, ElementsAre(HistogramSpan{3, 1}));
}

TEST(SeriesDescriptionTest, RepeatsHistogramsWithSteps) {
  const auto series = ParseSeriesDescription(
      "m {{schema:0 sum:4 count:4 buckets:[1 2 1]}}+{{sum:2 count:1 buckets:[1] offset:1}}x2 "
      "{{}}x1");
  ASSERT_TRUE(series) << series.error().message();
  ASSERT_EQ(series->values.size(), 5U);
  const FloatHistogram& last = *series->values[2].histogram;
  EXPECT_EQ(last.sum, 8);
  EXPECT_EQ(last.count, 6);
  EXPECT_THAT(last.positive_buckets, ElementsAre(1, 4, 1));
  EXPECT_EQ(series->values[3].histogram, series->values[4].histogram);
}

TEST(SeriesDescriptionTest, FinerStepsAreMergedDown) {
  const auto series = ParseSeriesDescription(
      "m {{schema:-1 sum:4 count:1 buckets:[1] offset:1}}+{{schema:0 sum:4 count:4 buckets:[2 2] "
      "offset:1}}x1");
  ASSERT_TRUE(series) << series.error().message();
  const FloatHistogram& last = *series->values[1].histogram;
  EXPECT_EQ(last.schema, -1);
  EXPECT_THAT(last.positive_buckets, ElementsAre(5));
  EXPECT_THAT(last.positive_spans, ElementsAre(HistogramSpan{1, 1}));
}

}  // namespace
}  // namespace tocsin::promql
