#include "promql/histogram_hints.h"

#include "model/float_histogram_comparison.h"
#include "model/sample.h"

namespace tocsin::promql {

void DetectResets(std::vector<storage::HistogramSample>& histograms) {
  const FloatHistogram* previous = nullptr;
  for (storage::HistogramSample& sample : histograms) {
    const FloatHistogram& now = *sample.histogram;
    if (IsStaleNan(now.sum)) continue;
    if (previous == nullptr || now.counter_reset_hint != CounterResetHint::kUnknown) {
      previous = &now;
      continue;
    }
    auto hinted = std::make_shared<FloatHistogram>(now);
    hinted->counter_reset_hint =
        HasReset(now, *previous) ? CounterResetHint::kReset : CounterResetHint::kNotReset;
    sample.histogram = std::move(hinted);
    previous = sample.histogram.get();
  }
}

bool IsStartTimeReset(int64_t previous_start_ms, int64_t previous_ms, int64_t start_ms,
                      int64_t timestamp_ms) {
  if (start_ms == 0 || start_ms >= timestamp_ms || start_ms < previous_ms) return false;
  if (start_ms > previous_ms) return true;
  // It began at the sample before. That is how deltas look, and cumulative counters whose start is
  // not known; the latter do not know it for the sample before either.
  return previous_start_ms != 0 && previous_start_ms < previous_ms;
}

}  // namespace tocsin::promql
