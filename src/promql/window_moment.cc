#include <cmath>

#include "promql/histogram_sum.h"
#include "promql/kahan.h"
#include "promql/window_rate.h"

namespace tocsin::promql {
namespace {

/// What a step's histograms come to. Null, with a warning, if they do not fit together.
template <typename Accumulator>
HistogramPtr Accumulate(const WindowInput& input, size_t step, BatchState& state) {
  const auto window =
      input.histograms.subspan(input.first_histogram[step], input.HistogramsAt(step));
  Accumulator total(*window[0].histogram);
  bool fits = true;
  for (const storage::HistogramSample& sample : window.subspan(1)) {
    fits = fits && total.Add(*sample.histogram);
  }
  NoteMerge(state.annotations, total.has_hint_collision(), total.reconciled_bounds(), "aggregation",
            input.position);
  if (!fits) {
    state.annotations.AddWarning(MixedBucketSchemasText(input.MetricName()), input.position);
    return nullptr;
  }
  return std::make_shared<const FloatHistogram>(total.Result());
}

/// Does the steps that have histograms: alone they are accumulated, beside floats neither counts.
template <typename Accumulator>
void FillHistograms(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  for (size_t step = 0; !input.histograms.empty() && step < out.steps; ++step) {
    if (input.HistogramsAt(step) == 0) continue;
    if (input.FloatsAt(step) == 0) {
      PutHistogram(out, row, step, Accumulate<Accumulator>(input, step, state));
      continue;
    }
    state.annotations.AddWarning(MixedFloatsAndHistogramsText(input.MetricName()), input.position);
    ClearPresent(out.Present(row), step);
  }
}

/// prefix[i] is the sum of the first i values, when all partial sums are exact: whole numbers below
/// 2^53. Then differences of prefixes are what any careful summation of the window gives, to the
/// bit.
bool ExactPrefixSums(std::span<const double> values, std::vector<double>& prefix) {
  constexpr double kExactLimit = 9007199254740992.0;  // 2^53
  prefix.resize(values.size() + 1);
  double sum = 0;
  double magnitude = 0;
  bool whole = true;
  prefix[0] = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    magnitude += std::abs(values[i]);
    whole &= values[i] == std::trunc(values[i]);
    prefix[i + 1] = sum;
  }
  return whole && magnitude < kExactLimit;
}

double CompensatedSum(std::span<const double> window) {
  KahanSum sum;
  for (const double value : window) sum.Add(value);
  return std::isinf(sum.sum) ? sum.sum : sum.value();
}

/// The sum divided by the count; from where the sum overflows on, a running mean.
double Mean(std::span<const double> window) {
  KahanSum sum{window[0], 0};
  double count = 1;
  for (size_t i = 1; i < window.size(); ++i, ++count) {
    KahanSum next = sum;
    next.Add(window[i]);
    if (std::isinf(next.sum)) break;
    sum = next;
  }
  if (static_cast<size_t>(count) == window.size()) {
    return sum.sum / count + sum.compensation / count;
  }
  KahanSum mean{sum.sum / count, sum.compensation / count};
  for (auto i = static_cast<size_t>(count); i < window.size(); ++i) {
    count = static_cast<double>(i + 1);
    const double kept = (count - 1) / count;
    mean = {kept * mean.sum, kept * mean.compensation};
    mean.Add(window[i] / count);
  }
  return mean.value();
}

/// Welford's algorithm, both running values compensated.
double Variance(std::span<const double> window) {
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (const double value : window) {
    ++count;
    const double delta = value - mean.value();
    mean.Add(delta / count);
    squares.Add(delta * (value - mean.value()));
  }
  return squares.value() / count;
}

std::span<const double> Window(const WindowInput& input, size_t step) {
  return input.values.subspan(input.first[step], input.FloatsAt(step));
}

}  // namespace

Status SumOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  if (ExactPrefixSums(input.values, state.sorted)) {
    const std::vector<double>& prefix = state.sorted;
    FillFloats(input, out, row, 1,
               [&](size_t step) { return prefix[input.last[step]] - prefix[input.first[step]]; });
  } else {
    FillFloats(input, out, row, 1,
               [&](size_t step) { return CompensatedSum(Window(input, step)); });
  }
  FillHistograms<HistogramSum>(input, out, row, state);
  return {};
}

Status AvgOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  if (ExactPrefixSums(input.values, state.sorted)) {
    const std::vector<double>& prefix = state.sorted;
    FillFloats(input, out, row, 1, [&](size_t step) {
      return (prefix[input.last[step]] - prefix[input.first[step]]) / input.FloatsAt(step);
    });
  } else {
    FillFloats(input, out, row, 1, [&](size_t step) { return Mean(Window(input, step)); });
  }
  FillHistograms<HistogramMean>(input, out, row, state);
  return {};
}

Status StddevOverTime(const WindowInput& input, const GridView& out, size_t row,
                      BatchState& state) {
  NoteIgnoredHistograms(input, state);
  FillFloats(input, out, row, 1,
             [&](size_t step) { return std::sqrt(Variance(Window(input, step))); });
  return {};
}

Status StdvarOverTime(const WindowInput& input, const GridView& out, size_t row,
                      BatchState& state) {
  NoteIgnoredHistograms(input, state);
  FillFloats(input, out, row, 1, [&](size_t step) { return Variance(Window(input, step)); });
  return {};
}

}  // namespace tocsin::promql
