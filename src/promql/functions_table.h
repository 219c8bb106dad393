#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "promql/value_type.h"

namespace tocsin::promql {

/// Every function of the language, in order of name. functions_table.cc holds a row for each.
enum class FunctionId : uint8_t {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kDoubleExponentialSmoothing,
  kEnd,
  kExp,
  kFirstOverTime,
  kFloor,
  kHistogramAvg,
  kHistogramCount,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramQuantiles,
  kHistogramStddev,
  kHistogramStdvar,
  kHistogramSum,
  kHour,
  kIdelta,
  kIncrease,
  kInfo,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMadOverTime,
  kMaxOf,
  kMaxOverTime,
  kMinOf,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRange,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortByLabel,
  kSortByLabelDesc,
  kSortDesc,
  kSqrt,
  kStart,
  kStartTimestamp,
  kStddevOverTime,
  kStdvarOverTime,
  kStep,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kTsOfFirstOverTime,
  kTsOfLastOverTime,
  kTsOfMaxOverTime,
  kTsOfMinOverTime,
  kVector,
  kYear,
};
inline constexpr size_t kFunctionCount = static_cast<size_t>(FunctionId::kYear) + 1;

/// The signature of a function. Immutable, of static lifetime.
struct Function {
  static constexpr size_t kMaxArguments = 5;
  /// Any number of further arguments.
  static constexpr int8_t kAnyNumber = -1;

  FunctionId id;
  std::string_view name;
  std::array<ValueType, kMaxArguments> argument_types;  ///< The first argument_count are meant.
  uint8_t argument_count;
  /// 0: exactly argument_count. n > 0: from argument_count - 1 up to argument_count + n - 1,
  /// further ones having the last type. kAnyNumber: from argument_count - 1 up.
  int8_t variadic;
  ValueType return_type;
  bool is_experimental;

  std::span<const ValueType> types() const { return {argument_types.data(), argument_count}; }
};

/// The function called `name` (names are case-sensitive), or nullptr.
const Function* FindFunction(std::string_view name);

const Function& FunctionOf(FunctionId id);

}  // namespace tocsin::promql
