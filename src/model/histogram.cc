#include "model/histogram.h"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "model/number_text.h"

namespace tocsin {
namespace {

std::vector<double> Accumulate(const std::vector<int64_t>& deltas) {
  std::vector<double> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;  // Wraps, as Go's: deltas may come from a peer.
  for (const int64_t delta : deltas) {
    count += static_cast<uint64_t>(delta);
    counts.push_back(static_cast<double>(static_cast<int64_t>(count)));
  }
  return counts;
}

// The texts of upstream's model/histogram/generic.go: users meet them in scrape errors.
constexpr std::string_view kNegativeBucketCount =
    "histogram has a bucket whose observation count is negative";
constexpr std::string_view kSpanNegativeOffset = "histogram has a span whose offset is negative";
constexpr std::string_view kSpansBucketsMismatch =
    "histogram spans specify different number of buckets than provided";

template <typename... Args>
Error Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

/// Go's %f.
std::string Fixed6(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:f}", value);
}

Status CheckBucketNumber(uint64_t need, size_t have) {
  if (need == have) return {};
  return Invalid("spans need {} buckets, have {} buckets: {}", need, have, kSpansBucketsMismatch);
}

Status CheckSpans(std::span<const HistogramSpan> spans, size_t bucket_count) {
  uint64_t need = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) {
      return Invalid("span number {} with offset {}: {}", i + 1, spans[i].offset,
                     kSpanNegativeOffset);
    }
    need += spans[i].length;
  }
  return CheckBucketNumber(need, bucket_count);
}

Status CheckBoundsRise(std::span<const double> bounds) {
  double previous = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) return Invalid("histogram custom bounds must not be NaN");
    if (i > 0 && bounds[i] <= previous) {
      return Invalid(
          "previous bound is {} and current is {}: histogram custom bounds must be in strictly "
          "increasing order",
          Fixed6(previous), Fixed6(bounds[i]));
    }
    previous = bounds[i];
  }
  if (previous == std::numeric_limits<double>::infinity()) {
    return Invalid(
        "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite");
  }
  return {};
}

Status CheckCustomBuckets(std::span<const double> bounds, std::span<const HistogramSpan> spans,
                          size_t bucket_count) {
  TOCSIN_RETURN_IF_ERROR(CheckBoundsRise(bounds));
  uint64_t need = 0;
  uint64_t total_length = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0) {
      return Invalid("span number {} with offset {}: {}", i + 1, spans[i].offset,
                     kSpanNegativeOffset);
    }
    need += spans[i].length;
    total_length += uint64_t{spans[i].length} + static_cast<uint64_t>(spans[i].offset);
  }
  TOCSIN_RETURN_IF_ERROR(CheckBucketNumber(need, bucket_count));
  if (bounds.size() + 1 < total_length) {
    return Invalid(
        "only {} custom bounds defined which is insufficient to cover total span length of {}: "
        "histogram custom bounds are too few",
        bounds.size(), total_length);
  }
  return {};
}

Status CheckDeltas(std::span<const int64_t> deltas, uint64_t& sum) {
  uint64_t last = 0;
  for (size_t i = 0; i < deltas.size(); ++i) {
    last += static_cast<uint64_t>(deltas[i]);
    if (static_cast<int64_t>(last) < 0) {
      return Invalid("bucket number {} has observation count of {}: {}", i + 1,
                     static_cast<int64_t>(last), kNegativeBucketCount);
    }
    sum += last;
  }
  return {};
}

Status CheckCounts(std::span<const double> counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      return Invalid("bucket number {} has observation count of {}: {}", i + 1,
                     FormatFloatGeneral(counts[i]), kNegativeBucketCount);
    }
  }
  return {};
}

Status In(std::string_view place, const Status& status) {
  if (status) return {};
  return status.error().WithContext(place);
}

template <typename AnyHistogram>
Status CheckCustomSchema(const AnyHistogram& histogram, size_t positive_count,
                         size_t negative_count) {
  TOCSIN_RETURN_IF_ERROR(
      In("custom buckets",
         CheckCustomBuckets(histogram.custom_values, histogram.positive_spans, positive_count)));
  if (histogram.zero_count != 0) return Invalid("custom buckets: must have zero count of 0");
  if (histogram.zero_threshold != 0) {
    return Invalid("custom buckets: must have zero threshold of 0");
  }
  if (!histogram.negative_spans.empty()) {
    return Invalid("custom buckets: must not have negative spans");
  }
  if (negative_count > 0) return Invalid("custom buckets: must not have negative buckets");
  return {};
}

template <typename AnyHistogram>
Status CheckExponentialSpans(const AnyHistogram& histogram, size_t positive_count,
                             size_t negative_count) {
  TOCSIN_RETURN_IF_ERROR(In("positive side", CheckSpans(histogram.positive_spans, positive_count)));
  return In("negative side", CheckSpans(histogram.negative_spans, negative_count));
}

Status RefuseCustomBounds(const std::vector<double>& custom_values) {
  if (custom_values.empty()) return {};
  return Invalid("histogram with exponential schema must not have custom bounds");
}

Error InvalidSchema(int32_t schema) {
  return Invalid(
      "histogram has an invalid schema, which must be between {} and {} for exponential buckets, "
      "or {} for custom buckets, got schema {}",
      kMinExponentialSchema, kMaxExponentialSchema, FloatHistogram::kCustomBucketsSchema, schema);
}

}  // namespace

FloatHistogram ToFloat(const Histogram& histogram) {
  FloatHistogram out;
  out.counter_reset_hint = histogram.counter_reset_hint;
  out.schema = histogram.schema;
  out.zero_threshold = histogram.zero_threshold;
  out.zero_count = static_cast<double>(histogram.zero_count);
  out.count = static_cast<double>(histogram.count);
  out.sum = histogram.sum;
  out.positive_spans = histogram.positive_spans;
  out.negative_spans = histogram.negative_spans;
  out.positive_buckets = Accumulate(histogram.positive_deltas);
  out.negative_buckets = Accumulate(histogram.negative_deltas);
  out.custom_values = histogram.custom_values;
  return out;
}

Status Validate(const Histogram& histogram) {
  const size_t positive_count = histogram.positive_deltas.size();
  const size_t negative_count = histogram.negative_deltas.size();
  uint64_t in_buckets = histogram.zero_count;
  if (IsCustomBucketsSchema(histogram.schema)) {
    TOCSIN_RETURN_IF_ERROR(CheckCustomSchema(histogram, positive_count, negative_count));
  } else if (IsExponentialSchema(histogram.schema)) {
    TOCSIN_RETURN_IF_ERROR(CheckExponentialSpans(histogram, positive_count, negative_count));
    TOCSIN_RETURN_IF_ERROR(In("negative side", CheckDeltas(histogram.negative_deltas, in_buckets)));
    TOCSIN_RETURN_IF_ERROR(RefuseCustomBounds(histogram.custom_values));
  } else {
    return InvalidSchema(histogram.schema);
  }
  TOCSIN_RETURN_IF_ERROR(In("positive side", CheckDeltas(histogram.positive_deltas, in_buckets)));
  // Observations of NaN count, and are in no bucket.
  const bool observed_nan = std::isnan(histogram.sum);
  if (observed_nan ? in_buckets <= histogram.count : in_buckets == histogram.count) return {};
  return Invalid(
      "{} observations found in buckets, but the Count field is {}: histogram's observation count "
      "should {}",
      in_buckets, histogram.count,
      observed_nan ? "be at least the number of observations found in the buckets"
                   : "equal the number of observations found in the buckets (in absence of NaN)");
}

Status Validate(const FloatHistogram& histogram) {
  const size_t positive_count = histogram.positive_buckets.size();
  const size_t negative_count = histogram.negative_buckets.size();
  if (IsCustomBucketsSchema(histogram.schema)) {
    TOCSIN_RETURN_IF_ERROR(CheckCustomSchema(histogram, positive_count, negative_count));
  } else if (IsExponentialSchema(histogram.schema)) {
    TOCSIN_RETURN_IF_ERROR(CheckExponentialSpans(histogram, positive_count, negative_count));
    TOCSIN_RETURN_IF_ERROR(In("negative side", CheckCounts(histogram.negative_buckets)));
    if (histogram.zero_count < 0) {
      return Invalid("zero bucket has observation count of {}: {}",
                     FormatFloatGeneral(histogram.zero_count), kNegativeBucketCount);
    }
    TOCSIN_RETURN_IF_ERROR(RefuseCustomBounds(histogram.custom_values));
  } else {
    return InvalidSchema(histogram.schema);
  }
  if (histogram.count < 0) {
    // Two spaces, as upstream.
    return Invalid("observation count is  {}: histogram's observation count is negative",
                   FormatFloatGeneral(histogram.count));
  }
  // The count is not compared with the buckets: sums of floats need not agree to the last bit.
  return In("positive side", CheckCounts(histogram.positive_buckets));
}

}  // namespace tocsin
