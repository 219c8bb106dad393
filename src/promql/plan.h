#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "promql/ast.h"
#include "promql/selector_rows.h"
#include "promql/step_range.h"
#include "promql/window.h"

namespace tocsin::promql {

/// What a query is evaluated for.
struct PlanContext {
  StepRange steps;
  bool is_instant = true;  ///< Durations then see a step of 0.
  int64_t lookback_delta_ms = 300'000;
  std::function<int64_t(int64_t range_ms)> default_subquery_step_ms;
};

/// An expression made ready for one evaluation: durations calculated, start() and end() replaced by
/// times, parts that are the same at each step marked.
struct Plan {
  ExprPtr expr;
  /// The samples that any selector may read, both ends inclusive; first > last when there is none.
  int64_t first_sample_ms = INT64_MAX;
  int64_t last_sample_ms = INT64_MIN;
};

/// Fails for durations that have no sensible value.
Result<Plan> MakePlan(const Expr& expr, const PlanContext& context);

/// When an instant selector looks, evaluated at `steps`.
Lookback LookbackOf(const VectorSelector& selector, const StepRange& steps, int64_t lookback_ms);

/// The same for `smoothed`: also what follows within the lookback.
inline int64_t SmoothedReachMs(const VectorSelector& selector, int64_t lookback_ms) {
  return selector.is_smoothed ? lookback_ms : 0;
}

/// The windows of a range selector, with the reach that `anchored` and `smoothed` have.
Windows WindowsOf(const MatrixSelector& matrix, int64_t lookback_ms, const StepRange& steps);

/// When info() looks for info series: at the times at which its first argument's first selector
/// looks, with the offsets and `@` of the subqueries around it.
Lookback InfoLookbackOf(const Expr& argument, const StepRange& steps, int64_t lookback_ms);

/// The windows of a range selector or subquery with these modifiers.
Windows WindowsOf(const TimeModifiers& time, int64_t range_ms, const StepRange& steps);

/// The steps at which the inside of a subquery is evaluated: the multiples of its step in all
/// windows.
StepRange SubquerySteps(const SubqueryExpr& subquery, const StepRange& steps,
                        const std::function<int64_t(int64_t range_ms)>& default_step_ms);

}  // namespace tocsin::promql
