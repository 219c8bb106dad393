#include <algorithm>
#include <cmath>

#include "model/float_histogram_comparison.h"
#include "promql/histogram_hints.h"
#include "promql/window_rate.h"

namespace tocsin::promql {
namespace {

/// Calls `fill(step)` for each step that has samples of any kind.
template <typename Fill>
void ForEachSampledStep(const WindowInput& input, Fill fill) {
  for (size_t step = 0; step < input.steps(); ++step) {
    if (input.FloatsAt(step) + input.HistogramsAt(step) > 0) fill(step);
  }
}

/// `out` gets the number of samples (or 1) of each window that has any.
template <typename ValueOf>
Status FillFromAnySamples(const WindowInput& input, const GridView& out, size_t row,
                          ValueOf value_of) {
  ForEachSampledStep(input, [&](size_t step) {
    out.Values(row)[step] = value_of(step);
    SetPresent(out.Present(row), step);
  });
  return {};
}

double Seconds(int64_t timestamp_ms) { return static_cast<double>(timestamp_ms) / 1000; }

/// Whether a step's first (or last) sample is a float.
bool FirstIsFloat(const WindowInput& input, size_t step) {
  if (input.HistogramsAt(step) == 0) return true;
  if (input.FloatsAt(step) == 0) return false;
  return input.timestamps_ms[input.first[step]] <
         input.histograms[input.first_histogram[step]].timestamp_ms;
}
bool LastIsFloat(const WindowInput& input, size_t step) {
  if (input.HistogramsAt(step) == 0) return true;
  if (input.FloatsAt(step) == 0) return false;
  return input.timestamps_ms[input.last[step] - 1] >
         input.histograms[input.last_histogram[step] - 1].timestamp_ms;
}

/// A sample of any kind.
struct AnySample {
  double value = 0;
  const storage::HistogramSample* histogram = nullptr;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
};

/// Calls `visit(sample)` for all samples of a series in order of time.
template <typename Visit>
void ForEachSample(const WindowInput& input, Visit visit) {
  size_t next = 0;
  const auto visit_histograms_before = [&](int64_t timestamp_ms) {
    for (; next < input.histograms.size() && input.histograms[next].timestamp_ms < timestamp_ms;
         ++next) {
      const storage::HistogramSample& sample = input.histograms[next];
      visit(AnySample{0, &sample, sample.timestamp_ms, sample.start_timestamp_ms});
    }
  };
  for (size_t i = 0; i < input.values.size(); ++i) {
    visit_histograms_before(input.timestamps_ms[i]);
    visit(AnySample{input.values[i], nullptr, input.timestamps_ms[i], input.StartOfFloat(i)});
  }
  visit_histograms_before(INT64_MAX);
}

/// events[i]: how many of the samples 1 … i are told apart from the one before by `is_event`. A
/// window [first, last) then has events[last - 1] - events[first] of them, at any step in constant
/// time.
template <typename IsEvent>
Status CountEvents(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                   IsEvent is_event) {
  std::vector<uint32_t>& events = state.indexes;
  events.clear();
  AnySample before;
  uint32_t count = 0;
  ForEachSample(input, [&](const AnySample& now) {
    if (!events.empty()) count += is_event(before, now);
    events.push_back(count);
    before = now;
  });
  for (size_t step = 0; step < out.steps; ++step) {
    AnchoredSamples window{input.first[step], input.last[step]};
    if (!input.histograms.empty()) {
      window.first += input.first_histogram[step];
      window.last += input.last_histogram[step];
    }
    if (input.windows.extension == WindowExtension::kAnchored) window = FindAnchored(input, step);
    if (window.first == window.last) continue;
    out.Values(row)[step] = static_cast<double>(events[window.last - 1] - events[window.first]);
    SetPresent(out.Present(row), step);
  }
  return {};
}

}  // namespace

Status CountOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  return FillFromAnySamples(input, out, row, [&](size_t step) {
    return static_cast<double>(input.FloatsAt(step) + input.HistogramsAt(step));
  });
}

Status PresentOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  return FillFromAnySamples(input, out, row, [](size_t) { return 1.0; });
}

Status FirstOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  ForEachSampledStep(input, [&](size_t step) {
    if (!FirstIsFloat(input, step)) {
      PutHistogram(out, row, step, input.histograms[input.first_histogram[step]].histogram);
      return;
    }
    out.Values(row)[step] = input.values[input.first[step]];
    SetPresent(out.Present(row), step);
  });
  return {};
}

Status LastOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  ForEachSampledStep(input, [&](size_t step) {
    if (!LastIsFloat(input, step)) {
      PutHistogram(out, row, step, input.histograms[input.last_histogram[step] - 1].histogram);
      return;
    }
    out.Values(row)[step] = input.values[input.last[step] - 1];
    SetPresent(out.Present(row), step);
  });
  return {};
}

Status TimeOfFirst(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  return FillFromAnySamples(input, out, row, [&](size_t step) {
    return Seconds(FirstIsFloat(input, step)
                       ? input.timestamps_ms[input.first[step]]
                       : input.histograms[input.first_histogram[step]].timestamp_ms);
  });
}

Status TimeOfLast(const WindowInput& input, const GridView& out, size_t row, BatchState&) {
  return FillFromAnySamples(input, out, row, [&](size_t step) {
    return Seconds(LastIsFloat(input, step)
                       ? input.timestamps_ms[input.last[step] - 1]
                       : input.histograms[input.last_histogram[step] - 1].timestamp_ms);
  });
}

Status Changes(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return CountEvents(input, out, row, state, [](const AnySample& before, const AnySample& now) {
    if ((before.histogram == nullptr) != (now.histogram == nullptr)) return true;
    if (now.histogram != nullptr) {
      return !IsSame(*now.histogram->histogram, *before.histogram->histogram);
    }
    return now.value != before.value && !(std::isnan(now.value) && std::isnan(before.value));
  });
}

Status Resets(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return CountEvents(input, out, row, state, [](const AnySample& before, const AnySample& now) {
    if ((before.histogram == nullptr) != (now.histogram == nullptr)) return true;
    if (IsStartTimeReset(before.start_timestamp_ms, before.timestamp_ms, now.start_timestamp_ms,
                         now.timestamp_ms)) {
      return true;
    }
    if (now.histogram == nullptr) return now.value < before.value;
    return HasReset(*now.histogram->histogram, *before.histogram->histogram);
  });
}

}  // namespace tocsin::promql
