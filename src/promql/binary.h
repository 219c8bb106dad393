#pragma once

#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// One number with another; comparisons give 1 or 0.
double BinaryOnScalars(BinaryOp op, double left, double right);

/// Each element with a scalar, which has a value a step. `scalar_is_left` tells the sides.
/// Comparisons filter, or give 0 and 1 with the bool modifier; what is filtered keeps the vector's
/// value.
Result<RowSourcePtr> BinaryWithScalar(QueryContext& context, const BinaryExpr& expr,
                                      const RowSourcePtr& vector, std::vector<double> scalar,
                                      bool scalar_is_left);

/// Arithmetic and comparisons between the elements of two vectors that match. Errors with
/// upstream's texts where the matching is not unique at some step.
Result<FramePtr> BinaryOnVectors(QueryContext& context, const BinaryExpr& expr,
                                 const FramePtr& left, const FramePtr& right);

/// and, or, unless.
Result<RowSourcePtr> SetOperation(QueryContext& context, const BinaryExpr& expr,
                                  const RowSourcePtr& left, const RowSourcePtr& right,
                                  size_t steps);

/// Whether `op` changes what a metric measures, so that its name goes: the arithmetic ones.
bool ChangesMetric(BinaryOp op);

/// For each row of two tables the number of its match group, the same on both sides.
struct MatchGroups {
  std::vector<uint32_t> left;
  std::vector<uint32_t> right;
  std::vector<Labels> labels;  ///< By number.
};
MatchGroups FindMatchGroups(const VectorMatching& matching, const SeriesTable& left,
                            const SeriesTable& right);

/// Does `op` step by step: values[i] = left[i] op right[i], and for comparisons clears the bits of
/// `kept` where it does not hold, values[i] being left[i].
void ApplyBinary(BinaryOp op, const double* left, const double* right, size_t steps, double* values,
                 uint64_t* kept);

/// "histogram" or "float" on each side: what to say about an operator that cannot take them.
std::string IncompatibleTypesText(BinaryOp op, bool left_is_histogram, bool right_is_histogram);

}  // namespace tocsin::promql
