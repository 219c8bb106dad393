#include <algorithm>
#include <cmath>
#include <functional>

#include "promql/window_functions.h"

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

void PutHistogram(const GridView& out, size_t row, size_t step, const HistogramPtr& histogram) {
  out.EnsureHistograms(row)[step] = histogram;
  SetPresent(out.Present(row), step);
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

/// events[i]: how many of the samples 1 … i are told apart from the one before by `is_event`. A
/// window [first, last) then has events[last - 1] - events[first] of them, at any step in constant
/// time.
template <typename IsEvent>
Status CountEvents(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                   IsEvent is_event) {
  std::vector<uint32_t>& events = state.indexes;
  events.resize(input.values.size());
  uint32_t count = 0;
  for (size_t i = 0; i < input.values.size(); ++i) {
    if (i > 0) count += is_event(input.values[i - 1], input.values[i]);
    events[i] = count;
  }
  FillFloats(input, out, row, 1, [&](size_t step) {
    return static_cast<double>(events[input.last[step] - 1] - events[input.first[step]]);
  });
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
  if (!input.histograms.empty()) return HistogramsUnsupported("changes()");
  return CountEvents(input, out, row, state, [](double before, double now) {
    return now != before && !(std::isnan(now) && std::isnan(before));
  });
}

Status Resets(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  if (!input.histograms.empty()) return HistogramsUnsupported("resets()");
  return CountEvents(input, out, row, state, std::greater<>());
}

}  // namespace tocsin::promql
