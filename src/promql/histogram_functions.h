#pragma once

#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// The histograms in a frame. Classic ones: series that differ only in `le` are the buckets of one.
/// Native ones are rows of their own, but not both of the same labels at a step.
class InputHistograms {
 public:
  /// Warns about floats whose `le` is no number.
  InputHistograms(QueryContext& context, const FramePtr& frame, PositionRange position);

  struct BucketRow {
    double upper_bound;
    uint32_t row;
  };
  struct Group {
    Labels labels;                      ///< Of classic histograms without `le`.
    std::vector<BucketRow> buckets;     ///< By bound.
    std::vector<uint32_t> native_rows;  ///< At most one, but for duplicates that are refused later.
  };
  const std::vector<Group>& groups() const { return groups_; }

 private:
  std::vector<Group> groups_;
};

/// histogram_quantile(φ, v), or histogram_quantiles(v, label, φ …) when `label` is not empty: one
/// output for each list of quantiles (a value a step).
struct QuantileRequest {
  std::vector<std::vector<double>> quantiles;
  std::vector<PositionRange> quantile_positions;
  std::string label;
  PositionRange vector_position;
};
Result<FramePtr> HistogramQuantile(QueryContext& context, const FramePtr& frame,
                                   const StepRange& steps, const QuantileRequest& request);

/// histogram_fraction(lower, upper, v).
Result<FramePtr> HistogramFraction(QueryContext& context, const FramePtr& frame,
                                   const std::vector<double>& lower,
                                   const std::vector<double>& upper, PositionRange position);

}  // namespace tocsin::promql
