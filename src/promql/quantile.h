#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tocsin::promql {

/// The order of values in quantiles: NaN below everything.
bool QuantileLess(double a, double b);

/// The `quantile` of values in that order, linear between neighbours: -Inf below 0, +Inf above 1,
/// NaN for a NaN quantile or no values.
double QuantileOfSorted(double quantile, std::span<const double> sorted);

/// The same for values in any order, which it reorders.
double QuantileOf(double quantile, std::vector<double>& values);

/// A cumulative bucket of a classic histogram.
struct Bucket {
  double upper_bound = 0;
  double count = 0;
};

/// What BucketQuantile had to do to counts that fell from one bucket to the next.
struct MonotonicityRepair {
  bool was_needed = false;
  double first_bucket = 0;
  double last_bucket = 0;
  double max_difference = 0;
};

/// The `quantile` of a classic histogram, linear inside a bucket. `buckets` are sorted by bound;
/// equal bounds are merged, falling counts raised. NaN without observations, without a +Inf bucket,
/// or with fewer than two buckets; the second highest bound when the quantile is in the highest
/// bucket.
double BucketQuantile(double quantile, std::vector<Bucket>& buckets, MonotonicityRepair& repair);

/// The fraction of observations between the bounds, of buckets as above.
double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace tocsin::promql
