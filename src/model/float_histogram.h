#pragma once

#include <cstdint>
#include <vector>

namespace tocsin {

/// A run of buckets in a native histogram: `offset` empty buckets after the previous run (or from
/// bucket 0), then `length` buckets.
struct HistogramSpan {
  int32_t offset = 0;
  uint32_t length = 0;
  friend bool operator==(const HistogramSpan&, const HistogramSpan&) = default;
};

enum class CounterResetHint : uint8_t { kUnknown, kReset, kNotReset, kGauge };

/// A native histogram with float counts; buckets hold absolute counts. Schema -4…8 is exponential
/// with growth 2^(2^-schema); kCustomBucketsSchema takes its upper bounds from custom_values. Value
/// type.
struct FloatHistogram {
  static constexpr int32_t kCustomBucketsSchema = -53;

  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<double> positive_buckets;
  std::vector<double> negative_buckets;
  std::vector<double> custom_values;
};

}  // namespace tocsin
