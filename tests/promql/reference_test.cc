#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "promql/engine_fixture.h"
#include "promql/reference/random_queries.h"

namespace tocsin::promql {
namespace {

using reference::Database;
using reference::Query;

constexpr int64_t kLookbackMs = 300'000;
constexpr int64_t kStepMs = 37'000;
constexpr int64_t kSteps = 4;
constexpr int kQueriesOfADatabase = 50;

/// TOCSIN_RANDOM_QUERIES sets how many queries are compared, TOCSIN_RANDOM_SEED where they begin.
int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

bool IsClose(double a, double b) {
  constexpr double kTolerance = 1e-12;
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

using Values = std::map<Labels, double>;

Values ValuesAt(const Matrix& matrix, int64_t time_ms) {
  Values values;
  for (const MatrixSeries& series : matrix.series) {
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (matrix.timestamps_ms[series.StepOf(i)] == time_ms) {
        values[series.labels] = series.values[i];
      }
    }
  }
  return values;
}

Values ValuesOf(const InstantVector& vector) {
  Values values;
  for (const VectorElement& element : vector) values[element.labels] = element.value;
  return values;
}

std::string Difference(const reference::Vector& expected, const Values& actual) {
  if (expected.size() != actual.size()) {
    return fmt::format("{} elements instead of {}", actual.size(), expected.size());
  }
  for (const reference::Element& element : expected) {
    const auto at = actual.find(element.labels);
    if (at == actual.end()) return "no element " + element.labels.ToString();
    if (IsClose(element.value, at->second)) continue;
    return fmt::format("{} is {:.17g} instead of {:.17g}", element.labels.ToString(), at->second,
                       element.value);
  }
  return {};
}

class Comparison {
 public:
  explicit Comparison(uint64_t seed)
      : random_(seed), database_(reference::RandomDatabase(random_)) {
    for (const auto& [labels, samples] : database_) {
      for (const auto& [time_ms, value] : samples) fixture_.storage.Put(labels, time_ms, value);
    }
  }

  std::string CompareOne() {
    const std::shared_ptr<const Query> query = reference::RandomQuery(random_, 4);
    const std::string text = query->Text();
    const int64_t start_ms = std::uniform_int_distribution<int64_t>(0, 1'300)(random_) * 1000;
    std::vector<std::optional<reference::Vector>> expected;
    for (int64_t step = 0; step < kSteps; ++step) {
      expected.push_back(
          reference::Evaluate(*query, database_, start_ms + step * kStepMs, kLookbackMs));
    }
    std::string wrong = CompareInstant(text, start_ms, expected[0]);
    if (wrong.empty()) wrong = CompareRange(text, start_ms, expected);
    return wrong.empty() ? wrong : fmt::format("{} at {} ms: {}", text, start_ms, wrong);
  }

 private:
  std::string CompareInstant(const std::string& text, int64_t time_ms,
                             const std::optional<reference::Vector>& expected) {
    const auto result = fixture_.engine.Instant(fixture_.storage, text, time_ms);
    if (result.ok() != expected.has_value()) {
      return result.ok() ? "no error" : "error: " + result.error().message();
    }
    if (!expected) return {};
    return Difference(*expected, ValuesOf(std::get<InstantVector>(result->value)));
  }

  std::string CompareRange(const std::string& text, int64_t start_ms,
                           const std::vector<std::optional<reference::Vector>>& expected) {
    const auto result = fixture_.engine.Range(fixture_.storage, text, start_ms,
                                              start_ms + (kSteps - 1) * kStepMs, kStepMs);
    const bool has_failure =
        std::find(expected.begin(), expected.end(), std::nullopt) != expected.end();
    if (result.ok() == has_failure) {
      return result.ok() ? "no error in a range query"
                         : "error in a range query: " + result.error().message();
    }
    for (int64_t step = 0; step < kSteps && !has_failure; ++step) {
      const int64_t time_ms = start_ms + step * kStepMs;
      const std::string wrong = Difference(*expected[static_cast<size_t>(step)],
                                           ValuesAt(std::get<Matrix>(result->value), time_ms));
      if (!wrong.empty()) return fmt::format("step {} of a range query: {}", step, wrong);
    }
    return {};
  }

  std::mt19937_64 random_;
  const Database database_;
  EngineFixture fixture_{EngineOptions{.lookback_delta_ms = kLookbackMs}, 0};
};

TEST(ReferenceTest, RandomQueriesGiveTheSameAnswers) {
  const int64_t queries = FromEnvironment("TOCSIN_RANDOM_QUERIES", 20'000);
  const int64_t seed = FromEnvironment("TOCSIN_RANDOM_SEED", 1);
  int64_t differences = 0;
  for (int64_t done = 0; done < queries;) {
    const auto database = static_cast<uint64_t>(seed + done / kQueriesOfADatabase);
    Comparison comparison(database);
    for (int i = 0; i < kQueriesOfADatabase && done < queries; ++i, ++done) {
      const std::string wrong = comparison.CompareOne();
      if (wrong.empty()) continue;
      ++differences;
      ADD_FAILURE() << "seed " << database << ": " << wrong;
      ASSERT_LT(differences, 10) << "enough";
    }
  }
}

}  // namespace
}  // namespace tocsin::promql
