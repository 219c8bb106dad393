#pragma once

#include "promql/evaluator.h"
#include "promql/result.h"

namespace tocsin::promql {

/// `frame` with all pending removals of names done.
Result<FramePtr> RemovePendingNames(QueryContext& context, const FramePtr& frame);

/// The first step of a frame, each element at `time_ms`, in the frame's order.
InstantVector ToInstantVector(const Frame& frame, int64_t time_ms);

/// All steps of a frame, sorted by labels.
Matrix ToMatrix(const Frame& frame, const StepRange& steps);

/// The window of a range vector at its one step, sorted by labels.
Result<Matrix> ToMatrix(QueryContext& context, const RangeVector& range);

/// A scalar at all steps: one series without labels.
Matrix ToMatrix(std::vector<double> values, const StepRange& steps);

}  // namespace tocsin::promql
