#pragma once

#include <cstdint>
#include <memory>

#include "model/histogram.h"
#include "tsdb/sample_verdict.h"

namespace tocsin::tsdb {

/// A sample of any kind: a float, or a histogram of one of the two kinds. Value type.
struct AnySample {
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
  uint64_t sequence = 0;  // Of the commit, where that matters.
  double value = 0;
  std::shared_ptr<const Histogram> histogram;
  std::shared_ptr<const FloatHistogram> float_histogram;

  SampleKind kind() const { return HistogramRef{histogram.get(), float_histogram.get()}.kind(); }
};

}  // namespace tocsin::tsdb
