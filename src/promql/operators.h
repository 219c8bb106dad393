#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::promql {

enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,  ///< `</`: drops histogram buckets above the bound
  kTrimLower,  ///< `>/`: drops histogram buckets below the bound
  kAnd,
  kOr,
  kUnless,
};

enum class AggregateOp : uint8_t {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopK,
  kBottomK,
  kCountValues,
  kQuantile,
  kLimitK,
  kLimitRatio,
};

/// As written: "+", "atan2", "==", "and", "</".
std::string_view BinaryOpText(BinaryOp op);
/// As written: "sum", "count_values".
std::string_view AggregateOpText(AggregateOp op);

/// `==` `!=` `<` `<=` `>` `>=`.
constexpr bool IsComparison(BinaryOp op) {
  return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual;
}
/// and, or, unless.
constexpr bool IsSetOperator(BinaryOp op) { return op >= BinaryOp::kAnd; }
/// Takes a parameter before the vector.
constexpr bool HasParameter(AggregateOp op) { return op >= AggregateOp::kTopK; }

}  // namespace tocsin::promql
