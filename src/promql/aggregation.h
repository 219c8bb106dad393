#pragma once

#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// Everything an aggregation works on.
struct AggregationInput {
  QueryContext& context;
  const AggregateExpr& expr;
  RowSourcePtr rows;
  StepRange steps;
  std::vector<double> param;  ///< By step; empty without a scalar parameter.
};

/// sum, avg, count, min, max, group, stddev, stdvar: rows are folded into groups × steps
/// accumulators in order of series, so the result does not depend on threads.
Result<FramePtr> AggregateByFolding(const AggregationInput& input);

/// topk, bottomk, limitk, limit_ratio: keeps series as they are. With one step the order is
/// upstream's: group by group, best first.
Result<FramePtr> AggregateByRank(const AggregationInput& input);

/// quantile(φ, …).
Result<FramePtr> AggregateQuantile(const AggregationInput& input);

/// count_values("label", …).
Result<FramePtr> AggregateCountValues(const AggregationInput& input, const std::string& label);

/// Which group each row belongs to, and the groups' labels.
storage::SeriesGrouping GroupRows(const AggregateExpr& expr, const SeriesTable& series);

/// The groups as a table. `drops_name[g]` as in SeriesTable::DropsName.
SeriesTablePtr GroupTable(storage::SeriesGrouping grouping, std::vector<bool> drops_name);

}  // namespace tocsin::promql
