#include "promql/binary_histograms.h"

#include <fmt/format.h>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_comparison.h"
#include "model/float_histogram_trim.h"
#include "promql/binary.h"

namespace tocsin::promql {
namespace {

HistogramOutcome Computed(FloatHistogram histogram) {
  return {true, true, std::make_shared<const FloatHistogram>(std::move(histogram))};
}

HistogramOutcome Scaled(const FloatHistogram& histogram, double factor,
                        void (*scale)(FloatHistogram&, double)) {
  FloatHistogram scaled = histogram;
  scale(scaled, factor);
  Compact(scaled);
  return Computed(std::move(scaled));
}

HistogramOutcome Merged(BinaryOp op, const FloatHistogram& left, const FloatHistogram& right,
                        PositionRange position, Annotations& annotations) {
  FloatHistogram merged = left;
  const bool is_sum = op == BinaryOp::kAdd;
  const MergeOutcome outcome = is_sum ? Add(merged, right) : Subtract(merged, right);
  if (!outcome.is_compatible) {
    annotations.AddWarning(
        fmt::format("incompatible bucket layout encountered for binary operator {}",
                    BinaryOpText(op)),
        position);
    return {};
  }
  NoteMerge(annotations, outcome.has_hint_collision, outcome.reconciled_bounds,
            is_sum ? "addition" : "subtraction", position);
  if (!is_sum) merged.counter_reset_hint = CounterResetHint::kGauge;
  Compact(merged);
  return Computed(std::move(merged));
}

}  // namespace

HistogramOutcome ApplyToHistograms(BinaryOp op, const Operand& left, const Operand& right,
                                   PositionRange position, Annotations& annotations) {
  const bool both = left.histogram != nullptr && right.histogram != nullptr;
  const bool left_only = left.histogram != nullptr && right.histogram == nullptr;
  if (both && (op == BinaryOp::kAdd || op == BinaryOp::kSub)) {
    return Merged(op, **left.histogram, **right.histogram, position, annotations);
  }
  if (both && (op == BinaryOp::kEqual || op == BinaryOp::kNotEqual)) {
    const bool are_same = IsSame(**left.histogram, **right.histogram);
    return {true, are_same == (op == BinaryOp::kEqual), *left.histogram};
  }
  if (!both && op == BinaryOp::kMul) {
    return left_only ? Scaled(**left.histogram, right.value, Multiply)
                     : Scaled(**right.histogram, left.value, Multiply);
  }
  if (left_only && op == BinaryOp::kDiv) return Scaled(**left.histogram, right.value, Divide);
  if (left_only && op == BinaryOp::kTrimLower) {
    return Computed(Trim(**left.histogram, right.value, TrimKeeps::kAbove));
  }
  if (left_only && op == BinaryOp::kTrimUpper) {
    return Computed(Trim(**left.histogram, right.value, TrimKeeps::kBelow));
  }
  annotations.AddInfo(
      IncompatibleTypesText(op, left.histogram != nullptr, right.histogram != nullptr), position);
  return {};
}

}  // namespace tocsin::promql
