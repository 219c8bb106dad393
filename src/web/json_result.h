#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "promql/result.h"

namespace tocsin::web {

/// Which numbers about the query's cost go with its answer.
enum class StatsDetail { kNone, kTotals, kPerStep };

/// When the steps of a query were, for the statistics by step.
struct StepTimes {
  int64_t start_ms = 0;
  int64_t step_ms = 0;
};

/// Writes the `data` of an answer, {"resultType":…,"result":…,"stats":…}, piece by piece, so that a
/// large one never stands in memory as a whole. Confined to a thread.
class ResultJsonWriter {
 public:
  ResultJsonWriter(promql::QueryResult result, StatsDetail detail, StepTimes steps);

  /// Appends the next part of about kPieceBytes to `out`. False when that was the last one.
  bool Write(std::string& out);

  static constexpr size_t kPieceBytes = size_t{256} << 10;  ///< A few socket buffers.

 private:
  void Start(std::string& out);
  bool WriteSome(std::string& out);
  bool WriteVector(std::string& out);
  bool WriteMatrix(std::string& out);
  void WriteSeriesStart(std::string& out, const promql::MatrixSeries& series);
  bool WritePoints(std::string& out, const promql::MatrixSeries& series);
  void Finish(std::string& out);
  void RenderTimestamps(const promql::Matrix& matrix);

  const promql::QueryResult result_;
  const StatsDetail detail_;
  const StepTimes steps_;
  bool has_started_ = false;
  size_t next_series_ = 0;
  size_t next_point_ = 0;
  // `[1435781430,"` of every timestamp of a matrix. Copied as a whole, which is faster than its
  // size.
  struct TimestampText {
    char text[31] = {};
    uint8_t size = 0;
  };
  std::vector<TimestampText> timestamps_;
};

/// Appends a label set as an object, names and values escaped as upstream's codec does: without
/// HTML escapes.
void AppendLabelsJson(std::string& out, const Labels& labels);

}  // namespace tocsin::web
