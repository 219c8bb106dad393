#include "promql/plan.h"

#include <algorithm>

#include "promql/durations.h"

namespace tocsin::promql {
namespace {

constexpr int64_t kDefaultSubqueryStepMs = 60'000;

/// Functions whose value depends on the time of the step even if their arguments do not.
bool DependsOnStepTime(FunctionId id) {
  switch (id) {
    case FunctionId::kDaysInMonth:
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kHour:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kYear:
    case FunctionId::kPredictLinear:
    case FunctionId::kTime:
    case FunctionId::kTimestamp:
      return true;
    default:
      return false;
  }
}

/// Replaces start() and end(), and wraps the largest parts that are the same at each step.
class Preparer {
 public:
  explicit Preparer(const StepRange& steps) : steps_(steps) {}

  void Prepare(ExprPtr& root) {
    if (Visit(*root)) Wrap(root);
  }

 private:
  static void Wrap(ExprPtr& expr) {
    switch (expr->kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
      case ExprKind::kMatrixSelector:  // Their windows know that they are fixed.
      case ExprKind::kSubquery:
      case ExprKind::kStepInvariant:
        return;
      default:
        expr = std::make_unique<StepInvariantExpr>(std::move(expr));
    }
  }

  bool Bind(TimeModifiers& time) const {
    if (time.at == AtModifier::kStart) time.at_timestamp_ms = steps_.start_ms;
    if (time.at == AtModifier::kEnd) time.at_timestamp_ms = steps_.last_ms();
    return time.at != AtModifier::kNone;
  }

  /// Of several children, wraps those that are invariant unless all are. Returns whether all are.
  bool VisitAll(std::initializer_list<ExprPtr*> children) {
    std::vector<ExprPtr*> invariant;
    size_t count = 0;
    for (ExprPtr* child : children) {
      if (*child == nullptr) continue;
      ++count;
      if (Visit(**child)) invariant.push_back(child);
    }
    if (invariant.size() == count) return true;
    for (ExprPtr* child : invariant) Wrap(*child);
    return false;
  }

  bool VisitCall(Call& call) {
    bool all = !DependsOnStepTime(call.function->id);
    std::vector<ExprPtr*> invariant;
    for (ExprPtr& argument : call.args) {
      if (Visit(*argument)) {
        invariant.push_back(&argument);
      } else {
        all = false;
      }
    }
    if (all) return true;
    for (ExprPtr* argument : invariant) Wrap(*argument);
    return false;
  }

  /// Whether `expr` has the same value at each step.
  bool Visit(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
      case ExprKind::kStepInvariant:
      case ExprKind::kDuration:
        return true;
      case ExprKind::kParen:
        return Visit(*As<ParenExpr>(expr).expr);
      case ExprKind::kUnary:
        return Visit(*As<UnaryExpr>(expr).expr);
      case ExprKind::kBinary:
        return VisitAll({&As<BinaryExpr>(expr).lhs, &As<BinaryExpr>(expr).rhs});
      case ExprKind::kAggregate:
        return VisitAll({&As<AggregateExpr>(expr).expr, &As<AggregateExpr>(expr).param});
      case ExprKind::kCall:
        return VisitCall(As<Call>(expr));
      case ExprKind::kVectorSelector:
        return Bind(As<VectorSelector>(expr).time);
      case ExprKind::kMatrixSelector:
        return Bind(As<MatrixSelector>(expr).selector->time);
      case ExprKind::kSubquery:
        // Its inside has steps of its own.
        if (Visit(*As<SubqueryExpr>(expr).expr)) Wrap(As<SubqueryExpr>(expr).expr);
        return Bind(As<SubqueryExpr>(expr).time);
    }
    return false;
  }

  const StepRange& steps_;
};

/// Finds which samples the selectors need.
class Reach {
 public:
  Reach(const PlanContext& context, Plan& plan) : context_(context), plan_(plan) {}

  void Visit(const Expr& expr, const StepRange& steps) {
    if (steps.count == 0) return;
    switch (expr.kind) {
      case ExprKind::kVectorSelector: {
        const Lookback lookback =
            LookbackOf(As<VectorSelector>(expr), steps, context_.lookback_delta_ms);
        const int64_t ahead_ms =
            SmoothedReachMs(As<VectorSelector>(expr), context_.lookback_delta_ms);
        return Include(lookback.first_sample_ms(), lookback.last_sample_ms() + ahead_ms);
      }
      case ExprKind::kCall:
        if (As<Call>(expr).function->id == FunctionId::kInfo) VisitInfo(As<Call>(expr), steps);
        ForEachChild(expr, [&](const Expr& child) { Visit(child, steps); });
        return;
      case ExprKind::kMatrixSelector: {
        const auto& matrix = As<MatrixSelector>(expr);
        const Windows windows = WindowsOf(matrix, context_.lookback_delta_ms, steps);
        return Include(windows.first_sample_ms(), windows.last_sample_ms());
      }
      case ExprKind::kSubquery: {
        const auto& subquery = As<SubqueryExpr>(expr);
        return Visit(*subquery.expr,
                     SubquerySteps(subquery, steps, context_.default_subquery_step_ms));
      }
      case ExprKind::kStepInvariant:
        return Visit(*As<StepInvariantExpr>(expr).expr, {steps.start_ms, steps.step_ms, 1});
      default:
        ForEachChild(expr, [&](const Expr& child) { Visit(child, steps); });
    }
  }

 private:
  void VisitInfo(const Call& call, const StepRange& steps) {
    const Lookback lookback = InfoLookbackOf(*call.args[0], steps, context_.lookback_delta_ms);
    Include(lookback.first_sample_ms(), lookback.last_sample_ms());
  }
  void Include(int64_t first_ms, int64_t last_ms) {
    plan_.first_sample_ms = std::min(plan_.first_sample_ms, first_ms);
    plan_.last_sample_ms = std::max(plan_.last_sample_ms, last_ms);
  }

  const PlanContext& context_;
  Plan& plan_;
};

/// Marks the selectors of whose native histograms only count and sum are used: those below
/// histogram_count and its kin, but not below a subquery or what looks into buckets. A binary
/// operator begins anew.
void MarkTotalsOnly(Expr& expr, bool totals_only, bool is_barred) {
  switch (expr.kind) {
    case ExprKind::kBinary:
      totals_only = is_barred = false;
      break;
    case ExprKind::kSubquery:
      is_barred = true;
      break;
    case ExprKind::kCall:
      switch (As<Call>(expr).function->id) {
        case FunctionId::kHistogramCount:
        case FunctionId::kHistogramSum:
        case FunctionId::kHistogramAvg:
          totals_only = true;
          break;
        case FunctionId::kHistogramQuantile:
        case FunctionId::kHistogramQuantiles:
        case FunctionId::kHistogramFraction:
          totals_only = false;
          is_barred = true;
          break;
        default:
          break;
      }
      break;
    case ExprKind::kVectorSelector:
      As<VectorSelector>(expr).needs_histogram_totals_only = totals_only && !is_barred;
      break;
    default:
      break;
  }
  ForEachChild(expr, [&](Expr& child) { MarkTotalsOnly(child, totals_only, is_barred); });
}

/// Follows the first branch down to a selector, adding up offsets until an `@` fixes the time.
bool FollowToSelector(const Expr& expr, Lookback& lookback) {
  const auto apply = [&](const TimeModifiers& time) {
    if (lookback.is_fixed && time.at == AtModifier::kNone) {
      lookback.fixed_ms -= time.original_offset_ms;
    } else if (time.at == AtModifier::kNone) {
      lookback.offset_ms += time.original_offset_ms;
    } else {
      lookback.is_fixed = true;
      lookback.fixed_ms = time.at_timestamp_ms - time.original_offset_ms;
    }
  };
  if (const auto* selector = TryAs<VectorSelector>(&expr)) {
    apply(selector->time);
    return true;
  }
  const Lookback before = lookback;
  if (const auto* subquery = TryAs<SubqueryExpr>(&expr)) apply(subquery->time);
  bool found = false;
  ForEachChild(expr,
               [&](const Expr& child) { found = found || FollowToSelector(child, lookback); });
  if (!found) lookback = before;
  return found;
}

}  // namespace

Result<Plan> MakePlan(const Expr& expr, const PlanContext& context) {
  Plan plan;
  plan.expr = expr.Clone();
  const DurationContext durations{context.steps.start_ms, context.steps.last_ms(),
                                  context.is_instant ? 0 : context.steps.step_ms};
  TOCSIN_RETURN_IF_ERROR(ResolveDurations(*plan.expr, durations));
  Preparer(context.steps).Prepare(plan.expr);
  MarkTotalsOnly(*plan.expr, false, false);
  Reach(context, plan).Visit(*plan.expr, context.steps);
  return plan;
}

Lookback LookbackOf(const VectorSelector& selector, const StepRange& steps, int64_t lookback_ms) {
  Lookback lookback;
  lookback.steps = steps;
  lookback.lookback_ms = lookback_ms;
  lookback.offset_ms = selector.time.original_offset_ms;
  lookback.is_fixed = selector.time.at != AtModifier::kNone;
  lookback.fixed_ms = selector.time.at_timestamp_ms - selector.time.original_offset_ms;
  return lookback;
}

Lookback InfoLookbackOf(const Expr& argument, const StepRange& steps, int64_t lookback_ms) {
  Lookback lookback;
  lookback.steps = steps;
  lookback.lookback_ms = lookback_ms;
  FollowToSelector(argument, lookback);
  return lookback;
}

Windows WindowsOf(const MatrixSelector& matrix, int64_t lookback_ms, const StepRange& steps) {
  Windows windows = WindowsOf(matrix.selector->time, matrix.range_ms, steps);
  if (matrix.selector->is_anchored) windows.extension = WindowExtension::kAnchored;
  if (matrix.selector->is_smoothed) windows.extension = WindowExtension::kSmoothed;
  if (windows.extension != WindowExtension::kNone) windows.reach_back_ms = lookback_ms;
  if (windows.extension == WindowExtension::kSmoothed) windows.reach_ahead_ms = lookback_ms;
  return windows;
}

Windows WindowsOf(const TimeModifiers& time, int64_t range_ms, const StepRange& steps) {
  Windows windows;
  windows.steps = steps;
  windows.range_ms = range_ms;
  windows.offset_ms = time.original_offset_ms;
  windows.is_fixed = time.at != AtModifier::kNone;
  windows.fixed_end_ms = time.at_timestamp_ms - time.original_offset_ms;
  return windows;
}

StepRange SubquerySteps(const SubqueryExpr& subquery, const StepRange& steps,
                        const std::function<int64_t(int64_t range_ms)>& default_step_ms) {
  const Windows windows = WindowsOf(subquery.time, subquery.range_ms, steps);
  int64_t step_ms = subquery.step_ms;
  if (step_ms == 0) {
    step_ms = default_step_ms ? default_step_ms(subquery.range_ms) : kDefaultSubqueryStepMs;
  }
  const int64_t after_ms = windows.first_sample_ms() - 1;
  int64_t start_ms = step_ms * (after_ms / step_ms);
  if (start_ms <= after_ms) start_ms += step_ms;
  return StepRange::Between(start_ms, windows.last_sample_ms(), step_ms);
}

}  // namespace tocsin::promql
