#include "promql/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "promql/engine_fixture.h"

namespace tocsin::promql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(EngineTest, InstantScalarHasTheEvaluationTime) {
  EngineFixture f;
  const auto result = f.engine.Instant(f.storage, "1 + 2 * 3", 1500);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->type(), ResultType::kScalar);
  EXPECT_EQ(std::get<ScalarValue>(result->value).value, 7);
  EXPECT_EQ(std::get<ScalarValue>(result->value).timestamp_ms, 1500);
}

TEST(EngineTest, InstantStringComesBack) {
  EngineFixture f;
  const auto result = f.engine.Instant(f.storage, "'a\\tb'", 0);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(std::get<StringValue>(result->value).value, "a\tb");
}

TEST(EngineTest, InstantVectorHasTheEvaluationTimeNotTheSamples) {
  EngineFixture f;
  f.Load({{"__name__", "up"}, {"job", "a"}}, 10'000, {1, 0});
  const auto result = f.engine.Instant(f.storage, "up", 15'000);
  ASSERT_TRUE(result.ok());
  const auto& vector = std::get<InstantVector>(result->value);
  ASSERT_EQ(vector.size(), 1u);
  EXPECT_EQ(vector[0].timestamp_ms, 15'000);
  EXPECT_EQ(vector[0].value, 0);
  EXPECT_EQ(vector[0].labels.Get("job"), "a");
}

TEST(EngineTest, RangeSelectorGivesAMatrixOfItsSamples) {
  EngineFixture f;
  f.Load({{"__name__", "x"}, {"i", "1"}}, 1000, {1, 2, 3, 4});
  f.Load({{"__name__", "x"}, {"i", "2"}}, 2000, {5, 6});
  const auto result = f.engine.Instant(f.storage, "x[2s]", 3000);
  ASSERT_TRUE(result.ok());
  const auto& matrix = std::get<Matrix>(result->value);
  EXPECT_THAT(matrix.timestamps_ms, ElementsAre(2000, 3000));
  ASSERT_EQ(matrix.series.size(), 2u);
  EXPECT_THAT(matrix.series[0].values, ElementsAre(3, 4));
  EXPECT_TRUE(matrix.series[0].steps.empty());
  EXPECT_THAT(matrix.series[1].values, ElementsAre(6));
  EXPECT_THAT(matrix.series[1].steps, ElementsAre(0));
}

TEST(EngineTest, RangeQueryMarksTheStepsThatHaveValues) {
  EngineFixture f({.lookback_delta_ms = 1000});
  f.storage.Put({{"__name__", "x"}}, 1000, 7);
  const auto result = f.engine.Range(f.storage, "x", 0, 3000, 1000);
  ASSERT_TRUE(result.ok());
  const auto& matrix = std::get<Matrix>(result->value);
  EXPECT_THAT(matrix.timestamps_ms, ElementsAre(0, 1000, 2000, 3000));
  ASSERT_EQ(matrix.series.size(), 1u);
  EXPECT_THAT(matrix.series[0].steps, ElementsAre(1));
  EXPECT_THAT(matrix.series[0].values, ElementsAre(7));
}

TEST(EngineTest, RangeQueryOfARangeVectorIsRefused) {
  EngineFixture f;
  const auto result = f.engine.Range(f.storage, "x[5m]", 0, 1000, 1000);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message(),
            "invalid expression type \"range vector\" for range query, must be Scalar or instant "
            "Vector");
}

TEST(EngineTest, PreparedQueryServesManyTimes) {
  EngineFixture f;
  f.Load({{"__name__", "x"}}, 60'000, {0, 60, 120, 180, 240, 300});
  const auto query = f.engine.Prepare("rate(x[2m]) > 0");
  ASSERT_TRUE(query.ok());
  for (const int64_t minute : {2, 3, 4}) {
    const auto result =
        f.engine.Instant(f.storage, **query, minute * 60'000, {.lane = Lane::kRules});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(std::get<InstantVector>(result->value)[0].value, 1);
  }
}

TEST(EngineTest, PrepareReportsTheParsersError) {
  EngineFixture f;
  const auto query = f.engine.Prepare("sum(");
  ASSERT_FALSE(query.ok());
  EXPECT_THAT(query.error().message(), HasSubstr("parse error"));
}

TEST(EngineTest, AnnotationsCarryTextAndPosition) {
  EngineFixture f;
  f.Load({{"__name__", "temperature"}}, 60'000, {1, 2, 3});
  const auto result = f.engine.Instant(f.storage, "sum(\n  rate(temperature[5m]))", 120'000);
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->infos,
              ElementsAre("PromQL info: metric might not be a counter, name does not end in "
                          "_total/_sum/_count/_bucket: \"temperature\" (2:8)"));
}

TEST(EngineTest, NamesGoAtOnceWithoutDelayedRemoval) {
  EngineFixture f;
  f.Load({{"__name__", "a"}, {"x", "1"}}, 1000, {1});
  f.Load({{"__name__", "b"}, {"x", "1"}}, 1000, {2});
  const auto result = f.engine.Instant(f.storage, "abs({__name__=~'a|b'})", 0);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message(), "vector cannot contain metrics with the same labelset");
  EXPECT_TRUE(f.engine.Instant(f.storage, "sum by (x) ({__name__=~'a|b'})", 0).ok());
}

TEST(EngineTest, StatisticsCountEachUseOfASample) {
  EngineFixture f;
  f.Load({{"__name__", "x_total"}}, 1000, {1, 2, 3, 4, 5, 6});
  const auto result =
      f.engine.Range(f.storage, "rate(x_total[2s])", 2000, 5000, 1000, {.per_step_stats = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stats.total_queryable_samples, 8u);
  EXPECT_EQ(result->stats.samples_read, 5u);
  EXPECT_THAT(result->stats.total_queryable_samples_per_step, ElementsAre(2, 2, 2, 2));
}

TEST(EngineTest, StatisticsCountASampleForEachStepThatItServes) {
  EngineFixture f;
  f.Load({{"__name__", "x"}}, 1000, {1, 2, 3, 4, 5, 6});
  const auto result = f.engine.Range(f.storage, "x @ 2", 0, 3000, 1000, {.per_step_stats = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stats.total_queryable_samples, 4u);
  EXPECT_THAT(result->stats.total_queryable_samples_per_step, ElementsAre(1, 1, 1, 1));
}

TEST(EngineTest, DefaultSubqueryStepIsAsked) {
  EngineFixture f({.default_subquery_step_ms = [](int64_t) { return int64_t{10'000}; }});
  const auto result = f.engine.Instant(f.storage, "count_over_time(vector(1)[1m:])", 60'000);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(std::get<InstantVector>(result->value)[0].value, 6);
}

}  // namespace
}  // namespace tocsin::promql
