#pragma once

#include <cstdint>

#include "base/result.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// What step() and range() mean in durations. For an instant query start and end are its time, and
/// the step is 0.
struct DurationContext {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
};

/// The value of a duration expression, truncated to milliseconds. kInvalidArgument with upstream's
/// text
/// ("3:9: duration must be greater than 0", the numbers being byte offsets) for one that is not
/// positive where it has to be, not finite, or too large.
Result<int64_t> EvaluateDuration(const DurationExpr& duration, const DurationContext& context,
                                 bool may_be_negative);

/// Evaluates every duration expression in the tree and stores the results where literals are
/// stored: range_ms, step_ms, original_offset_ms and offset_ms.
Status ResolveDurations(Expr& expr, const DurationContext& context);

/// Whether the tree has duration expressions that ResolveDurations would have to evaluate.
bool HasDurationExprs(const Expr& expr);

}  // namespace tocsin::promql
