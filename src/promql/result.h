#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "model/float_histogram.h"
#include "model/labels.h"

namespace tocsin::promql {

/// A native histogram that several results may share; null where the value is a float.
using HistogramPtr = std::shared_ptr<const FloatHistogram>;

struct ScalarValue {
  int64_t timestamp_ms = 0;
  double value = 0;
};

struct StringValue {
  int64_t timestamp_ms = 0;
  std::string value;
};

struct VectorElement {
  Labels labels;
  int64_t timestamp_ms = 0;
  double value = 0;        ///< Meaningless when `histogram` is set.
  HistogramPtr histogram;  ///< Null for a float.
};

/// The answer of an instant query, in the order that `sort` and `topk` give it.
using InstantVector = std::vector<VectorElement>;

struct HistogramPoint {
  int64_t timestamp_ms = 0;
  HistogramPtr histogram;
};

/// One series of a matrix: float points as columns, histogram points beside them, each oldest
/// first.
struct MatrixSeries {
  Labels labels;
  /// One entry per float point: its index in Matrix::timestamps_ms. Empty when every timestamp of
  /// the matrix has a float point, which is the common case; then values.size() ==
  /// timestamps_ms.size().
  std::vector<uint32_t> steps;
  std::vector<double> values;
  std::vector<HistogramPoint> histograms;

  /// Index in Matrix::timestamps_ms of float point `point`.
  size_t StepOf(size_t point) const { return steps.empty() ? point : steps[point]; }
};

/// The answer of a range query (timestamps are its steps) or of an instant query on a range
/// selector (timestamps are those of all samples). Sorted by labels; no series is empty.
struct Matrix {
  std::vector<int64_t> timestamps_ms;  ///< Increasing; shared by all series.
  std::vector<MatrixSeries> series;
};

enum class ResultType { kScalar, kString, kVector, kMatrix };

/// "scalar", "string", "vector", "matrix", as in the HTTP API.
inline const char* ResultTypeName(ResultType type) {
  constexpr const char* kNames[] = {"scalar", "string", "vector", "matrix"};
  return kNames[static_cast<size_t>(type)];
}

/// What a query cost. Times are seconds on the engine's clock.
struct QueryStats {
  double exec_total_seconds = 0;
  double exec_queue_seconds = 0;
  double eval_total_seconds = 0;
  double preparation_seconds = 0;  ///< Selecting series.
  double inner_eval_seconds = 0;
  double result_sort_seconds = 0;
  uint64_t total_queryable_samples =
      0;                      ///< Samples read, counted again for each step that used them.
  uint64_t samples_read = 0;  ///< Samples read from storage, each once.
  uint64_t peak_samples = 0;
  /// By step, when QueryOptions::per_step_stats asked for it: samples as in
  /// total_queryable_samples.
  std::vector<uint64_t> total_queryable_samples_per_step;
};

/// A successful answer. Value type; movable and copyable.
struct QueryResult {
  std::variant<ScalarValue, StringValue, InstantVector, Matrix> value;
  std::vector<std::string> warnings;  ///< With positions, as upstream prints them; no duplicates.
  std::vector<std::string> infos;
  QueryStats stats;

  ResultType type() const { return static_cast<ResultType>(value.index()); }
};

}  // namespace tocsin::promql
