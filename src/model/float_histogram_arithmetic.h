#pragma once

#include "model/float_histogram.h"

namespace tocsin {

/// What adding or subtracting two histograms brought to light. Unless they are compatible nothing
/// was changed.
struct MergeOutcome {
  bool is_compatible = true;        ///< Both exponential or both with custom buckets.
  bool has_hint_collision = false;  ///< One side says "reset", the other "not reset".
  bool reconciled_bounds = false;   ///< Custom bounds differed; those they share are left.
};

/// histogram += other. Resolution and zero bucket become the coarser and wider of both. Buckets
/// that become empty stay, see Compact.
MergeOutcome Add(FloatHistogram& histogram, const FloatHistogram& other);
/// histogram -= other, with the hint as Add leaves it.
MergeOutcome Subtract(FloatHistogram& histogram, const FloatHistogram& other);

/// Scales everything. A negative factor makes a gauge.
void Multiply(FloatHistogram& histogram, double factor);
/// Division by zero leaves no buckets but the zero bucket.
void Divide(FloatHistogram& histogram, double divisor);

/// Removes empty buckets.
void Compact(FloatHistogram& histogram);

/// Reduces an exponential histogram to a coarser or equal schema.
void ReduceResolution(FloatHistogram& histogram, int32_t schema);

/// Widens the zero buckets of both until they agree, at a threshold that cuts through no populated
/// bucket of either. Changes `histogram`; returns the zero count that `other` would have.
double ReconcileZeroBuckets(FloatHistogram& histogram, const FloatHistogram& other);

/// The hint of a sum of histograms with these two; sets `collides` for "reset" with "not reset".
CounterResetHint MergeHints(CounterResetHint a, CounterResetHint b, bool& collides);

/// The bounds that both lists have.
std::vector<double> SharedBounds(const std::vector<double>& a, const std::vector<double>& b);

/// The index in `target` bounds, which are some of `bounds`, of custom bucket `index`.
int32_t IndexAmongBounds(int32_t index, const std::vector<double>& bounds,
                         const std::vector<double>& target);

/// The index that bucket `index` has `coarser` schemas down.
constexpr int32_t CoarserIndex(int32_t index, int32_t coarser) {
  return ((index - 1) >> coarser) + 1;
}

/// Whether some count or the sum is infinite.
bool HasOverflow(const FloatHistogram& histogram);

}  // namespace tocsin
