#include "promql/functions_table.h"

#include <algorithm>
#include <initializer_list>

namespace tocsin::promql {
namespace {

constexpr auto S = ValueType::kScalar;
constexpr auto V = ValueType::kVector;
constexpr auto M = ValueType::kMatrix;
constexpr auto T = ValueType::kString;
constexpr int8_t kAny = Function::kAnyNumber;

constexpr Function Row(FunctionId id, std::string_view name, std::initializer_list<ValueType> types,
                       ValueType return_type, int8_t variadic = 0, bool is_experimental = false) {
  Function row{id,          name,           {}, static_cast<uint8_t>(types.size()), variadic,
               return_type, is_experimental};
  size_t i = 0;
  for (const ValueType type : types) row.argument_types[i++] = type;
  return row;
}

constexpr Function Experimental(FunctionId id, std::string_view name,
                                std::initializer_list<ValueType> types, ValueType return_type,
                                int8_t variadic = 0) {
  return Row(id, name, types, return_type, variadic, true);
}

using enum FunctionId;

// In order of FunctionId, which is the order of names.
constexpr std::array<Function, kFunctionCount> kFunctions = {
    Row(kAbs, "abs", {V}, V),
    Row(kAbsent, "absent", {V}, V),
    Row(kAbsentOverTime, "absent_over_time", {M}, V),
    Row(kAcos, "acos", {V}, V),
    Row(kAcosh, "acosh", {V}, V),
    Row(kAsin, "asin", {V}, V),
    Row(kAsinh, "asinh", {V}, V),
    Row(kAtan, "atan", {V}, V),
    Row(kAtanh, "atanh", {V}, V),
    Row(kAvgOverTime, "avg_over_time", {M}, V),
    Row(kCeil, "ceil", {V}, V),
    Row(kChanges, "changes", {M}, V),
    Row(kClamp, "clamp", {V, S, S}, V),
    Row(kClampMax, "clamp_max", {V, S}, V),
    Row(kClampMin, "clamp_min", {V, S}, V),
    Row(kCos, "cos", {V}, V),
    Row(kCosh, "cosh", {V}, V),
    Row(kCountOverTime, "count_over_time", {M}, V),
    Row(kDayOfMonth, "day_of_month", {V}, V, 1),
    Row(kDayOfWeek, "day_of_week", {V}, V, 1),
    Row(kDayOfYear, "day_of_year", {V}, V, 1),
    Row(kDaysInMonth, "days_in_month", {V}, V, 1),
    Row(kDeg, "deg", {V}, V),
    Row(kDelta, "delta", {M}, V),
    Row(kDeriv, "deriv", {M}, V),
    Experimental(kDoubleExponentialSmoothing, "double_exponential_smoothing", {M, S, S}, V),
    Experimental(kEnd, "end", {}, S),
    Row(kExp, "exp", {V}, V),
    Row(kFirstOverTime, "first_over_time", {M}, V),
    Row(kFloor, "floor", {V}, V),
    Row(kHistogramAvg, "histogram_avg", {V}, V),
    Row(kHistogramCount, "histogram_count", {V}, V),
    Row(kHistogramFraction, "histogram_fraction", {S, S, V}, V),
    Row(kHistogramQuantile, "histogram_quantile", {S, V}, V),
    Experimental(kHistogramQuantiles, "histogram_quantiles", {V, T, S, S}, V, 9),
    Row(kHistogramStddev, "histogram_stddev", {V}, V),
    Row(kHistogramStdvar, "histogram_stdvar", {V}, V),
    Row(kHistogramSum, "histogram_sum", {V}, V),
    Row(kHour, "hour", {V}, V, 1),
    Row(kIdelta, "idelta", {M}, V),
    Row(kIncrease, "increase", {M}, V),
    Experimental(kInfo, "info", {V, V}, V, 1),
    Row(kIrate, "irate", {M}, V),
    Row(kLabelJoin, "label_join", {V, T, T, T}, V, kAny),
    Row(kLabelReplace, "label_replace", {V, T, T, T, T}, V),
    Row(kLastOverTime, "last_over_time", {M}, V),
    Row(kLn, "ln", {V}, V),
    Row(kLog10, "log10", {V}, V),
    Row(kLog2, "log2", {V}, V),
    Experimental(kMadOverTime, "mad_over_time", {M}, V),
    Experimental(kMaxOf, "max_of", {S, S}, S),
    Row(kMaxOverTime, "max_over_time", {M}, V),
    Experimental(kMinOf, "min_of", {S, S}, S),
    Row(kMinOverTime, "min_over_time", {M}, V),
    Row(kMinute, "minute", {V}, V, 1),
    Row(kMonth, "month", {V}, V, 1),
    Row(kPi, "pi", {}, S),
    Row(kPredictLinear, "predict_linear", {M, S}, V),
    Row(kPresentOverTime, "present_over_time", {M}, V),
    Row(kQuantileOverTime, "quantile_over_time", {S, M}, V),
    Row(kRad, "rad", {V}, V),
    Experimental(kRange, "range", {}, S),
    Row(kRate, "rate", {M}, V),
    Row(kResets, "resets", {M}, V),
    Row(kRound, "round", {V, S}, V, 1),
    Row(kScalar, "scalar", {V}, S),
    Row(kSgn, "sgn", {V}, V),
    Row(kSin, "sin", {V}, V),
    Row(kSinh, "sinh", {V}, V),
    Row(kSort, "sort", {V}, V),
    Experimental(kSortByLabel, "sort_by_label", {V, T}, V, kAny),
    Experimental(kSortByLabelDesc, "sort_by_label_desc", {V, T}, V, kAny),
    Row(kSortDesc, "sort_desc", {V}, V),
    Row(kSqrt, "sqrt", {V}, V),
    Experimental(kStart, "start", {}, S),
    Experimental(kStartTimestamp, "start_timestamp", {V}, V),
    Row(kStddevOverTime, "stddev_over_time", {M}, V),
    Row(kStdvarOverTime, "stdvar_over_time", {M}, V),
    Experimental(kStep, "step", {}, S),
    Row(kSumOverTime, "sum_over_time", {M}, V),
    Row(kTan, "tan", {V}, V),
    Row(kTanh, "tanh", {V}, V),
    Row(kTime, "time", {}, S),
    Row(kTimestamp, "timestamp", {V}, V),
    Experimental(kTsOfFirstOverTime, "ts_of_first_over_time", {M}, V),
    Experimental(kTsOfLastOverTime, "ts_of_last_over_time", {M}, V),
    Experimental(kTsOfMaxOverTime, "ts_of_max_over_time", {M}, V),
    Experimental(kTsOfMinOverTime, "ts_of_min_over_time", {M}, V),
    Row(kVector, "vector", {S}, V),
    Row(kYear, "year", {V}, V, 1),
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kFunctionCount; ++i) {
    if (static_cast<size_t>(kFunctions[i].id) != i) return false;
    if (i > 0 && !(kFunctions[i - 1].name < kFunctions[i].name)) return false;
  }
  return true;
}
static_assert(IsInOrder(), "binary search needs names in order, FunctionOf() needs ids in order");

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto at = std::lower_bound(
      kFunctions.begin(), kFunctions.end(), name,
      [](const Function& row, std::string_view wanted) { return row.name < wanted; });
  return at != kFunctions.end() && at->name == name ? &*at : nullptr;
}

const Function& FunctionOf(FunctionId id) { return kFunctions[static_cast<size_t>(id)]; }

}  // namespace tocsin::promql
