#include "promql/grid.h"

#include <algorithm>

namespace tocsin::promql {

void GridView::ClearRow(size_t row) const {
  std::fill_n(Present(row), words, 0);
  histograms[row].reset();
}

Grid::Grid(size_t rows, size_t steps)
    : rows_(rows),
      steps_(steps),
      values_(std::make_unique_for_overwrite<double[]>(rows * steps)),
      present_(rows * PresenceWords(steps)),
      histograms_(rows) {}

uint64_t Grid::SizeBytes(size_t rows, size_t steps) {
  const size_t row_bytes = steps * sizeof(double) + PresenceWords(steps) * sizeof(uint64_t) +
                           sizeof(std::unique_ptr<HistogramRow>);
  return rows * row_bytes;
}

Result<Grid> Grid::Make(size_t rows, size_t steps, MemoryBudget& budget) {
  const uint64_t bytes = SizeBytes(rows, steps);
  TOCSIN_RETURN_IF_ERROR(budget.Take(bytes));
  Grid grid(rows, steps);
  grid.lease_ = std::unique_ptr<MemoryBudget, ReturnBytes>(&budget, ReturnBytes{bytes});
  return grid;
}

GridView Grid::view() {
  return {rows_, steps_, PresenceWords(steps_), values_.get(), present_.data(), histograms_.data()};
}

uint64_t SampleWeight(const FloatHistogram& histogram) {
  constexpr size_t kFixedBytes = 176;  // Upstream's struct, and its timestamp.
  constexpr size_t kSampleBytes = 16;
  const size_t items = histogram.positive_spans.size() + histogram.negative_spans.size() +
                       histogram.positive_buckets.size() + histogram.negative_buckets.size() +
                       histogram.custom_values.size();
  return (kFixedBytes + items * sizeof(double)) / kSampleBytes;
}

bool KeepFloatsOnly(const GridView& grid, size_t row) {
  HistogramRow* slots = grid.Histograms(row);
  if (slots == nullptr) return false;
  bool found = false;
  for (size_t step = 0; step < grid.steps; ++step) {
    if (!(*slots)[step]) continue;
    ClearPresent(grid.Present(row), step);
    found = true;
  }
  grid.histograms[row].reset();
  return found;
}

void CopyRow(const GridView& from, size_t from_row, const GridView& to, size_t to_row) {
  std::copy_n(from.Values(from_row), from.steps, to.Values(to_row));
  std::copy_n(from.Present(from_row), from.words, to.Present(to_row));
  const HistogramRow* slots = from.Histograms(from_row);
  to.histograms[to_row] = slots != nullptr ? std::make_unique<HistogramRow>(*slots) : nullptr;
}

}  // namespace tocsin::promql
