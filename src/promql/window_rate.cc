#include "promql/window_rate.h"

#include <algorithm>

#include "promql/histogram_hints.h"

namespace tocsin::promql {
namespace {

double Factor(double sampled, double to_start, double to_end, double range_seconds,
              bool per_second) {
  const double factor = (sampled + to_start + to_end) / sampled;
  return per_second ? factor / range_seconds : factor;
}

/// Upstream's rule: reach to the edge of the window when the gap there is at most 10 % wider than
/// the average one, else half an average gap beyond the sample.
Extrapolation Extrapolate(const WindowInput& input, size_t step, const RateKind& kind,
                          const SampledSpan& span) {
  constexpr double kThreshold = 1.1;
  Extrapolation result;
  const int64_t begin_ms = span.zero_ms == 0 ? span.first_ms : span.zero_ms;
  result.to_start_seconds = static_cast<double>(begin_ms - input.windows.StartAt(step)) / 1000;
  result.to_end_seconds = static_cast<double>(input.windows.EndAt(step) - span.last_ms) / 1000;
  result.sampled_seconds = static_cast<double>(span.last_ms - begin_ms) / 1000;
  const double average = span.samples < 2 ? 0
                                          : static_cast<double>(span.last_ms - span.first_ms) /
                                                1000 / static_cast<double>(span.samples - 1);
  const double threshold = average * kThreshold;
  if (result.to_start_seconds >= threshold) result.to_start_seconds = average / 2;
  if (span.zero_ms != 0) result.to_start_seconds = 0;  // It is known what was before.
  if (result.to_end_seconds >= threshold) result.to_end_seconds = average / 2;
  result.factor = Factor(result.sampled_seconds, result.to_start_seconds, result.to_end_seconds,
                         SecondsOf(input.windows.range_ms), kind.per_second);
  return result;
}

SampledSpan SpanOfFloats(const WindowInput& input, size_t step) {
  return {input.timestamps_ms[input.first[step]], input.timestamps_ms[input.last[step] - 1],
          input.FloatsAt(step), 0};
}

void FillExtrapolations(const WindowInput& input, const RateKind& kind, BatchState& state) {
  state.extrapolations.resize(input.steps());
  for (size_t step = 0; step < input.steps(); ++step) {
    if (input.FloatsAt(step) < 2) continue;
    state.extrapolations[step] = Extrapolate(input, step, kind, SpanOfFloats(input, step));
  }
}

bool Overlap(const StartedSample& before, const StartedSample& now) {
  return now.start_ms != 0 && now.start_ms < before.timestamp_ms && now.start_ms != before.start_ms;
}

bool IsReset(const WindowInput& input, size_t i) {
  if (input.values[i] < input.values[i - 1]) return true;
  if (input.start_timestamps_ms.empty()) return false;
  return IsStartTimeReset(input.StartOfFloat(i - 1), input.timestamps_ms[i - 1],
                          input.StartOfFloat(i), input.timestamps_ms[i]);
}

/// The indexes of samples before which the counter started over.
void FindResets(const WindowInput& input, std::vector<uint32_t>& resets) {
  resets.clear();
  const std::span<const double> values = input.values;
  uint32_t count = 0;
  for (size_t i = 1; i < values.size(); ++i) count += values[i] < values[i - 1];
  if (count == 0 && input.start_timestamps_ms.empty()) return;
  for (size_t i = 1; i < values.size(); ++i) {
    if (IsReset(input, i)) resets.push_back(static_cast<uint32_t>(i));
  }
}

/// Adds what was lost at the resets inside (first, last), in order.
class ResetCorrection {
 public:
  ResetCorrection(std::span<const double> values, const std::vector<uint32_t>& resets)
      : values_(values), resets_(resets) {}

  double Apply(double increase, uint32_t first, uint32_t last) {
    while (next_ < resets_.size() && resets_[next_] <= first) ++next_;
    for (size_t i = next_; i < resets_.size() && resets_[i] < last; ++i) {
      increase += values_[resets_[i] - 1];
    }
    return increase;
  }

 private:
  const std::span<const double> values_;
  const std::vector<uint32_t>& resets_;
  size_t next_ = 0;  // Windows only move forward.
};

/// Warns where a sample in a window claims to have begun before the one in front of it was taken.
void NoteOverlaps(const WindowInput& input, BatchState& state) {
  for (size_t i = 1; i < input.start_timestamps_ms.size(); ++i) {
    const StartedSample before{input.StartOfFloat(i - 1), input.timestamps_ms[i - 1]};
    const StartedSample now{input.StartOfFloat(i), input.timestamps_ms[i]};
    if (!Overlap(before, now)) continue;
    for (size_t step = 0; step < input.steps(); ++step) {
      if (input.first[step] < i && i < input.last[step]) {
        NoteOverlap(input, before, now, state.annotations);
        return;
      }
    }
  }
}

/// A window whose first sample tells when it began counting, inside the window: that is where the
/// counter was zero.
double IncreaseFromZero(const WindowInput& input, size_t step, double increase, int64_t zero_ms,
                        const RateKind& kind) {
  SampledSpan span = SpanOfFloats(input, step);
  span.zero_ms = zero_ms;
  const Extrapolation extrapolation = Extrapolate(input, step, kind, span);
  return (increase + input.values[input.first[step]]) * extrapolation.factor;
}

void FloatRate(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
               const RateKind& kind) {
  if (!input.same_timestamps) FillExtrapolations(input, kind, state);
  const Extrapolation* cache = state.extrapolations.data();
  state.indexes.clear();
  if (kind.is_counter) {
    FindResets(input, state.indexes);
    NoteOverlaps(input, state);
  }
  ResetCorrection correction(input.values, state.indexes);
  const double range_seconds = SecondsOf(input.windows.range_ms);
  const bool has_starts = kind.is_counter && !input.start_timestamps_ms.empty();
  for (size_t step = 0; step < out.steps; ++step) {
    const uint32_t floats = input.FloatsAt(step);
    if (floats == 0) continue;
    const uint32_t first = input.first[step];
    const uint32_t last = input.last[step];
    const int64_t zero_ms =
        has_starts ? ZeroTime(input, step, input.StartOfFloat(first), input.timestamps_ms[first])
                   : 0;
    if (floats < 2 && zero_ms == 0) continue;
    double& value = out.Values(row)[step];
    SetPresent(out.Present(row), step);
    const double first_value = input.values[first];
    double increase = input.values[last - 1] - first_value;
    if (!state.indexes.empty()) increase = correction.Apply(increase, first, last);
    if (zero_ms != 0) {
      value = IncreaseFromZero(input, step, increase, zero_ms, kind);
    } else if (!kind.is_counter) {
      value = increase * cache[step].factor;
    } else {
      value = ScaleCounter(first_value, increase, cache[step], range_seconds, kind.per_second) *
              increase;
    }
  }
}

bool MixesKinds(const WindowInput& input, size_t step) {
  return input.FloatsAt(step) > 0 && input.HistogramsAt(step) > 0;
}

Status Extended(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                const RateKind& kind);

Status ExtrapolatedRate(const WindowInput& input, const GridView& out, size_t row,
                        BatchState& state, const RateKind& kind) {
  if (input.windows.extension != WindowExtension::kNone) {
    return Extended(input, out, row, state, kind);
  }
  FloatRate(input, out, row, state, kind);
  for (size_t step = 0; !input.histograms.empty() && step < out.steps; ++step) {
    if (input.HistogramsAt(step) == 0) continue;
    if (MixesKinds(input, step)) {
      state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()),
                                   input.position);
      ClearPresent(out.Present(row), step);
      continue;
    }
    PutHistogram(out, row, step, HistogramRate(input, step, kind, state));
  }
  return {};
}

Status Extended(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                const RateKind& kind) {
  for (size_t step = 0; step < out.steps; ++step) {
    if (MixesKinds(input, step)) {
      state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()),
                                   input.position);
    } else if (input.HistogramsAt(step) > 0) {
      PutHistogram(out, row, step, ExtendedHistogramRate(input, step, kind, state));
    } else if (input.FloatsAt(step) > 0) {
      const std::optional<double> value = ExtendedRate(input, step, kind);
      if (!value) continue;
      out.Values(row)[step] = *value;
      SetPresent(out.Present(row), step);
    }
  }
  return {};
}

/// The last two samples of a window, whatever their kind.
enum class LastTwo { kFloats, kTooFew, kMixed, kHistograms };

LastTwo KindOfLastTwo(const WindowInput& input, size_t step) {
  const uint32_t floats = input.FloatsAt(step);
  const uint32_t histograms = input.HistogramsAt(step);
  if (floats + histograms < 2) return LastTwo::kTooFew;
  if (histograms == 0) return LastTwo::kFloats;
  if (floats == 0) return LastTwo::kHistograms;
  const uint32_t last_float = input.last[step] - 1;
  const uint32_t last_histogram = input.last_histogram[step] - 1;
  const int64_t float_ms = input.timestamps_ms[last_float];
  const int64_t histogram_ms = input.histograms[last_histogram].timestamp_ms;
  if (floats > 1 && input.timestamps_ms[last_float - 1] > histogram_ms) return LastTwo::kFloats;
  if (histograms > 1 && input.histograms[last_histogram - 1].timestamp_ms > float_ms) {
    return LastTwo::kHistograms;
  }
  return LastTwo::kMixed;
}

Status InstantValue(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                    const RateKind& kind) {
  for (size_t step = 0; step < out.steps; ++step) {
    const LastTwo last_two = KindOfLastTwo(input, step);
    if (last_two == LastTwo::kTooFew) continue;
    if (last_two == LastTwo::kHistograms) {
      PutHistogram(out, row, step, InstantHistogramRate(input, step, kind, state));
      continue;
    }
    if (last_two == LastTwo::kMixed) {
      state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()),
                                   input.position);
      continue;
    }
    const uint32_t last = input.last[step] - 1;
    const double newest = input.values[last];
    // After a counter reset the newest value is what it went up by.
    double value =
        kind.is_counter && IsReset(input, last) ? newest : newest - input.values[last - 1];
    if (kind.per_second) {
      const int64_t interval_ms = input.timestamps_ms[last] - input.timestamps_ms[last - 1];
      value /= static_cast<double>(interval_ms) / 1000;
    }
    out.Values(row)[step] = value;
    SetPresent(out.Present(row), step);
  }
  return {};
}

}  // namespace

double SecondsOf(int64_t duration_ms) {
  // As Go's Duration.Seconds(): whole seconds and the fraction apart.
  return static_cast<double>(duration_ms / 1000) + static_cast<double>(duration_ms % 1000) / 1e3;
}

int64_t ZeroTime(const WindowInput& input, size_t step, int64_t start_ms, int64_t timestamp_ms) {
  const bool is_inside = start_ms > input.windows.StartAt(step) && start_ms < timestamp_ms;
  return is_inside ? start_ms : 0;
}

void NoteOverlap(const WindowInput& input, const StartedSample& before, const StartedSample& now,
                 Annotations& annotations) {
  if (!Overlap(before, now)) return;
  annotations.AddWarning(
      "sample has start time that overlaps with previous sample timestamp for metric " +
          GoQuote(input.MetricName()),
      input.position);
}

double ScaleCounter(double first_value, double increase, const Extrapolation& extrapolation,
                    double range_seconds, bool per_second) {
  if (increase > 0 && first_value >= 0) {
    const double to_zero = extrapolation.sampled_seconds * (first_value / increase);
    if (to_zero < extrapolation.to_start_seconds) {
      return Factor(extrapolation.sampled_seconds, to_zero, extrapolation.to_end_seconds,
                    range_seconds, per_second);
    }
  }
  return extrapolation.factor;
}

Extrapolation ExtrapolationOf(const WindowInput& input, size_t step, const RateKind& kind,
                              const SampledSpan& span) {
  return Extrapolate(input, step, kind, span);
}

void PutHistogram(const GridView& out, size_t row, size_t step, HistogramPtr histogram) {
  if (histogram == nullptr) return;
  out.EnsureHistograms(row)[step] = std::move(histogram);
  SetPresent(out.Present(row), step);
}

Status Rate(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {true, true});
}

Status Increase(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {true, false});
}

Status Delta(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {false, false});
}

Status InstantRate(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return InstantValue(input, out, row, state, {true, true});
}

Status InstantDelta(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return InstantValue(input, out, row, state, {false, false});
}

}  // namespace tocsin::promql
