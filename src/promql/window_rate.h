#pragma once

#include <optional>

#include "promql/window_functions.h"

namespace tocsin::promql {

// What the functions of the rate family share between floats, histograms and extended windows.

struct RateKind {
  bool is_counter;
  bool per_second;
};

/// What of a window is covered by samples.
struct SampledSpan {
  int64_t first_ms;
  int64_t last_ms;
  uint32_t samples;
  int64_t zero_ms;  ///< When the counter is known to have been zero, before first_ms; 0: unknown.
};

double SecondsOf(int64_t duration_ms);

/// How far the increase between samples is to be extended to fill the window.
Extrapolation ExtrapolationOf(const WindowInput& input, size_t step, const RateKind& kind,
                              const SampledSpan& span);

/// The factor for an increase. Counters cannot have been negative: the extension to the left ends
/// where the line meets zero.
double ScaleCounter(double first_value, double increase, const Extrapolation& extrapolation,
                    double range_seconds, bool per_second);

/// When the counter began, if that is inside the window and before its first sample; else 0.
int64_t ZeroTime(const WindowInput& input, size_t step, int64_t start_ms, int64_t timestamp_ms);

struct StartedSample {
  int64_t start_ms;
  int64_t timestamp_ms;
};
/// Warns if `now` claims to have begun counting before `before` was taken.
void NoteOverlap(const WindowInput& input, const StartedSample& before, const StartedSample& now,
                 Annotations& annotations);

/// Stores a histogram, if there is one.
void PutHistogram(const GridView& out, size_t row, size_t step, HistogramPtr histogram);

// window_histogram_rate.cc: of the histograms of one window; null where there is no answer.
HistogramPtr HistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                           BatchState& state);
HistogramPtr InstantHistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                                  BatchState& state);

// window_extended.cc: with `anchored` and `smoothed`, between the very ends of the window.
std::optional<double> ExtendedRate(const WindowInput& input, size_t step, const RateKind& kind);
HistogramPtr ExtendedHistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                                   BatchState& state);

/// The range of the samples of a window, of all kinds in order of time, that `anchored` looks at:
/// from the last one at or before its start. Empty if none is inside the window.
struct AnchoredSamples {
  uint32_t first = 0;
  uint32_t last = 0;
};
AnchoredSamples FindAnchored(const WindowInput& input, size_t step);

/// The value or the histogram between two samples, on the line through them. A counter that started
/// over between them rose from zero. Null if the histograms do not fit together.
double Interpolate(int64_t at_ms, int64_t before_ms, double before, int64_t after_ms, double after,
                   bool is_counter);
HistogramPtr Interpolate(int64_t at_ms, const storage::HistogramSample& before,
                         const storage::HistogramSample& after, bool is_counter);

}  // namespace tocsin::promql
