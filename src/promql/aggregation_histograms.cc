#include "promql/aggregation_histograms.h"

namespace tocsin::promql {

HistogramCells::HistogramCells(size_t groups, size_t steps, bool is_mean, PositionRange position)
    : steps_(steps), is_mean_(is_mean), position_(position), cells_(groups * steps) {}

void HistogramCells::Add(size_t group, size_t step, const FloatHistogram& histogram,
                         std::string_view metric_name) {
  std::unique_ptr<Cell>& cell = cells_[group * steps_ + step];
  if (cell == nullptr) {
    cell = std::make_unique<Cell>();
    if (is_mean_) {
      cell->mean.emplace(histogram);
    } else {
      cell->sum.emplace(histogram);
    }
    return;
  }
  if (!cell->is_compatible) return;
  cell->is_compatible = is_mean_ ? cell->mean->Add(histogram) : cell->sum->Add(histogram);
  if (cell->is_compatible) return;
  annotations_.AddWarning(MixedBucketSchemasText(metric_name), position_);
}

HistogramPtr HistogramCells::Finish(size_t group, size_t step) {
  const std::unique_ptr<Cell> cell = std::move(cells_[group * steps_ + step]);
  const bool collides =
      is_mean_ ? cell->mean->has_hint_collision() : cell->sum->has_hint_collision();
  const bool reconciled =
      is_mean_ ? cell->mean->reconciled_bounds() : cell->sum->reconciled_bounds();
  if (!cell->is_compatible) return nullptr;
  NoteMerge(annotations_, collides, reconciled, "aggregation", position_);
  FloatHistogram result = is_mean_ ? cell->mean->Result() : cell->sum->Result();
  Compact(result);
  return std::make_shared<const FloatHistogram>(std::move(result));
}

}  // namespace tocsin::promql
