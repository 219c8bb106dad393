#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::exposition {

/// Collects the series of one classic histogram and makes a native histogram with custom buckets of
/// them (NHCB). What cannot be one (counts that fall, negative ones) is found when it is made.
/// Reused from histogram to histogram. Confined to a thread.
class ClassicHistogram {
 public:
  enum class Kind : uint8_t { kInvalid, kInteger, kFloat };

  void Clear();
  /// A cumulative bucket, in any order; of equal bounds the first counts.
  void AddBucket(double upper_bound, double count);
  void SetCount(double count);
  void SetSum(double sum) { sum_ = sum; }

  /// Fills the one that suits: float counts where any is no whole number. kInvalid: neither.
  Kind Build(Histogram& histogram, FloatHistogram& float_histogram);

 private:
  struct Bucket {
    double upper_bound;
    double count;
  };

  bool CloseBuckets();
  void BuildInteger(Histogram& histogram) const;
  void BuildFloat(FloatHistogram& histogram) const;

  std::vector<Bucket> buckets_;  // By bound.
  double count_ = 0;
  double sum_ = 0;
  bool has_count_ = false;
  bool is_invalid_ = false;
};

}  // namespace tocsin::exposition
