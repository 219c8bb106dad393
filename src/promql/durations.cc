#include "promql/durations.h"

#include <algorithm>
#include <cmath>

namespace tocsin::promql {
namespace {

class DurationEvaluator {
 public:
  explicit DurationEvaluator(const DurationContext& context) : context_(context) {}

  Result<double> Seconds(const Expr& expr) const {
    if (const auto* literal = TryAs<NumberLiteral>(&expr)) return literal->value;
    const auto& duration = As<DurationExpr>(expr);
    double lhs = 0;
    double rhs = 0;
    if (duration.lhs) {
      TOCSIN_ASSIGN_OR_RETURN(lhs, Seconds(*duration.lhs));
    }
    if (duration.rhs) {
      TOCSIN_ASSIGN_OR_RETURN(rhs, Seconds(*duration.rhs));
    }
    return Apply(duration, lhs, rhs);
  }

 private:
  Result<double> Apply(const DurationExpr& duration, double lhs, double rhs) const {
    switch (duration.op) {
      case DurationOp::kAdd:
        return lhs + rhs;
      case DurationOp::kSub:
        return lhs - rhs;
      case DurationOp::kMul:
        return lhs * rhs;
      case DurationOp::kDiv:
        if (rhs == 0) return Refuse(duration, "division by zero");
        return lhs / rhs;
      case DurationOp::kMod:
        if (rhs == 0) return Refuse(duration, "modulo by zero");
        return std::fmod(lhs, rhs);
      case DurationOp::kPow:
        return std::pow(lhs, rhs);
      case DurationOp::kMin:
        return std::min(lhs, rhs);
      case DurationOp::kMax:
        return std::max(lhs, rhs);
      case DurationOp::kStep:
        return static_cast<double>(context_.step_ms) / 1e3;
      case DurationOp::kRange:
        return static_cast<double>(context_.end_ms - context_.start_ms) / 1e3;
    }
    return 0.0;
  }

 public:
  static Error Refuse(const Expr& expr, std::string_view why) {
    return Errorf(ErrorCode::kInvalidArgument, "{}:{}: {}", expr.position.start, expr.position.end,
                  why);
  }

 private:
  const DurationContext& context_;
};

Status Resolve(const std::unique_ptr<DurationExpr>& duration, const DurationContext& context,
               bool may_be_negative, int64_t& out_ms) {
  if (!duration) return {};
  TOCSIN_ASSIGN_OR_RETURN(out_ms, EvaluateDuration(*duration, context, may_be_negative));
  return {};
}

Status ResolveOffset(TimeModifiers& time, const DurationContext& context) {
  TOCSIN_RETURN_IF_ERROR(Resolve(time.offset_expr, context, true, time.original_offset_ms));
  if (time.offset_expr) time.offset_ms = time.original_offset_ms;
  return {};
}

Status ResolveNode(Expr& expr, const DurationContext& context) {
  if (auto* selector = TryAs<VectorSelector>(&expr)) return ResolveOffset(selector->time, context);
  if (auto* matrix = TryAs<MatrixSelector>(&expr)) {
    return Resolve(matrix->range_expr, context, false, matrix->range_ms);
  }
  if (auto* subquery = TryAs<SubqueryExpr>(&expr)) {
    TOCSIN_RETURN_IF_ERROR(ResolveOffset(subquery->time, context));
    TOCSIN_RETURN_IF_ERROR(Resolve(subquery->range_expr, context, false, subquery->range_ms));
    return Resolve(subquery->step_expr, context, false, subquery->step_ms);
  }
  return {};
}

}  // namespace

Result<int64_t> EvaluateDuration(const DurationExpr& duration, const DurationContext& context,
                                 bool may_be_negative) {
  TOCSIN_ASSIGN_OR_RETURN(const double seconds, DurationEvaluator(context).Seconds(duration));
  if (std::isnan(seconds)) return DurationEvaluator::Refuse(duration, "duration is NaN");
  if (seconds <= 0 && !may_be_negative) {
    return DurationEvaluator::Refuse(duration, "duration must be greater than 0");
  }
  // As upstream, which counts nanoseconds in an int64.
  constexpr double kMaxSeconds = 9223372036.854775807;
  if (std::abs(seconds) > kMaxSeconds) {
    return DurationEvaluator::Refuse(duration, "duration is out of range");
  }
  return static_cast<int64_t>(seconds * 1e3);
}

Status ResolveDurations(Expr& expr, const DurationContext& context) {
  TOCSIN_RETURN_IF_ERROR(ResolveNode(expr, context));
  Status status;
  ForEachChild(expr, [&](Expr& child) {
    if (status) status = ResolveDurations(child, context);
  });
  return status;
}

bool HasDurationExprs(const Expr& expr) {
  bool found = false;
  Inspect(expr, [&](const Expr& node) {
    if (const auto* selector = TryAs<VectorSelector>(&node)) {
      found |= selector->time.offset_expr != nullptr;
    } else if (const auto* matrix = TryAs<MatrixSelector>(&node)) {
      found |= matrix->range_expr != nullptr;
    } else if (const auto* subquery = TryAs<SubqueryExpr>(&node)) {
      found |= subquery->range_expr || subquery->step_expr || subquery->time.offset_expr;
    }
  });
  return found;
}

}  // namespace tocsin::promql
