#include "model/float_histogram_trim.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"

namespace tocsin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What is left of a bucket, and where it is taken to be for the sum.
struct Part {
  double count;
  double middle;
};

double OrZero(double bound) { return std::isinf(bound) ? 0 : bound; }

class Trimming {
 public:
  Trimming(const FloatHistogram& histogram, double limit, TrimKeeps keeps)
      : trimmed_(histogram),
        limit_(limit),
        keeps_below_(keeps == TrimKeeps::kBelow),
        is_linear_(UsesCustomBuckets(histogram)) {}

  FloatHistogram Run() {
    const bool has_positive = TrimSide(trimmed_.positive_buckets, true);
    const bool has_negative = TrimSide(trimmed_.negative_buckets, false);
    if (trimmed_.zero_count > 0) {
      Keep(ZeroPart(has_positive, has_negative), trimmed_.zero_count);
    }
    if (has_changed_) {
      trimmed_.count = count_;
      trimmed_.sum = sum_;
      Compact(trimmed_);
    }
    return std::move(trimmed_);
  }

 private:
  /// Whether any bucket of the side was populated.
  bool TrimSide(std::vector<double>& counts, bool is_positive) {
    const std::vector<HistogramBucket> buckets = BucketsOf(trimmed_, is_positive);
    bool has_any = false;
    for (size_t i = 0; i < buckets.size(); ++i) {
      if (buckets[i].count == 0) continue;
      has_any = true;
      Keep(PartOf(buckets[i], is_positive), counts[i]);
    }
    return has_any;
  }

  void Keep(const Part& part, double& count) {
    count_ += part.count;
    if (part.count != 0) sum_ += part.middle * part.count;
    has_changed_ |= count != part.count;
    count = part.count;
  }

  Part PartOf(const HistogramBucket& bucket, bool is_positive) const {
    const bool is_inside = keeps_below_ ? bucket.upper <= limit_ : bucket.lower >= limit_;
    if (is_inside) return {bucket.count, Middle(bucket.lower, bucket.upper, is_positive)};
    const bool is_cut = keeps_below_ ? bucket.lower < limit_ : bucket.upper > limit_;
    if (!is_cut) return {0, 0};
    if (bucket.lower == -kInfinity) return PartOfLowest(bucket);
    if (bucket.upper == kInfinity) return PartOfHighest(bucket);
    const double below = CountBelow(bucket, is_positive);
    if (keeps_below_) return {below, Middle(bucket.lower, limit_, is_positive)};
    return {bucket.count - below, Middle(limit_, bucket.upper, is_positive)};
  }

  /// Of a bucket without a lower end, which custom buckets have. With an upper bound above zero it
  /// is taken to begin at zero.
  Part PartOfLowest(const HistogramBucket& bucket) const {
    const bool begins_at_zero = bucket.upper > 0 && bucket.upper != kInfinity;
    if (keeps_below_) {
      if (limit_ > 0 && begins_at_zero) {
        return {bucket.count * limit_ / bucket.upper, limit_ / 2};
      }
      if (bucket.upper <= 0) return {bucket.count, limit_};
      return {0, OrZero(bucket.upper)};
    }
    if (limit_ >= 0 && bucket.upper > limit_ && bucket.upper != kInfinity) {
      return {bucket.count * (1 - limit_ / bucket.upper), (limit_ + bucket.upper) / 2};
    }
    return {0, OrZero(bucket.upper)};
  }

  Part PartOfHighest(const HistogramBucket& bucket) const {
    if (!keeps_below_ && limit_ >= bucket.lower) return {bucket.count, limit_};
    return {0, OrZero(bucket.lower)};
  }

  double CountBelow(const HistogramBucket& bucket, bool is_positive) const {
    if (is_linear_) {
      return bucket.count * ((limit_ - bucket.lower) / (bucket.upper - bucket.lower));
    }
    const double log_lower = std::log2(std::abs(bucket.lower));
    const double log_upper = std::log2(std::abs(bucket.upper));
    const double log_limit = std::log2(std::abs(limit_));
    const double fraction = is_positive ? (log_limit - log_lower) / (log_upper - log_lower)
                                        : 1 - (log_limit - log_upper) / (log_lower - log_upper);
    return bucket.count * fraction;
  }

  double Middle(double lower, double upper, bool is_positive) const {
    if (std::isinf(lower)) {
      if (std::isinf(upper)) return 0;
      return upper > 0 ? upper / 2 : upper;
    }
    if (std::isinf(upper)) return lower;
    if (is_linear_) return (lower + upper) / 2;
    const double middle = std::sqrt(std::abs(lower * upper));
    return is_positive ? middle : -middle;
  }

  /// The zero bucket reaches only to zero on a side where no other buckets are.
  Part ZeroPart(bool has_positive, bool has_negative) const {
    const double count = trimmed_.zero_count;
    const double lower = has_positive && !has_negative ? 0 : -trimmed_.zero_threshold;
    const double upper = has_negative && !has_positive ? 0 : trimmed_.zero_threshold;
    const Part whole{count, (lower + upper) / 2};
    if (limit_ <= lower) return keeps_below_ ? Part{0, 0} : whole;
    if (limit_ >= upper) return keeps_below_ ? whole : Part{0, 0};
    if (keeps_below_) {
      return {count * ((limit_ - lower) / (upper - lower)), (lower + limit_) / 2};
    }
    return {count * ((upper - limit_) / (upper - lower)), (limit_ + upper) / 2};
  }

  FloatHistogram trimmed_;
  const double limit_;
  const bool keeps_below_;
  const bool is_linear_;
  double count_ = 0;
  double sum_ = 0;
  bool has_changed_ = false;
};

}  // namespace

FloatHistogram Trim(const FloatHistogram& histogram, double limit, TrimKeeps keeps) {
  return Trimming(histogram, limit, keeps).Run();
}

}  // namespace tocsin
