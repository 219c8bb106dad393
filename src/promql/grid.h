#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "promql/presence.h"
#include "promql/result.h"

namespace tocsin::promql {

/// The histograms of one row, one slot a step; null where there is none.
using HistogramRow = std::vector<HistogramPtr>;

/// A window on rows of a Grid. A step of a row is absent, a float (its value) or a histogram (its
/// slot is set; the value means nothing). Values of absent steps are unspecified. Borrowed.
struct GridView {
  size_t rows = 0;
  size_t steps = 0;
  size_t words = 0;  ///< Of presence, a row.
  double* values = nullptr;
  uint64_t* present = nullptr;
  std::unique_ptr<HistogramRow>* histograms =
      nullptr;  ///< One a row; null: the row has only floats.

  double* Values(size_t row) const { return values + row * steps; }
  uint64_t* Present(size_t row) const { return present + row * words; }
  HistogramRow* Histograms(size_t row) const { return histograms[row].get(); }
  HistogramRow& EnsureHistograms(size_t row) const {
    if (!histograms[row]) histograms[row] = std::make_unique<HistogramRow>(steps);
    return *histograms[row];
  }
  const HistogramPtr* HistogramAt(size_t row, size_t step) const {
    const HistogramRow* slots = Histograms(row);
    return slots != nullptr && (*slots)[step] ? &(*slots)[step] : nullptr;
  }
  GridView Rows(size_t first, size_t count) const {
    return {
        count, steps, words, values + first * steps, present + first * words, histograms + first};
  }
  /// Makes every step of a row absent.
  void ClearRow(size_t row) const;
};

/// Values of many series at all steps, row by row. Confined to a thread, but different rows may be
/// written by different threads.
class Grid {
 public:
  Grid() = default;
  /// All absent.
  Grid(size_t rows, size_t steps);

  /// The same, taking what it needs from `budget` (kTooLarge if it has too little) until destroyed.
  static Result<Grid> Make(size_t rows, size_t steps, MemoryBudget& budget);
  static uint64_t SizeBytes(size_t rows, size_t steps);

  GridView view();
  /// For reading: the pointers of a view are not const so that one type serves both.
  GridView view() const { return const_cast<Grid*>(this)->view(); }
  size_t rows() const { return rows_; }
  size_t steps() const { return steps_; }

 private:
  struct ReturnBytes {
    uint64_t bytes;
    void operator()(MemoryBudget* budget) const { budget->Release(bytes); }
  };

  size_t rows_ = 0;
  size_t steps_ = 0;
  std::unique_ptr<double[]> values_;  // Not initialised: only present steps are read.
  std::vector<uint64_t> present_;
  std::vector<std::unique_ptr<HistogramRow>> histograms_;
  std::unique_ptr<MemoryBudget, ReturnBytes> lease_;
};

/// How many samples a native histogram counts as against the query's limit: as upstream, one for
/// each 16 bytes that it takes there.
uint64_t SampleWeight(const FloatHistogram& histogram);

/// Removes the histograms of a row, leaving its floats. Returns whether there were any.
bool KeepFloatsOnly(const GridView& grid, size_t row);

/// Copies a row, histograms too.
void CopyRow(const GridView& from, size_t from_row, const GridView& to, size_t to_row);

}  // namespace tocsin::promql
