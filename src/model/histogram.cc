#include "model/histogram.h"

namespace tocsin {
namespace {

std::vector<double> Accumulate(const std::vector<int64_t>& deltas) {
  std::vector<double> counts;
  counts.reserve(deltas.size());
  int64_t count = 0;
  for (const int64_t delta : deltas) counts.push_back(static_cast<double>(count += delta));
  return counts;
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

}  // namespace tocsin
