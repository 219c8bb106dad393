#pragma once

#include <vector>

#include "model/float_histogram.h"
#include "model/float_histogram_arithmetic.h"
#include "promql/kahan.h"

namespace tocsin::promql {

/// Adds up native histograms, each count with a compensation of its own, as upstream does. Value
/// type.
class HistogramSum {
 public:
  explicit HistogramSum(const FloatHistogram& first);

  /// False, and nothing changed, for a histogram of the other kind (exponential or custom buckets).
  bool Add(const FloatHistogram& histogram);

  /// Scales sums and compensations.
  void Multiply(double factor);
  void Divide(double divisor);

  bool HasOverflow() const;

  /// Sums and compensations together. Empty buckets are still there.
  FloatHistogram Result() const;

  /// Some histogram said "reset", another "not reset".
  bool has_hint_collision() const { return saw_reset_ && saw_not_reset_; }
  /// Custom bounds differed.
  bool reconciled_bounds() const { return reconciled_bounds_; }

 private:
  /// The buckets of one side.
  struct Side {
    std::vector<HistogramSpan> spans;
    std::vector<double> sums;
    std::vector<double> rests;
  };
  struct Cell {
    int32_t index;
    KahanSum sum;
  };
  using Cells = std::vector<Cell>;

  static Cells CellsOf(const Side& side);
  static void Store(const Cells& cells, Side& side);
  template <typename NewIndex>
  static void Reindex(Side& side, NewIndex new_index);
  static void AddSameLayout(const std::vector<double>& counts, Side& side);

  void NoteHint(CounterResetHint hint);
  void AddCustom(const FloatHistogram& histogram);
  void AddExponential(const FloatHistogram& histogram);
  void AddSide(const FloatHistogram& histogram, bool is_positive, Side& side);
  void WidenZeroBucket(double threshold);
  void SwallowBuckets(bool is_positive, Side& side);
  template <typename Change>
  void ChangeAll(Change change);

  FloatHistogram layout_;  ///< Schema, threshold, bounds and hint; no counts.
  KahanSum zero_count_;
  KahanSum count_;
  KahanSum sum_;
  Side positive_;
  Side negative_;
  bool saw_reset_ = false;
  bool saw_not_reset_ = false;
  bool reconciled_bounds_ = false;
};

/// The mean of native histograms: their sum divided by their number, and from where that would
/// overflow a running mean. Value type.
class HistogramMean {
 public:
  explicit HistogramMean(const FloatHistogram& first) : sum_(first) {}
  /// As HistogramSum::Add.
  bool Add(const FloatHistogram& histogram);
  FloatHistogram Result() const;
  bool has_hint_collision() const { return sum_.has_hint_collision(); }
  bool reconciled_bounds() const { return sum_.reconciled_bounds(); }

 private:
  HistogramSum sum_;
  double count_ = 1;
  bool is_running_ = false;
};

}  // namespace tocsin::promql
