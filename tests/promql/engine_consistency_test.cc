#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>

#include "model/sample.h"
#include "promql/engine_fixture.h"

namespace tocsin::promql {
namespace {

constexpr uint64_t kSeed = 20260822;

/// Series with gaps, counter resets, stale markers, NaN, whole and broken numbers.
void LoadRandom(support::MemoryStorage& storage, size_t series, size_t samples) {
  std::mt19937_64 random(kSeed);
  const auto chance = [&](double part) {
    return std::uniform_real_distribution<>(0, 1)(random) < part;
  };
  for (size_t i = 0; i < series; ++i) {
    const Labels labels{
        {"__name__", "x_total"}, {"i", std::to_string(i)}, {"job", std::to_string(i % 7)}};
    const bool is_whole = i % 2 == 0;
    double value = 0;
    for (size_t k = 0; k < samples; ++k) {
      const double step = std::uniform_real_distribution<>(0, 100)(random);
      value = chance(0.02) ? 0 : value + (is_whole ? std::floor(step) : step);
      if (chance(0.1)) continue;
      const int64_t jitter_ms = std::uniform_int_distribution<int64_t>(0, 400)(random);
      const double stored = chance(0.02) ? kStaleNan : chance(0.01) ? std::nan("") : value;
      storage.Put(labels, static_cast<int64_t>(k) * 15'000 + jitter_ms, stored);
    }
  }
}

const char* const kExpressions[] = {
    "x_total",
    "rate(x_total[1m])",
    "increase(x_total[5m])",
    "delta(x_total[5m])",
    "irate(x_total[2m])",
    "idelta(x_total[2m])",
    "sum_over_time(x_total[10m])",
    "avg_over_time(x_total[10m])",
    "min_over_time(x_total[10m])",
    "max_over_time(x_total[10m])",
    "max_over_time(x_total[1m])",
    "count_over_time(x_total[3m])",
    "last_over_time(x_total[3m])",
    "first_over_time(x_total[3m])",
    "present_over_time(x_total[1m])",
    "stddev_over_time(x_total[5m])",
    "stdvar_over_time(x_total[5m])",
    "quantile_over_time(0.3, x_total[10m])",
    "mad_over_time(x_total[5m])",
    "changes(x_total[10m])",
    "resets(x_total[10m])",
    "deriv(x_total[5m])",
    "predict_linear(x_total[5m], 60)",
    "ts_of_max_over_time(x_total[10m])",
    "ts_of_min_over_time(x_total[10m])",
    "timestamp(x_total)",
    "sum by (job) (rate(x_total[1m]))",
    "avg(x_total)",
    "stddev by (job) (x_total)",
    "quantile by (job) (0.9, x_total)",
    "topk by (job) (2, x_total)",
    "bottomk(3, rate(x_total[5m]))",
    "count_values('v', resets(x_total[5m]))",
    "x_total / on (i) group_left sum by (i) (x_total offset 5m)",
    "x_total > 1000 or x_total < bool 500",
    "x_total and on (job) topk(1, x_total)",
    "max_over_time(sum by (job) (rate(x_total[1m]))[10m:1m])",
    "absent(x_total > 5000)",
    "clamp(x_total, 100, 2000) * 2 - 1",
    "label_replace(x_total, 'k', '$1', 'i', '(.).*')",
};

EngineOptions Options() {
  EngineOptions options;
  options.enable_experimental_functions = true;
  return options;
}

/// By series (its encoded labels): times and the bits of values, NaNs of all kinds being one.
using Values = std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>>;

void Add(Values& values, const Labels& labels, int64_t time_ms, double value) {
  if (std::isnan(value)) value = kNormalNan;
  values[labels.bytes()].emplace_back(time_ms, std::bit_cast<uint64_t>(value));
}

Values ValuesOf(const Matrix& matrix) {
  Values values;
  for (const MatrixSeries& series : matrix.series) {
    for (size_t i = 0; i < series.values.size(); ++i) {
      Add(values, series.labels, matrix.timestamps_ms[series.StepOf(i)], series.values[i]);
    }
  }
  return values;
}

class EngineConsistencyTest : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    few_ = std::make_unique<support::MemoryStorage>();
    LoadRandom(*few_, 20, 120);
    // More series than a batch has, so that batches run on several threads.
    many_ = std::make_unique<support::MemoryStorage>();
    LoadRandom(*many_, 700, 20);
  }
  static void TearDownTestSuite() {
    few_.reset();
    many_.reset();
  }

  static std::unique_ptr<support::MemoryStorage> few_;
  static std::unique_ptr<support::MemoryStorage> many_;
};
std::unique_ptr<support::MemoryStorage> EngineConsistencyTest::few_;
std::unique_ptr<support::MemoryStorage> EngineConsistencyTest::many_;

// Cursors, queues, prefix sums and sorted windows that move from step to step must give what a
// window of its own gives, to the bit.
TEST_P(EngineConsistencyTest, RangeQueryEqualsInstantQueriesAtItsSteps) {
  EngineFixture f(Options());
  const auto range = f.engine.Range(*few_, GetParam(), -60'000, 1'900'000, 37'000);
  ASSERT_TRUE(range.ok()) << range.error().message();
  Values expected;
  for (int64_t time_ms = -60'000; time_ms <= 1'900'000; time_ms += 37'000) {
    const auto instant = f.engine.Instant(*few_, GetParam(), time_ms);
    ASSERT_TRUE(instant.ok()) << instant.error().message();
    for (const VectorElement& element : std::get<InstantVector>(instant->value)) {
      Add(expected, element.labels, time_ms, element.value);
    }
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_TRUE(ValuesOf(std::get<Matrix>(range->value)) == expected) << "seed " << kSeed;
}

TEST_P(EngineConsistencyTest, AnswerIsTheSameAtAnyNumberOfThreads) {
  std::optional<Values> first;
  for (const size_t threads : {size_t{1}, size_t{2}, size_t{5}}) {
    EngineFixture f(Options(), threads);
    const auto result = f.engine.Range(*many_, GetParam(), 0, 300'000, 3'000);
    ASSERT_TRUE(result.ok()) << result.error().message();
    Values values = ValuesOf(std::get<Matrix>(result->value));
    if (!first) {
      first = std::move(values);
    } else {
      EXPECT_TRUE(values == *first) << threads << " threads, seed " << kSeed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Expressions, EngineConsistencyTest, testing::ValuesIn(kExpressions));

}  // namespace
}  // namespace tocsin::promql
