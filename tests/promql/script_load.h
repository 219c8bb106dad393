#pragma once

#include <memory>
#include <vector>

#include "promql/script.h"

namespace tocsin::promql {

/// A sample that a load command asks for; a float where `histogram` is null.
struct LoadedSample {
  Labels labels;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;  ///< 0: not known.
  double value = 0;
  std::shared_ptr<const FloatHistogram> histogram;
};

/// All samples of a load command, those of a series in order of time. Of a series named twice the
/// last one counts. load_with_nhcb adds the native histograms that its classic ones make.
std::vector<LoadedSample> SamplesOf(const LoadCommand& load);

}  // namespace tocsin::promql
