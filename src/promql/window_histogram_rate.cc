#include <algorithm>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"
#include "model/float_histogram_comparison.h"
#include "promql/histogram_hints.h"
#include "promql/window_rate.h"

namespace tocsin::promql {
namespace {

using storage::HistogramSample;
using Samples = std::span<const HistogramSample>;

Samples SamplesAt(const WindowInput& input, size_t step) {
  return input.histograms.subspan(input.first_histogram[step], input.HistogramsAt(step));
}

bool IsGauge(const HistogramSample& sample) {
  return sample.histogram->counter_reset_hint == CounterResetHint::kGauge;
}

bool StartsOver(const HistogramSample& before, const HistogramSample& now) {
  return IsStartTimeReset(before.start_timestamp_ms, before.timestamp_ms, now.start_timestamp_ms,
                          now.timestamp_ms);
}

/// The increase between the first and the last of some histograms.
class HistogramIncrease {
 public:
  HistogramIncrease(const WindowInput& input, const RateKind& kind, BatchState& state)
      : input_(input), kind_(kind), annotations_(state.annotations) {}

  /// Null, with a warning, if they do not fit together.
  std::optional<FloatHistogram> Of(Samples samples) {
    NoteHints(samples);
    const FloatHistogram& last = *samples.back().histogram;
    FloatHistogram nothing;
    const FloatHistogram* first = samples.front().histogram.get();
    if (kind_.is_counter && IsResetAtSecond(samples)) {
      // Then the first sample does not matter, nor whether it would fit.
      nothing.schema = samples[1].histogram->schema;
      nothing.custom_values = samples[1].histogram->custom_values;
      first = &nothing;
    }
    if (!HaveSameKind(samples, *first)) return std::nullopt;
    FloatHistogram increase = last;
    if (!UsesCustomBuckets(last)) ReduceResolution(increase, CoarsestSchema(samples, *first));
    Note(Subtract(increase, *first), "subtraction");
    if (kind_.is_counter) AddResets(samples, *first, increase);
    increase.counter_reset_hint = CounterResetHint::kGauge;
    return increase;
  }

 private:
  static bool IsResetAtSecond(Samples samples) {
    return samples.size() > 1 && (StartsOver(samples[0], samples[1]) ||
                                  HasReset(*samples[1].histogram, *samples[0].histogram));
  }

  void NoteHints(Samples samples) {
    if (kind_.is_counter) {
      if (std::any_of(samples.begin(), samples.end(), IsGauge)) {
        annotations_.AddWarning(NotACounterText(input_.MetricName()), input_.position);
      }
    } else if (!IsGauge(samples.front()) || !IsGauge(samples.back())) {
      annotations_.AddWarning(NotAGaugeText(input_.MetricName()), input_.position);
    }
  }

  /// For gauges only the ends matter.
  bool HaveSameKind(Samples samples, const FloatHistogram& first) {
    const bool is_custom = UsesCustomBuckets(first);
    bool same = UsesCustomBuckets(*samples.back().histogram) == is_custom;
    for (size_t i = 1; kind_.is_counter && i < samples.size(); ++i) {
      same &= UsesCustomBuckets(*samples[i].histogram) == is_custom;
    }
    if (!same) {
      annotations_.AddWarning(MixedBucketSchemasText(input_.MetricName()), input_.position);
    }
    return same;
  }

  int32_t CoarsestSchema(Samples samples, const FloatHistogram& first) const {
    int32_t schema = std::min(first.schema, samples.back().histogram->schema);
    for (size_t i = 1; kind_.is_counter && i < samples.size(); ++i) {
      schema = std::min(schema, samples[i].histogram->schema);
    }
    return schema;
  }

  void AddResets(Samples samples, const FloatHistogram& first, FloatHistogram& increase) {
    const FloatHistogram* before = &first;
    for (size_t i = 1; i < samples.size(); ++i) {
      const FloatHistogram& now = *samples[i].histogram;
      NoteOverlap(input_, {samples[i - 1].start_timestamp_ms, samples[i - 1].timestamp_ms},
                  {samples[i].start_timestamp_ms, samples[i].timestamp_ms}, annotations_);
      if (StartsOver(samples[i - 1], samples[i]) || HasReset(now, *before)) {
        Note(Add(increase, *before), "addition");
      }
      before = &now;
    }
  }

  void Note(const MergeOutcome& outcome, std::string_view operation) {
    // Resets are dealt with here, so hints that contradict each other need no warning.
    NoteMerge(annotations_, false, outcome.reconciled_bounds, operation, input_.position);
  }

  const WindowInput& input_;
  const RateKind& kind_;
  Annotations& annotations_;
};

}  // namespace

HistogramPtr HistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                           BatchState& state) {
  const Samples samples = SamplesAt(input, step);
  const HistogramSample& first = samples.front();
  const int64_t zero_ms =
      kind.is_counter ? ZeroTime(input, step, first.start_timestamp_ms, first.timestamp_ms) : 0;
  if (samples.size() < 2 && zero_ms == 0) return nullptr;
  std::optional<FloatHistogram> increase = HistogramIncrease(input, kind, state).Of(samples);
  if (!increase) return nullptr;
  const SampledSpan span{first.timestamp_ms, samples.back().timestamp_ms,
                         static_cast<uint32_t>(samples.size()), zero_ms};
  const Extrapolation extrapolation = ExtrapolationOf(input, step, kind, span);
  double factor = extrapolation.factor;
  if (zero_ms != 0) {
    // What the first sample counted came from zero. If it does not fit it was not used either.
    Add(*increase, *first.histogram);
    increase->counter_reset_hint = CounterResetHint::kGauge;
  } else if (kind.is_counter) {
    factor = ScaleCounter(first.histogram->count, increase->count, extrapolation,
                          SecondsOf(input.windows.range_ms), kind.per_second);
  }
  Compact(*increase);
  Multiply(*increase, factor);
  return std::make_shared<const FloatHistogram>(*std::move(increase));
}

HistogramPtr InstantHistogramRate(const WindowInput& input, size_t step, const RateKind& kind,
                                  BatchState& state) {
  const Samples last_two = SamplesAt(input, step).last(2);
  const HistogramSample& before = last_two[0];
  const HistogramSample& now = last_two[1];
  const std::string name = input.MetricName();
  if (kind.is_counter && (IsGauge(before) || IsGauge(now))) {
    state.annotations.AddWarning(NotACounterText(name), input.position);
  }
  if (!kind.is_counter && (!IsGauge(before) || !IsGauge(now))) {
    state.annotations.AddWarning(NotAGaugeText(name), input.position);
  }
  FloatHistogram change = *now.histogram;
  if (!kind.is_counter ||
      !(StartsOver(before, now) || HasReset(*now.histogram, *before.histogram))) {
    const MergeOutcome outcome = Subtract(change, *before.histogram);
    if (!outcome.is_compatible) {
      state.annotations.AddWarning(MixedBucketSchemasText(name), input.position);
      return nullptr;
    }
    NoteMerge(state.annotations, false, outcome.reconciled_bounds, "subtraction", input.position);
  }
  change.counter_reset_hint = CounterResetHint::kGauge;
  Compact(change);
  if (kind.per_second) {
    Divide(change, static_cast<double>(now.timestamp_ms - before.timestamp_ms) / 1000);
  }
  return std::make_shared<const FloatHistogram>(std::move(change));
}

}  // namespace tocsin::promql
