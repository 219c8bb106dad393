#include <algorithm>

#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

struct RateKind {
  std::string_view name;
  bool is_counter;
  bool per_second;
};

double SecondsOf(int64_t duration_ms) {
  // As Go's Duration.Seconds(): whole seconds and the fraction apart.
  return static_cast<double>(duration_ms / 1000) + static_cast<double>(duration_ms % 1000) / 1e3;
}

double Factor(double sampled, double to_start, double to_end, double range_seconds,
              bool per_second) {
  const double factor = (sampled + to_start + to_end) / sampled;
  return per_second ? factor / range_seconds : factor;
}

/// Upstream's rule: reach to the edge of the window when the gap there is at most 10 % wider than
/// the average one, else half an average gap beyond the sample.
Extrapolation Extrapolate(const WindowInput& input, size_t step, double range_seconds,
                          bool per_second) {
  constexpr double kThreshold = 1.1;
  const int64_t end_ms = input.windows.EndAt(step);
  const int64_t first_ms = input.timestamps_ms[input.first[step]];
  const int64_t last_ms = input.timestamps_ms[input.last[step] - 1];
  Extrapolation result;
  result.to_start_seconds =
      static_cast<double>(first_ms - (end_ms - input.windows.range_ms)) / 1000;
  result.to_end_seconds = static_cast<double>(end_ms - last_ms) / 1000;
  result.sampled_seconds = static_cast<double>(last_ms - first_ms) / 1000;
  const double average = result.sampled_seconds / static_cast<double>(input.FloatsAt(step) - 1);
  const double threshold = average * kThreshold;
  if (result.to_start_seconds >= threshold) result.to_start_seconds = average / 2;
  if (result.to_end_seconds >= threshold) result.to_end_seconds = average / 2;
  result.factor = Factor(result.sampled_seconds, result.to_start_seconds, result.to_end_seconds,
                         range_seconds, per_second);
  return result;
}

void FillExtrapolations(const WindowInput& input, bool per_second, BatchState& state) {
  const double range_seconds = SecondsOf(input.windows.range_ms);
  state.extrapolations.resize(input.steps());
  for (size_t step = 0; step < input.steps(); ++step) {
    if (input.FloatsAt(step) < 2) continue;
    state.extrapolations[step] = Extrapolate(input, step, range_seconds, per_second);
  }
}

/// The indexes of samples that are lower than the one before.
void FindResets(std::span<const double> values, std::vector<uint32_t>& resets) {
  resets.clear();
  uint32_t count = 0;
  for (size_t i = 1; i < values.size(); ++i) count += values[i] < values[i - 1];
  if (count == 0) return;
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[i - 1]) resets.push_back(static_cast<uint32_t>(i));
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

/// Counters cannot have been negative: the extension to the left ends where the line meets zero.
double ScaleCounter(double first_value, double increase, const Extrapolation& extrapolation,
                    double range_seconds, bool per_second) {
  if (increase > 0 && first_value >= 0) {
    const double to_zero = extrapolation.sampled_seconds * (first_value / increase);
    if (to_zero < extrapolation.to_start_seconds) {
      return increase * Factor(extrapolation.sampled_seconds, to_zero, extrapolation.to_end_seconds,
                               range_seconds, per_second);
    }
  }
  return increase * extrapolation.factor;
}

/// False when histograms leave nothing to do here; adds what is to be said about them.
Result<bool> CheckHistograms(const WindowInput& input, const RateKind& kind, BatchState& state) {
  bool mixed = false;
  for (size_t step = 0; step < input.steps() && !input.histograms.empty(); ++step) {
    if (input.HistogramsAt(step) == 0) continue;
    if (input.FloatsAt(step) > 0) {
      mixed = true;
    } else if (input.HistogramsAt(step) > 1) {
      return HistogramsUnsupported(kind.name);
    }
  }
  if (mixed) {
    state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()), input.position);
  }
  return mixed;
}

Status ExtrapolatedRate(const WindowInput& input, const GridView& out, size_t row,
                        BatchState& state, const RateKind& kind) {
  TOCSIN_ASSIGN_OR_RETURN(const bool has_mixed, CheckHistograms(input, kind, state));
  if (!input.same_timestamps) FillExtrapolations(input, kind.per_second, state);
  const Extrapolation* cache = state.extrapolations.data();
  if (kind.is_counter) {
    FindResets(input.values, state.indexes);
  } else {
    state.indexes.clear();
  }
  ResetCorrection correction(input.values, state.indexes);
  const double range_seconds = SecondsOf(input.windows.range_ms);
  FillFloats(input, out, row, 2, [&](size_t step) {
    const uint32_t first = input.first[step];
    const uint32_t last = input.last[step];
    const double first_value = input.values[first];
    double increase = input.values[last - 1] - first_value;
    if (!state.indexes.empty()) increase = correction.Apply(increase, first, last);
    if (!kind.is_counter) return increase * cache[step].factor;
    return ScaleCounter(first_value, increase, cache[step], range_seconds, kind.per_second);
  });
  for (size_t step = 0; has_mixed && step < out.steps; ++step) {
    if (input.HistogramsAt(step) > 0) ClearPresent(out.Present(row), step);
  }
  return {};
}

/// The last two samples of a window, whatever their kind; false with fewer than two or two
/// histograms.
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
    if (last_two == LastTwo::kHistograms) return HistogramsUnsupported(kind.name);
    if (last_two == LastTwo::kMixed) {
      state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()),
                                   input.position);
      continue;
    }
    const uint32_t last = input.last[step] - 1;
    const double newest = input.values[last];
    const double before = input.values[last - 1];
    // After a counter reset the newest value is what it went up by.
    double value = kind.is_counter && newest < before ? newest : newest - before;
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

Status Rate(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {"rate()", true, true});
}

Status Increase(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {"increase()", true, false});
}

Status Delta(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtrapolatedRate(input, out, row, state, {"delta()", false, false});
}

Status InstantRate(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return InstantValue(input, out, row, state, {"irate()", true, true});
}

Status InstantDelta(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return InstantValue(input, out, row, state, {"idelta()", false, false});
}

}  // namespace tocsin::promql
