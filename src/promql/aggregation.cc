#include "promql/aggregation.h"

#include <algorithm>

namespace tocsin::promql {

storage::SeriesGrouping GroupRows(const AggregateExpr& expr, const SeriesTable& series) {
  if (!expr.grouping.empty() || expr.without) return series.GroupBy(expr.grouping, expr.without);
  storage::SeriesGrouping one_group;
  one_group.group_of_series.assign(series.size(), 0);
  if (series.size() > 0) one_group.group_labels.emplace_back();
  return one_group;
}

SeriesTablePtr GroupTable(storage::SeriesGrouping grouping, std::vector<bool> drops_name) {
  if (std::find(drops_name.begin(), drops_name.end(), true) == drops_name.end()) {
    drops_name.clear();
  }
  return std::make_shared<LabelList>(std::move(grouping.group_labels), std::move(drops_name));
}

}  // namespace tocsin::promql
