#include "exposition/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exposition/histogram_buckets.h"

namespace tocsin::exposition {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMaxWholeNumber = 9223372036854775808.0;  // 2^63, beyond which int64_t ends.

bool IsWhole(double count) { return count < kMaxWholeNumber && count == std::trunc(count); }

}  // namespace

void ClassicHistogram::Clear() {
  buckets_.clear();
  count_ = sum_ = 0;
  has_count_ = is_invalid_ = false;
}

void ClassicHistogram::AddBucket(double upper_bound, double count) {
  if (is_invalid_) return;
  if (std::isnan(upper_bound) || count < 0) {
    is_invalid_ = true;
    return;
  }
  const auto next = std::lower_bound(
      buckets_.begin(), buckets_.end(), upper_bound,
      [](const Bucket& bucket, double bound) { return bucket.upper_bound < bound; });
  if (next != buckets_.end() && next->upper_bound == upper_bound) return;
  const bool falls_here = next != buckets_.begin() && count < std::prev(next)->count;
  const bool falls_next = next != buckets_.end() && count > next->count;
  if (falls_here || falls_next) {
    is_invalid_ = true;
    return;
  }
  buckets_.insert(next, {upper_bound, count});
}

void ClassicHistogram::SetCount(double count) {
  if (is_invalid_) return;
  is_invalid_ = count < 0;
  count_ = count;
  has_count_ = true;
}

// Supplies what the page left out: the count, the bucket that holds everything.
bool ClassicHistogram::CloseBuckets() {
  if (is_invalid_ || (!has_count_ && buckets_.empty())) return false;
  if (!has_count_) count_ = buckets_.back().count;
  if (buckets_.empty() || buckets_.back().upper_bound != kInfinity) {
    buckets_.push_back({kInfinity, count_});
  }
  return buckets_.back().count == count_;
}

ClassicHistogram::Kind ClassicHistogram::Build(Histogram& histogram,
                                               FloatHistogram& float_histogram) {
  if (!CloseBuckets()) return Kind::kInvalid;
  const bool is_integer =
      IsWhole(count_) && std::all_of(buckets_.begin(), buckets_.end(),
                                     [](const Bucket& bucket) { return IsWhole(bucket.count); });
  if (is_integer) {
    BuildInteger(histogram);
    return Validate(histogram) ? Kind::kInteger : Kind::kInvalid;
  }
  BuildFloat(float_histogram);
  return Validate(float_histogram) ? Kind::kFloat : Kind::kInvalid;
}

void ClassicHistogram::BuildInteger(Histogram& histogram) const {
  histogram = {};
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.count = static_cast<uint64_t>(count_);
  histogram.sum = sum_;
  histogram.positive_spans = {{0, static_cast<uint32_t>(buckets_.size())}};
  int64_t before = 0;
  int64_t last_count = 0;
  for (const Bucket& bucket : buckets_) {
    const int64_t count = static_cast<int64_t>(bucket.count) - before;
    histogram.positive_deltas.push_back(count - last_count);
    last_count = count;
    before = static_cast<int64_t>(bucket.count);
    if (bucket.upper_bound != kInfinity) histogram.custom_values.push_back(bucket.upper_bound);
  }
  // Upstream keeps up to two empty buckets rather than begin another span.
  CompactBuckets(histogram, 2);
}

void ClassicHistogram::BuildFloat(FloatHistogram& histogram) const {
  histogram = {};
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.count = count_;
  histogram.sum = sum_;
  histogram.positive_spans = {{0, static_cast<uint32_t>(buckets_.size())}};
  double before = 0;
  for (const Bucket& bucket : buckets_) {
    histogram.positive_buckets.push_back(bucket.count - before);
    before = bucket.count;
    if (bucket.upper_bound != kInfinity) histogram.custom_values.push_back(bucket.upper_bound);
  }
  CompactBuckets(histogram, 0);
}

}  // namespace tocsin::exposition
