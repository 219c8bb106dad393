#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "promql/aggregation.h"
#include "promql/annotations.h"
#include "promql/histogram_sum.h"

namespace tocsin::promql {

/// The native histograms of sum and avg: groups × steps sums that are only there where histograms
/// are. Confined to a thread at a time.
class HistogramCells {
 public:
  /// `is_mean`: avg, else sum. `position` is where annotations point.
  HistogramCells(size_t groups, size_t steps, bool is_mean, PositionRange position);

  /// Adds one; `metric_name` is for the warning about what does not fit together.
  void Add(size_t group, size_t step, const FloatHistogram& histogram,
           std::string_view metric_name);

  /// Whether histograms came to a cell, fitting or not.
  bool HasAny(size_t group, size_t step) const { return cells_[group * steps_ + step] != nullptr; }

  /// The compacted result; null where histograms did not fit together.
  HistogramPtr Finish(size_t group, size_t step);

  const Annotations& annotations() const { return annotations_; }

 private:
  struct Cell {
    std::optional<HistogramSum> sum;
    std::optional<HistogramMean> mean;
    bool is_compatible = true;
  };

  const size_t steps_;
  const bool is_mean_;
  const PositionRange position_;
  std::vector<std::unique_ptr<Cell>> cells_;
  Annotations annotations_;
};

}  // namespace tocsin::promql
