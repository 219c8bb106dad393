#include <algorithm>
#include <cmath>

#include "promql/aggregation.h"
#include "promql/quantile.h"

namespace tocsin::promql {
namespace {

/// One warning each for the worst of what is wrong with the quantiles, as upstream.
void CheckQuantiles(const AggregationInput& input) {
  const auto warn = [&](double quantile) {
    input.context.annotations.AddWarning(InvalidQuantileText(quantile), input.expr.param->position);
  };
  double low = 0;
  double high = 1;
  bool has_nan = false;
  for (const double quantile : input.param) {
    has_nan |= std::isnan(quantile);
    low = std::min(low, quantile);
    high = std::max(high, quantile);
  }
  if (has_nan) warn(std::nan(""));
  if (high > 1) warn(high);
  if (low < 0) warn(low);
}

std::vector<std::vector<uint32_t>> RowsOfGroups(const storage::SeriesGrouping& grouping) {
  std::vector<std::vector<uint32_t>> rows(grouping.group_labels.size());
  for (uint32_t row = 0; row < grouping.group_of_series.size(); ++row) {
    rows[grouping.group_of_series[row]].push_back(row);
  }
  return rows;
}

}  // namespace

Result<FramePtr> AggregateQuantile(const AggregationInput& input) {
  CheckQuantiles(input);
  const size_t steps = input.steps.count;
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, Materialize(input.context, input.rows, steps));
  storage::SeriesGrouping grouping = GroupRows(input.expr, frame->series());
  const std::vector<std::vector<uint32_t>> rows_of = RowsOfGroups(grouping);
  std::vector<bool> drops_name(rows_of.size());
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows_of.size(), steps, input.context.memory()));
  const GridView out = grid.view();
  const GridView in = frame->view();
  bool saw_histogram = false;
  std::vector<double> values;
  for (size_t group = 0; group < rows_of.size(); ++group) {
    TOCSIN_RETURN_IF_ERROR(input.context.CheckRunning());
    for (const uint32_t row : rows_of[group]) {
      if (frame->series().DropsName(row)) drops_name[group] = true;
    }
    for (size_t step = 0; step < steps; ++step) {
      values.clear();
      for (const uint32_t row : rows_of[group]) {
        if (!IsPresent(in.Present(row), step)) continue;
        const bool is_histogram = in.HistogramAt(row, step) != nullptr;
        saw_histogram |= is_histogram;
        if (!is_histogram) values.push_back(in.Values(row)[step]);
      }
      if (values.empty()) continue;
      out.Values(group)[step] = QuantileOf(input.param[step], values);
      SetPresent(out.Present(group), step);
    }
  }
  if (saw_histogram) {
    input.context.annotations.AddInfo(HistogramIgnoredInAggregationText("quantile"),
                                      input.expr.expr->position);
  }
  return MakeFrame(input.context, GroupTable(std::move(grouping), std::move(drops_name)),
                   std::move(grid));
}

}  // namespace tocsin::promql
