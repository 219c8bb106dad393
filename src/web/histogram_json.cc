#include "web/histogram_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "model/number_text.h"

namespace tocsin::web {
namespace {

struct Bucket {
  double lower = 0;
  double upper = 0;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  double count = 0;
};

// 2^(part / 2^schema) / 2. For eighths the numbers of upstream's table, which differ from the
// nearest doubles by an ulp here and there.
double BoundFraction(int64_t part, int32_t schema) {
  constexpr int32_t kTableSchema = 3;
  constexpr double kEighths[] = {0.5,
                                 0.5452538663326288,
                                 0.5946035575013605,
                                 0.6484197773255048,
                                 0.7071067811865475,
                                 0.7711054127039704,
                                 0.8408964152537144,
                                 0.9170040432046711};
  if (schema <= kTableSchema) return kEighths[part << (kTableSchema - schema)];
  const int64_t parts_per_eighth = int64_t{1} << (schema - kTableSchema);
  if (part % parts_per_eighth == 0) return kEighths[part / parts_per_eighth];
  return std::exp2(std::ldexp(static_cast<double>(part), -schema)) / 2;
}

// The upper bound of bucket `index`: base^index, base being 2^(2^-schema).
double ExponentialBound(int64_t index, int32_t schema) {
  constexpr int64_t kMaxExponent = 1024;
  int64_t exponent = 0;
  double fraction = 0.5;
  if (schema <= 0) {
    exponent = index * (int64_t{1} << std::min(-schema, 30));
  } else {
    exponent = index >> schema;
    fraction = BoundFraction(index & ((int64_t{1} << schema) - 1), schema);
  }
  // The last finite bucket ends at the largest double, as upstream's.
  if (fraction == 0.5 && exponent == kMaxExponent) return std::numeric_limits<double>::max();
  const int64_t clamped = std::clamp<int64_t>(exponent, -2000, 2000);
  return std::ldexp(fraction, static_cast<int>(clamped) + 1);
}

double CustomBound(int64_t index, const std::vector<double>& bounds) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (index < 0) return -kInfinity;
  if (index >= static_cast<int64_t>(bounds.size())) return kInfinity;
  return bounds[static_cast<size_t>(index)];
}

Bucket CustomBucket(int64_t index, double count, const std::vector<double>& bounds) {
  return {CustomBound(index - 1, bounds), CustomBound(index, bounds), index == 0, true, count};
}

Bucket ExponentialBucket(int64_t index, double count, int32_t schema, bool is_positive) {
  const double low = ExponentialBound(index - 1, schema);
  const double high = ExponentialBound(index, schema);
  if (is_positive) return {low, high, false, true, count};
  return {-high, -low, true, false, count};
}

template <typename Visit>
void ForEachCount(const std::vector<HistogramSpan>& spans, const std::vector<double>& counts,
                  const Visit& visit) {
  int64_t index = 0;
  size_t next = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < counts.size(); ++i, ++index, ++next) {
      visit(index, counts[next]);
    }
  }
}

std::vector<Bucket> BucketsOf(const FloatHistogram& histogram) {
  std::vector<Bucket> buckets;
  const double zero = histogram.zero_threshold;
  const bool is_custom = histogram.schema == FloatHistogram::kCustomBucketsSchema;
  ForEachCount(histogram.negative_spans, histogram.negative_buckets,
               [&](int64_t index, double count) {
                 Bucket bucket = ExponentialBucket(index, count, histogram.schema, false);
                 if (bucket.upper > -zero) bucket.upper = std::max(-zero, bucket.lower);
                 buckets.push_back(bucket);
               });
  std::reverse(buckets.begin(), buckets.end());
  if (histogram.zero_count > 0) buckets.push_back({-zero, zero, true, true, histogram.zero_count});
  ForEachCount(histogram.positive_spans, histogram.positive_buckets,
               [&](int64_t index, double count) {
                 if (is_custom) {
                   buckets.push_back(CustomBucket(index, count, histogram.custom_values));
                   return;
                 }
                 Bucket bucket = ExponentialBucket(index, count, histogram.schema, true);
                 if (bucket.lower < zero) bucket.lower = std::min(zero, bucket.upper);
                 buckets.push_back(bucket);
               });
  return buckets;
}

void AppendQuoted(std::string& out, double value) {
  out.push_back('"');
  AppendFloatApi(out, value);
  out.push_back('"');
}

char InclusionCode(const Bucket& bucket) {
  if (bucket.lower_inclusive) return bucket.upper_inclusive ? '3' : '1';
  return bucket.upper_inclusive ? '0' : '2';
}

}  // namespace

void AppendHistogramJson(std::string& out, const FloatHistogram& histogram) {
  out.append("{\"count\":");
  AppendQuoted(out, histogram.count);
  out.append(",\"sum\":");
  AppendQuoted(out, histogram.sum);
  std::string_view opening = ",\"buckets\":[[";
  bool has_buckets = false;
  for (const Bucket& bucket : BucketsOf(histogram)) {
    if (bucket.count == 0) continue;
    out.append(opening);
    opening = ",[";
    has_buckets = true;
    out.push_back(InclusionCode(bucket));
    for (const double number : {bucket.lower, bucket.upper, bucket.count}) {
      out.push_back(',');
      AppendQuoted(out, number);
    }
    out.push_back(']');
  }
  out.append(has_buckets ? "]}" : "}");
}

}  // namespace tocsin::web
