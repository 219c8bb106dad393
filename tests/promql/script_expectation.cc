#include "promql/script_expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"
#include "model/number_text.h"
#include "model/regex.h"
#include "model/sample.h"
#include "promql/script_runner.h"

namespace tocsin::promql {
namespace {

std::string Text(double value) { return FormatFloatGeneral(value); }

bool Matches(const TextExpectation& expected, const std::string& text) {
  switch (expected.match) {
    case TextExpectation::Match::kAny:
      return true;
    case TextExpectation::Match::kExact:
      return text == expected.text;
    case TextExpectation::Match::kRegex:
      return Regex::CompileUnanchored(expected.text)->MatchesAnywhere(text);
  }
  return false;
}

std::string CheckTexts(std::string_view kind, bool expects_none,
                       const std::vector<TextExpectation>& expected,
                       const std::vector<std::string>& actual) {
  if (expects_none && !actual.empty()) return fmt::format("unexpected {}: {}", kind, actual[0]);
  if (!expected.empty() && actual.empty()) return fmt::format("expected {}, got none", kind);
  for (const TextExpectation& one : expected) {
    const bool found = std::any_of(actual.begin(), actual.end(),
                                   [&](const std::string& text) { return Matches(one, text); });
    if (!found) return fmt::format("expected {} \"{}\", got \"{}\"", kind, one.text, actual[0]);
  }
  for (const std::string& text : actual) {
    const bool found = expected.empty() ||
                       std::any_of(expected.begin(), expected.end(),
                                   [&](const TextExpectation& one) { return Matches(one, text); });
    if (!found) return fmt::format("unexpected {}: {}", kind, text);
  }
  return {};
}

/// A point of a result, of either kind.
struct Point {
  double value;
  HistogramPtr histogram;
};

bool SameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), AlmostEqual);
}

bool SameHistogram(FloatHistogram a, FloatHistogram b) {
  Compact(a);
  Compact(b);
  return a.schema == b.schema && AlmostEqual(a.count, b.count) && AlmostEqual(a.sum, b.sum) &&
         AlmostEqual(a.zero_count, b.zero_count) &&
         AlmostEqual(a.zero_threshold, b.zero_threshold) && a.positive_spans == b.positive_spans &&
         a.negative_spans == b.negative_spans &&
         SameNumbers(a.positive_buckets, b.positive_buckets) &&
         SameNumbers(a.negative_buckets, b.negative_buckets) &&
         SameNumbers(a.custom_values, b.custom_values);
}

std::string CheckPoint(const std::string& where, const SequenceValue& expected,
                       const Point& actual) {
  if ((expected.histogram != nullptr) != (actual.histogram != nullptr)) {
    return where + ": expected " + (expected.histogram ? "a histogram" : "a float") + ", got " +
           (actual.histogram ? "a histogram" : "the float " + Text(actual.value));
  }
  if (expected.histogram != nullptr) {
    const FloatHistogram& wanted = *expected.histogram;
    if (!SameHistogram(wanted, *actual.histogram)) {
      return fmt::format("{}: expected {}, got {}", where, ToString(wanted),
                         ToString(*actual.histogram));
    }
    const bool same_hint = wanted.counter_reset_hint == actual.histogram->counter_reset_hint;
    if (!expected.has_counter_reset_hint || same_hint) return {};
    return fmt::format("{}: expected hint {}, got {}", where,
                       static_cast<int>(wanted.counter_reset_hint),
                       static_cast<int>(actual.histogram->counter_reset_hint));
  }
  if (AlmostEqual(expected.value, actual.value)) return {};
  return fmt::format("{}: expected {}, got {}", where, Text(expected.value), Text(actual.value));
}

using PointsByTime = std::map<int64_t, Point>;

PointsByTime PointsOf(const Matrix& matrix, const MatrixSeries& series) {
  PointsByTime points;
  for (size_t i = 0; i < series.values.size(); ++i) {
    points[matrix.timestamps_ms[series.StepOf(i)]] = {series.values[i], nullptr};
  }
  for (const HistogramPoint& point : series.histograms) {
    points[point.timestamp_ms] = {0, point.histogram};
  }
  return points;
}

std::string CheckSeries(const SeriesDescription& expected, const ScriptTimes& times,
                        PointsByTime points) {
  const std::string name = expected.labels.ToString();
  for (size_t i = 0; i < expected.values.size(); ++i) {
    const int64_t time_ms = times.start_ms + times.step_ms * static_cast<int64_t>(i);
    const SequenceValue& value = expected.values[i];
    if (value.is_omitted) continue;
    const std::string where = fmt::format("{} at {} ms", name, time_ms);
    if (time_ms > times.end_ms) return where + ": expected a point after the end";
    const auto at = points.find(time_ms);
    if (at == points.end()) return where + ": no point";
    if (std::string wrong = CheckPoint(where, value, at->second); !wrong.empty()) return wrong;
    points.erase(at);
  }
  if (points.empty()) return {};
  return fmt::format("{} at {} ms: unexpected point {}", name, points.begin()->first,
                     Text(points.begin()->second.value));
}

std::string CheckMatrix(const EvalCommand& eval, const Matrix& matrix) {
  if (eval.expects_order) return "expected an ordered result, got a matrix";
  if (eval.scalar) return "expected a scalar, got a matrix";
  if (!std::is_sorted(matrix.series.begin(), matrix.series.end(),
                      [](const auto& a, const auto& b) { return a.labels < b.labels; })) {
    return "the matrix is not sorted by labels";
  }
  std::map<Labels, const SeriesDescription*> expected;
  for (const SeriesDescription& series : eval.series) expected[series.labels] = &series;
  for (const MatrixSeries& series : matrix.series) {
    const auto at = expected.find(series.labels);
    if (at == expected.end()) return "unexpected series " + series.labels.ToString();
    const ScriptTimes times = eval.range_vector ? *eval.range_vector : eval.times;
    std::string wrong = CheckSeries(*at->second, times, PointsOf(matrix, series));
    if (!wrong.empty()) return wrong;
    expected.erase(at);
  }
  if (expected.empty()) return {};
  return "missing series " + expected.begin()->first.ToString();
}

}  // namespace

std::string CheckVector(const EvalCommand& eval, const InstantVector& vector) {
  if (eval.scalar) return "expected a scalar, got a vector";
  std::map<Labels, size_t> expected;
  for (size_t i = 0; i < eval.series.size(); ++i) expected[eval.series[i].labels] = i;
  for (size_t i = 0; i < vector.size(); ++i) {
    const std::string name = vector[i].labels.ToString();
    const auto at = expected.find(vector[i].labels);
    if (at == expected.end()) return "unexpected element " + name + " " + Text(vector[i].value);
    if (eval.expects_order && at->second != i) {
      return fmt::format("{} is number {}, expected number {}", name, i + 1, at->second + 1);
    }
    const std::vector<SequenceValue>& values = eval.series[at->second].values;
    if (values.empty()) return name + ": the script gives no value";
    std::string wrong = CheckPoint(name, values[0], {vector[i].value, vector[i].histogram});
    if (!wrong.empty()) return wrong;
    expected.erase(at);
  }
  if (expected.empty()) return {};
  return "missing element " + expected.begin()->first.ToString();
}

std::string CheckScalar(const EvalCommand& eval, double value) {
  if (!eval.scalar) return "expected no scalar, got " + Text(value);
  return CheckPoint("scalar", *eval.scalar, {value, nullptr});
}

std::string CheckValue(const EvalCommand& eval, const QueryResult& result) {
  if (eval.range_vector && result.type() != ResultType::kMatrix) return "expected a range vector";
  switch (result.type()) {
    case ResultType::kScalar:
      return CheckScalar(eval, std::get<ScalarValue>(result.value).value);
    case ResultType::kString: {
      const std::string& text = std::get<StringValue>(result.value).value;
      return eval.string == text ? "" : "unexpected string \"" + text + "\"";
    }
    case ResultType::kVector:
      return CheckVector(eval, std::get<InstantVector>(result.value));
    case ResultType::kMatrix:
      return CheckMatrix(eval, std::get<Matrix>(result.value));
  }
  return "unknown type of result";
}

std::string CheckFailure(const EvalCommand& eval, const std::string& message) {
  for (const TextExpectation& expected : eval.failures) {
    if (Matches(expected, message)) continue;
    return fmt::format("expected the error \"{}\", got \"{}\"", expected.text, message);
  }
  return {};
}

std::string CheckAnnotations(const EvalCommand& eval, const QueryResult& result) {
  std::string wrong =
      CheckTexts("warning", eval.expects_no_warnings, eval.warnings, result.warnings);
  if (!wrong.empty()) return wrong;
  return CheckTexts("info", eval.expects_no_infos, eval.infos, result.infos);
}

bool AlmostEqual(double a, double b) {
  constexpr double kTolerance = 1e-6;
  constexpr double kMinNormal = 0x1p-1022;
  if (IsStaleNan(a) || IsStaleNan(b)) return IsStaleNan(a) && IsStaleNan(b);
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < kTolerance * kMinNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

}  // namespace tocsin::promql
