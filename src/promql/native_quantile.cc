#include "promql/native_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tocsin::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The zero bucket begins or ends at zero where the histogram has buckets on one side only.
void CutToOneSide(const FloatHistogram& histogram, HistogramBucket& bucket) {
  if (histogram.negative_buckets.empty() && !histogram.positive_buckets.empty()) bucket.lower = 0;
  if (histogram.positive_buckets.empty() && !histogram.negative_buckets.empty()) bucket.upper = 0;
}

/// The bucket that holds a rank, counted from the end that the search began at.
struct Found {
  HistogramBucket bucket;
  double count = 0;  ///< Up to and with the bucket.
  size_t visited = 0;
};

template <typename Iterator>
Found FindRank(Iterator begin, Iterator end, double rank) {
  Found found;
  for (; begin != end; ++begin) {
    found.bucket = *begin;
    ++found.visited;
    if (begin->count == 0) continue;
    found.count += begin->count;
    if (found.count >= rank) break;
  }
  return found;
}

double InterpolateInBucket(const HistogramBucket& bucket, double fraction, bool is_custom) {
  if (is_custom || (bucket.lower <= 0 && bucket.upper >= 0)) {
    return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  }
  const double log_lower = std::log2(std::abs(bucket.lower));
  const double log_upper = std::log2(std::abs(bucket.upper));
  if (bucket.lower > 0) return std::exp2(log_lower + (log_upper - log_lower) * fraction);
  return -std::exp2(log_upper + (log_lower - log_upper) * (1 - fraction));
}

/// Counts up the ranks of two bounds.
class FractionSearch {
 public:
  FractionSearch(const FloatHistogram& histogram, double lower, double upper)
      : histogram_(histogram),
        is_custom_(UsesCustomBuckets(histogram)),
        lower_{lower, 0, false},
        upper_{upper, 0, false} {}

  /// Whether both are found.
  bool Visit(HistogramBucket bucket) {
    const bool is_zero = bucket.lower <= 0 && bucket.upper >= 0;
    if (is_zero) CutToOneSide(histogram_, bucket);
    for (Bound* bound : {&lower_, &upper_}) {
      if (!bound->is_set && bucket.lower >= bound->value) Set(*bound, rank_);
    }
    for (Bound* bound : {&lower_, &upper_}) {
      if (bound->is_set || !(bucket.lower < bound->value && bucket.upper > bound->value)) continue;
      Set(*bound, RankInside(bucket, bound->value, is_zero));
    }
    if (lower_.is_set && upper_.is_set) return true;
    rank_ += bucket.count;
    return false;
  }

  double Fraction(double count) const {
    const double low = lower_.is_set ? std::min(lower_.rank, count) : count;
    const double high = upper_.is_set ? std::min(upper_.rank, count) : count;
    return (high - low) / histogram_.count;
  }

 private:
  struct Bound {
    double value;
    double rank;
    bool is_set;
  };

  static void Set(Bound& bound, double rank) {
    bound.rank = rank;
    bound.is_set = true;
  }

  double RankInside(const HistogramBucket& bucket, double value, bool is_zero) const {
    if (is_custom_ || is_zero) {
      if (bucket.lower == -kInfinity) return bucket.count;
      return rank_ + bucket.count * (value - bucket.lower) / (bucket.upper - bucket.lower);
    }
    const double log_lower = std::log2(std::abs(bucket.lower));
    const double log_upper = std::log2(std::abs(bucket.upper));
    const double log_value = std::log2(std::abs(value));
    const double fraction = value > 0 ? (log_value - log_lower) / (log_upper - log_lower)
                                      : 1 - (log_value - log_upper) / (log_lower - log_upper);
    return rank_ + bucket.count * fraction;
  }

  const FloatHistogram& histogram_;
  const bool is_custom_;
  Bound lower_;
  Bound upper_;
  double rank_ = 0;
};

}  // namespace

NativeAnswer NativeQuantile(double quantile, const FloatHistogram& histogram,
                            std::vector<HistogramBucket>& scratch) {
  if (quantile < 0) return {-kInfinity};
  if (quantile > 1) return {kInfinity};
  if (histogram.count == 0 || std::isnan(quantile)) return {kNan};
  ListBuckets(histogram, scratch);
  const bool is_custom = UsesCustomBuckets(histogram);
  const bool has_nan_sum = std::isnan(histogram.sum);
  // From the nearer end; NaN observations count as if above all buckets, so then from below.
  const bool is_forward = has_nan_sum || quantile < 0.5;
  double rank = (is_forward ? quantile : 1 - quantile) * histogram.count;
  Found found = is_forward ? FindRank(scratch.begin(), scratch.end(), rank)
                           : FindRank(scratch.rbegin(), scratch.rend(), rank);
  HistogramBucket& bucket = found.bucket;
  if (is_custom) {
    if (bucket.lower == -kInfinity) {
      if (bucket.upper <= 0) return {bucket.upper};
      bucket.lower = 0;
    } else if (bucket.upper == kInfinity) {
      return {bucket.lower};
    }
  } else if (bucket.lower < 0 && bucket.upper > 0) {
    CutToOneSide(histogram, bucket);
  }
  const double count = std::min(found.count, histogram.count);
  if (count < rank) {
    if (has_nan_sum) return {kNan, NanEffect::kIsNan};
    return {bucket.upper};
  }
  rank = is_forward ? rank - (count - bucket.count) : count - rank;
  NativeAnswer answer{InterpolateInBucket(bucket, rank / bucket.count, is_custom)};
  if (has_nan_sum) {
    double total = count;
    for (size_t i = found.visited; i < scratch.size(); ++i) total += scratch[i].count;
    if (total < histogram.count) answer.nan_effect = NanEffect::kSkewed;
  }
  return answer;
}

NativeAnswer NativeFraction(double lower, double upper, const FloatHistogram& histogram,
                            std::vector<HistogramBucket>& scratch) {
  if (histogram.count == 0 || std::isnan(lower) || std::isnan(upper)) return {kNan};
  if (lower >= upper) return {0};
  ListBuckets(histogram, scratch);
  FractionSearch search(histogram, lower, upper);
  for (const HistogramBucket& bucket : scratch) {
    if (search.Visit(bucket)) break;
  }
  if (!std::isnan(histogram.sum)) return {search.Fraction(histogram.count)};
  // NaN observations are counted but in no bucket.
  double count = 0;
  for (const HistogramBucket& bucket : scratch) count += bucket.count;
  return {search.Fraction(count), count < histogram.count ? NanEffect::kSkewed : NanEffect::kNone};
}

}  // namespace tocsin::promql
