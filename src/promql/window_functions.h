#pragma once

#include "promql/window.h"

namespace tocsin::promql {

// The functions of range vectors by family; FindWindowFunction names them. Each gets one series.

// window_rate.cc
Status Rate(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status Increase(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status Delta(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status InstantRate(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status InstantDelta(const WindowInput& input, const GridView& out, size_t row, BatchState& state);

// window_pick.cc: functions that count or pick samples
Status CountOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status PresentOverTime(const WindowInput& input, const GridView& out, size_t row,
                       BatchState& state);
Status FirstOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status LastOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status TimeOfFirst(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status TimeOfLast(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status Changes(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status Resets(const WindowInput& input, const GridView& out, size_t row, BatchState& state);

// window_extreme.cc
Status MinOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status MaxOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status TimeOfMin(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status TimeOfMax(const WindowInput& input, const GridView& out, size_t row, BatchState& state);

// window_moment.cc
Status SumOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status AvgOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status StddevOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status StdvarOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);

// window_quantile.cc
Status QuantileOverTime(const WindowInput& input, const GridView& out, size_t row,
                        BatchState& state);
Status MadOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state);

// window_trend.cc
Status Deriv(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status PredictLinear(const WindowInput& input, const GridView& out, size_t row, BatchState& state);
Status DoubleExponentialSmoothing(const WindowInput& input, const GridView& out, size_t row,
                                  BatchState& state);

/// Adds the info that histograms were ignored when some window has both floats and histograms.
void NoteIgnoredHistograms(const WindowInput& input, BatchState& state);

/// Calls `compute(step)` for each step whose window has at least `min_floats` floats, and stores
/// the result there.
template <typename Compute>
void FillFloats(const WindowInput& input, const GridView& out, size_t row, uint32_t min_floats,
                Compute compute) {
  double* values = out.Values(row);
  uint64_t* present = out.Present(row);
  for (size_t step = 0; step < out.steps; ++step) {
    if (input.FloatsAt(step) < min_floats) continue;
    values[step] = compute(step);
    SetPresent(present, step);
  }
}

}  // namespace tocsin::promql
