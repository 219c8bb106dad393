#pragma once

#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// Classic histograms: series that differ only in `le` are the buckets of one. Which rows of a
/// frame belong together, and the labels of what comes out (without `le`, names as the query drops
/// them).
class ClassicHistograms {
 public:
  /// Warns about series whose `le` is no number.
  ClassicHistograms(QueryContext& context, const FramePtr& frame, PositionRange position);

  struct BucketRow {
    double upper_bound;
    uint32_t row;
  };
  struct Group {
    Labels labels;                   ///< Without `le`.
    std::vector<BucketRow> buckets;  ///< By bound.
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
