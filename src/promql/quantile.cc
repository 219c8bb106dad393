#include "promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tocsin::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Differences up to this part of a count are rounding errors, not a broken histogram.
constexpr double kRelativeTolerance = 1e-12;

/// Where a quantile lies between two neighbours: value = low·(1 - weight) + high·weight.
struct Rank {
  size_t low;
  size_t high;
  double weight;
};

Rank RankOf(double quantile, size_t count) {
  const auto n = static_cast<double>(count);
  const double rank = quantile * (n - 1);
  const double low = std::max(0.0, std::floor(rank));
  const double high = std::min(n - 1, low + 1);
  return {static_cast<size_t>(low), static_cast<size_t>(high), rank - std::floor(rank)};
}

/// The answer where the quantile alone decides it; NaN also stands for "not decided".
bool IsOrdinary(double quantile, size_t count, double& answer) {
  answer = kNan;
  if (count == 0 || std::isnan(quantile)) return false;
  if (quantile < 0) answer = -kInfinity;
  if (quantile > 1) answer = kInfinity;
  return quantile >= 0 && quantile <= 1;
}

void MergeEqualBounds(std::vector<Bucket>& buckets) {
  size_t last = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
}

MonotonicityRepair RaiseFallingCounts(std::vector<Bucket>& buckets) {
  MonotonicityRepair repair;
  double before = buckets[0].count;
  for (size_t i = 1; i < buckets.size(); ++i) {
    const double now = buckets[i].count;
    if (now == before) continue;
    const double difference = std::abs(now - before);
    if (difference / now <= kRelativeTolerance) {
      buckets[i].count = before;
    } else if (now < before) {
      buckets[i].count = before;
      if (!repair.was_needed) repair.first_bucket = buckets[i].upper_bound;
      repair.was_needed = true;
      repair.last_bucket = buckets[i].upper_bound;
      repair.max_difference = std::max(repair.max_difference, difference);
    } else {
      before = now;
    }
  }
  return repair;
}

/// Cumulative count at `value`, linear inside a bucket whose bounds are known.
double RankAt(double value, const std::vector<Bucket>& buckets) {
  double rank = 0;
  double lower = buckets[0].upper_bound > 0 ? 0 : -kInfinity;
  for (const Bucket& bucket : buckets) {
    if (lower >= value) return rank;
    if (value < bucket.upper_bound) {
      if (std::isinf(lower)) return bucket.upper_bound <= 0 ? bucket.count : rank;
      if (std::isinf(bucket.upper_bound)) return rank;
      return rank + (bucket.count - rank) * (value - lower) / (bucket.upper_bound - lower);
    }
    rank = bucket.count;
    lower = bucket.upper_bound;
  }
  return rank;
}

}  // namespace

bool QuantileLess(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

double QuantileOfSorted(double quantile, std::span<const double> sorted) {
  double answer;
  if (!IsOrdinary(quantile, sorted.size(), answer)) return answer;
  const Rank rank = RankOf(quantile, sorted.size());
  return sorted[rank.low] * (1 - rank.weight) + sorted[rank.high] * rank.weight;
}

double QuantileOf(double quantile, std::vector<double>& values) {
  double answer;
  if (!IsOrdinary(quantile, values.size(), answer)) return answer;
  const Rank rank = RankOf(quantile, values.size());
  const auto low = values.begin() + static_cast<ptrdiff_t>(rank.low);
  std::nth_element(values.begin(), low, values.end(), QuantileLess);
  const double high =
      rank.high == rank.low ? *low : *std::min_element(low + 1, values.end(), QuantileLess);
  return *low * (1 - rank.weight) + high * rank.weight;
}

double BucketQuantile(double quantile, std::vector<Bucket>& buckets, MonotonicityRepair& repair) {
  repair = {};
  double answer;
  if (!IsOrdinary(quantile, buckets.size(), answer)) return answer;
  if (buckets.back().upper_bound != kInfinity) return kNan;
  MergeEqualBounds(buckets);
  const MonotonicityRepair needed = RaiseFallingCounts(buckets);
  if (buckets.size() < 2 || buckets.back().count == 0) return kNan;
  repair = needed;

  double rank = quantile * buckets.back().count;
  size_t b = 0;
  while (b < buckets.size() - 1 && !(buckets[b].count >= rank)) ++b;
  if (b == buckets.size() - 1) return buckets[b - 1].upper_bound;
  if (b == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double start = 0;
  double count = buckets[b].count;
  if (b > 0) {
    start = buckets[b - 1].upper_bound;
    count -= buckets[b - 1].count;
    rank -= buckets[b - 1].count;
  }
  return start + (buckets[b].upper_bound - start) * (rank / count);
}

double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (buckets.empty() || buckets.back().upper_bound != kInfinity) return kNan;
  MergeEqualBounds(buckets);
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  const double lower_rank = std::min(RankAt(lower, buckets), count);
  const double upper_rank = upper == kInfinity ? count : std::min(RankAt(upper, buckets), count);
  return (upper_rank - lower_rank) / count;
}

}  // namespace tocsin::promql
