#include <cmath>
#include <limits>

#include "promql/kahan.h"
#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

struct Line {
  double slope;
  double intercept;
};

bool IsConstant(std::span<const double> values) {
  for (const double value : values) {
    if (value != values[0]) return false;
  }
  return true;
}

/// Least squares through a window; the intercept is the value at `at_ms`.
Line FitLine(const WindowInput& input, size_t step, int64_t at_ms) {
  const uint32_t first = input.first[step];
  const std::span<const double> values = input.values.subspan(first, input.FloatsAt(step));
  if (IsConstant(values)) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (std::isinf(values[0])) return {kNan, kNan};
    return {0, values[0]};
  }
  KahanSum x_sum, y_sum, xy_sum, xx_sum;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(input.timestamps_ms[first + i] - at_ms) / 1e3;
    x_sum.Add(x);
    y_sum.Add(values[i]);
    xy_sum.Add(x * values[i]);
    xx_sum.Add(x * x);
  }
  const auto n = static_cast<double>(values.size());
  const double covariance = xy_sum.value() - x_sum.value() * y_sum.value() / n;
  const double variance = xx_sum.value() - x_sum.value() * x_sum.value() / n;
  const double slope = covariance / variance;
  return {slope, y_sum.value() / n - slope * x_sum.value() / n};
}

Status CheckFactor(double factor, std::string_view name) {
  if (factor > 0 && factor < 1) return {};
  if (std::isnan(factor)) return {};  // Upstream's comparisons let NaN pass.
  return Errorf(ErrorCode::kInvalidArgument, "invalid {} factor. Expected: 0 < {} < 1, got: {:f}",
                name, name == "smoothing" ? "sf" : "tf", factor);
}

double Smooth(std::span<const double> values, double smoothing, double trend) {
  double before = 0;
  double smoothed = values[0];
  double slope = values[1] - values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    if (i > 1) slope = trend * (smoothed - before) + (1 - trend) * slope;
    const double next = smoothing * values[i] + (1 - smoothing) * (smoothed + slope);
    before = smoothed;
    smoothed = next;
  }
  return smoothed;
}

}  // namespace

Status Deriv(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  NoteIgnoredHistograms(input, state);
  FillFloats(input, out, row, 2, [&](size_t step) {
    return FitLine(input, step, input.timestamps_ms[input.first[step]]).slope;
  });
  return {};
}

Status PredictLinear(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  NoteIgnoredHistograms(input, state);
  FillFloats(input, out, row, 2, [&](size_t step) {
    const Line line = FitLine(input, step, input.windows.steps.At(step));
    return line.slope * input.scalars[0][step] + line.intercept;
  });
  return {};
}

Status DoubleExponentialSmoothing(const WindowInput& input, const GridView& out, size_t row,
                                  BatchState& state) {
  NoteIgnoredHistograms(input, state);
  for (size_t step = 0; step < out.steps; ++step) {
    if (input.FloatsAt(step) + input.HistogramsAt(step) == 0) continue;
    TOCSIN_RETURN_IF_ERROR(CheckFactor(input.scalars[0][step], "smoothing"));
    TOCSIN_RETURN_IF_ERROR(CheckFactor(input.scalars[1][step], "trend"));
  }
  FillFloats(input, out, row, 2, [&](size_t step) {
    const auto window = input.values.subspan(input.first[step], input.FloatsAt(step));
    return Smooth(window, input.scalars[0][step], input.scalars[1][step]);
  });
  return {};
}

}  // namespace tocsin::promql
