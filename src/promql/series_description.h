#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/float_histogram.h"
#include "model/labels.h"

namespace tocsin::promql {

/// One step of a described series.
struct SequenceValue {
  double value = 0;                                 ///< Meaningless when omitted or a histogram.
  std::shared_ptr<const FloatHistogram> histogram;  ///< Shared between repetitions; immutable.
  bool is_omitted = false;                          ///< `_`: no sample at this step.
  bool has_counter_reset_hint = false;              ///< The histogram's hint was written out.
};

struct SeriesDescription {
  Labels labels;
  std::vector<SequenceValue> values;
};

/// More values than this in one description are refused: `1x1000000000` is a typo, not a test.
inline constexpr size_t kMaxSequenceValues = 1'000'000;

/// Parses the notation of promtool's unit tests and of promqltest scripts:
///   metric{label="value"} 1 2.5 _ stale -4 NaN 1+2x3 5x2 _x4 {{schema:0 count:3 sum:4 buckets:[1
///   2]}}x2
/// `a+bxn` gives n+1 values from a in steps of b, `axn` gives n+1 times a, `_xn` n gaps. Values may
/// be durations, which stand for seconds. The error is kInvalidArgument, worded as ParseExpr's.
Result<SeriesDescription> ParseSeriesDescription(std::string_view text);

}  // namespace tocsin::promql
