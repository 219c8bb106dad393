#include <algorithm>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"
#include "model/float_histogram_comparison.h"
#include "promql/window_rate.h"

namespace tocsin::promql {
namespace {

using storage::HistogramSample;

int64_t TimeOf(int64_t timestamp_ms) { return timestamp_ms; }
int64_t TimeOf(const HistogramSample& sample) { return sample.timestamp_ms; }

/// Which samples a window with extensions stands on, [first, last], and whether its ends lie
/// between samples there.
struct Stand {
  bool is_empty = true;
  size_t first = 0;
  size_t last = 0;
  bool cuts_left = false;   ///< The start lies between first and the next one.
  bool cuts_right = false;  ///< The end lies between last and the one before.
};

template <typename Sample>
Stand FindStand(const WindowInput& input, size_t step, std::span<const Sample> samples) {
  const int64_t start_ms = input.windows.StartAt(step);
  const int64_t end_ms = input.windows.EndAt(step);
  const bool smoothed = input.windows.extension == WindowExtension::kSmoothed;
  const auto first_inside = std::partition_point(
      samples.begin(), samples.end() - 1, [&](const Sample& s) { return TimeOf(s) <= start_ms; });
  Stand stand;
  stand.first = static_cast<size_t>(std::max<ptrdiff_t>(first_inside - samples.begin() - 1, 0));
  stand.last = samples.size() - 1;
  if (smoothed) {
    const auto at_end = std::partition_point(samples.begin(), samples.end() - 1,
                                             [&](const Sample& s) { return TimeOf(s) < end_ms; });
    stand.last = static_cast<size_t>(at_end - samples.begin());
  }
  if (TimeOf(samples[stand.last]) <= start_ms || TimeOf(samples[stand.first]) > end_ms)
    return stand;
  stand.is_empty = false;
  stand.cuts_left = smoothed && TimeOf(samples[stand.first]) < start_ms;
  stand.cuts_right = smoothed && stand.last > 0 && TimeOf(samples[stand.last]) > end_ms;
  return stand;
}

/// The value at the end of a window: read, or between samples.
double ValueAt(const WindowInput& input, size_t left, bool cuts, int64_t at_ms, bool is_counter,
               size_t exact) {
  if (!cuts) return input.values[exact];
  return Interpolate(at_ms, input.timestamps_ms[left], input.values[left],
                     input.timestamps_ms[left + 1], input.values[left + 1], is_counter);
}

void NoteHints(const WindowInput& input, const RateKind& kind,
               std::span<const HistogramSample> samples, BatchState& state) {
  const auto is_gauge = [](const HistogramSample& sample) {
    return sample.histogram->counter_reset_hint == CounterResetHint::kGauge;
  };
  if (kind.is_counter && std::any_of(samples.begin(), samples.end(), is_gauge)) {
    state.annotations.AddWarning(NotACounterText(input.MetricName()), input.position);
  }
  if (!kind.is_counter && (!is_gauge(samples.front()) || !is_gauge(samples.back()))) {
    state.annotations.AddWarning(NotAGaugeText(input.MetricName()), input.position);
  }
}

}  // namespace

double Interpolate(int64_t at_ms, int64_t before_ms, double before, int64_t after_ms, double after,
                   bool is_counter) {
  if (is_counter && after < before) before = 0;
  return before + (after - before) * static_cast<double>(at_ms - before_ms) /
                      static_cast<double>(after_ms - before_ms);
}

HistogramPtr Interpolate(int64_t at_ms, const HistogramSample& before, const HistogramSample& after,
                         bool is_counter) {
  const double fraction = static_cast<double>(at_ms - before.timestamp_ms) /
                          static_cast<double>(after.timestamp_ms - before.timestamp_ms);
  auto result = std::make_shared<FloatHistogram>(*after.histogram);
  if (UsesCustomBuckets(*result) != UsesCustomBuckets(*before.histogram)) return nullptr;
  const bool starts_over = is_counter && HasReset(*after.histogram, *before.histogram);
  if (!starts_over) Subtract(*result, *before.histogram);
  Multiply(*result, fraction);
  if (!starts_over) {
    Add(*result, *before.histogram);
    result->counter_reset_hint = before.histogram->counter_reset_hint;
  }
  Compact(*result);
  return result;
}

std::optional<double> ExtendedRate(const WindowInput& input, size_t step, const RateKind& kind) {
  const uint32_t base = input.first[step];
  const Stand stand =
      FindStand(input, step, input.timestamps_ms.subspan(base, input.FloatsAt(step)));
  if (stand.is_empty) return std::nullopt;
  size_t first = base + stand.first;
  size_t last = base + stand.last;
  const int64_t start_ms = input.windows.StartAt(step);
  const int64_t end_ms = input.windows.EndAt(step);
  const double left = ValueAt(input, first, stand.cuts_left, start_ms, kind.is_counter, first);
  const double right = ValueAt(input, last - 1, stand.cuts_right, end_ms, kind.is_counter, last);
  double increase = right - left;
  if (kind.is_counter) {
    // The ends know about resets next to them; these are the samples in between.
    if (input.timestamps_ms[first] <= start_ms) ++first;
    const size_t end = input.timestamps_ms[last] >= end_ms ? last : last + 1;
    double before = left;
    double lost = 0;
    for (size_t i = first; i < end; ++i) {
      if (input.values[i] < before) lost += before;
      before = input.values[i];
    }
    if (right < before) lost += before;
    increase += lost;
  }
  return kind.per_second ? increase / SecondsOf(input.windows.range_ms) : increase;
}

HistogramPtr ExtendedHistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                                   BatchState& state) {
  const std::span<const HistogramSample> all =
      input.histograms.subspan(input.first_histogram[step], input.HistogramsAt(step));
  const Stand stand = FindStand(input, step, all);
  if (stand.is_empty) return nullptr;
  const auto samples = all.subspan(stand.first, stand.last - stand.first + 1);
  NoteHints(input, kind, samples, state);
  const bool is_custom = UsesCustomBuckets(*samples[0].histogram);
  for (const HistogramSample& sample : samples) {
    if (UsesCustomBuckets(*sample.histogram) == is_custom) continue;
    state.annotations.AddWarning(MixedBucketSchemasText(input.MetricName()), input.position);
    return nullptr;
  }
  HistogramPtr left = samples.front().histogram;
  HistogramPtr right = samples.back().histogram;
  if (stand.cuts_left) {
    left = Interpolate(input.windows.StartAt(step), samples[0], samples[1], kind.is_counter);
  }
  if (stand.cuts_right) {
    right = Interpolate(input.windows.EndAt(step), samples[samples.size() - 2], samples.back(),
                        kind.is_counter);
  }
  FloatHistogram increase = *right;
  bool reconciled = Subtract(increase, *left).reconciled_bounds;
  // What is cut on the left has taken a reset there into account.
  for (size_t i = stand.cuts_left ? 2 : 1; kind.is_counter && i < samples.size(); ++i) {
    if (!HasReset(*samples[i].histogram, *samples[i - 1].histogram)) continue;
    reconciled |= Add(increase, *samples[i - 1].histogram).reconciled_bounds;
  }
  NoteMerge(state.annotations, false, reconciled, "subtraction", input.position);
  increase.counter_reset_hint = CounterResetHint::kGauge;
  Compact(increase);
  if (kind.per_second) Divide(increase, SecondsOf(input.windows.range_ms));
  return std::make_shared<const FloatHistogram>(std::move(increase));
}

AnchoredSamples FindAnchored(const WindowInput& input, size_t step) {
  const int64_t start_ms = input.windows.StartAt(step);
  const auto floats = input.timestamps_ms.subspan(input.first[step], input.FloatsAt(step));
  auto before = static_cast<uint32_t>(std::upper_bound(floats.begin(), floats.end(), start_ms) -
                                      floats.begin());
  uint32_t total = input.FloatsAt(step);
  uint32_t base = input.first[step];
  if (!input.histograms.empty()) {
    const auto histograms =
        input.histograms.subspan(input.first_histogram[step], input.HistogramsAt(step));
    before += static_cast<uint32_t>(
        std::partition_point(histograms.begin(), histograms.end(),
                             [&](const HistogramSample& s) { return s.timestamp_ms <= start_ms; }) -
        histograms.begin());
    total += input.HistogramsAt(step);
    base += input.first_histogram[step];
  }
  if (before == total) return {};
  return {base + (before == 0 ? 0 : before - 1), base + total};
}

}  // namespace tocsin::promql
