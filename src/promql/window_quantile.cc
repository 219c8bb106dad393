#include <algorithm>
#include <cmath>

#include "promql/quantile.h"
#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

/// The values of a moving window in order. A step that moves by a few samples costs a few binary
/// searches and block moves instead of sorting the window again.
class SortedWindow {
 public:
  SortedWindow(const WindowInput& input, std::vector<double>& sorted)
      : input_(input), sorted_(sorted) {
    sorted_.clear();
  }

  std::span<const double> At(size_t step) {
    const uint32_t first = input_.first[step];
    const uint32_t last = input_.last[step];
    const uint32_t moved = (first - first_) + (last - last_);
    if (first >= last_ || moved > sorted_.size() / kSortedPerMove) {
      Sort(first, last);
    } else {
      for (uint32_t i = first_; i < first; ++i) sorted_.erase(Find(input_.values[i]));
      for (uint32_t i = last_; i < last; ++i) {
        const double value = input_.values[i];
        sorted_.insert(Find(value), value);
      }
    }
    first_ = first;
    last_ = last;
    return sorted_;
  }

 private:
  // Sorting n values costs about n·log2(n) steps, a move about n/8 (it copies 8 values at once).
  static constexpr size_t kSortedPerMove = 4;

  std::vector<double>::iterator Find(double value) {
    return std::lower_bound(sorted_.begin(), sorted_.end(), value, QuantileLess);
  }
  void Sort(uint32_t first, uint32_t last) {
    sorted_.assign(input_.values.begin() + first, input_.values.begin() + last);
    std::sort(sorted_.begin(), sorted_.end(), QuantileLess);
  }

  const WindowInput& input_;
  std::vector<double>& sorted_;
  uint32_t first_ = 0;
  uint32_t last_ = 0;
};

}  // namespace

Status QuantileOverTime(const WindowInput& input, const GridView& out, size_t row,
                        BatchState& state) {
  NoteIgnoredHistograms(input, state);
  const std::vector<double>& quantiles = input.scalars[0];
  SortedWindow window(input, state.sorted);
  FillFloats(input, out, row, 1, [&](size_t step) {
    const double quantile = quantiles[step];
    if (!(quantile >= 0 && quantile <= 1)) {
      state.annotations.AddWarning(InvalidQuantileText(quantile), input.position);
    }
    return QuantileOfSorted(quantile, window.At(step));
  });
  return {};
}

Status MadOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  constexpr double kMedian = 0.5;
  NoteIgnoredHistograms(input, state);
  SortedWindow window(input, state.sorted);
  std::vector<double> deviations;
  FillFloats(input, out, row, 1, [&](size_t step) {
    const std::span<const double> sorted = window.At(step);
    if (std::isnan(sorted[0])) return sorted[0];  // NaN is first in the order.
    const double median = QuantileOfSorted(kMedian, sorted);
    deviations.assign(sorted.begin(), sorted.end());
    for (double& value : deviations) value = std::abs(value - median);
    return QuantileOf(kMedian, deviations);
  });
  return {};
}

}  // namespace tocsin::promql
