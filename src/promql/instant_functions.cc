#include "promql/instant_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "model/float_histogram_buckets.h"
#include "promql/kahan.h"

namespace tocsin::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class MappedRows final : public RowSource {
 public:
  MappedRows(RowSourcePtr inner, RowChange change)
      : RowSource(inner->series_ptr()), inner_(std::move(inner)), change_(std::move(change)) {}
  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    TOCSIN_RETURN_IF_ERROR(inner_->Compute(first, out, state));
    for (size_t row = 0; row < out.rows; ++row) change_(out, row);
    return {};
  }

 private:
  const RowSourcePtr inner_;
  const RowChange change_;
};

using FloatFunction = double (*)(double);

double Radians(double degrees) { return degrees * std::numbers::pi / 180; }
double Degrees(double radians) { return radians * 180 / std::numbers::pi; }
double Sign(double value) { return value < 0 ? -1 : value > 0 ? 1 : value; }

FloatFunction FindPlainFunction(FunctionId id) {
  switch (id) {
    case FunctionId::kAbs:
      return std::fabs;
    case FunctionId::kCeil:
      return std::ceil;
    case FunctionId::kFloor:
      return std::floor;
    case FunctionId::kExp:
      return std::exp;
    case FunctionId::kSqrt:
      return std::sqrt;
    case FunctionId::kLn:
      return std::log;
    case FunctionId::kLog2:
      return std::log2;
    case FunctionId::kLog10:
      return std::log10;
    case FunctionId::kSin:
      return std::sin;
    case FunctionId::kCos:
      return std::cos;
    case FunctionId::kTan:
      return std::tan;
    case FunctionId::kAsin:
      return std::asin;
    case FunctionId::kAcos:
      return std::acos;
    case FunctionId::kAtan:
      return std::atan;
    case FunctionId::kSinh:
      return std::sinh;
    case FunctionId::kCosh:
      return std::cosh;
    case FunctionId::kTanh:
      return std::tanh;
    case FunctionId::kAsinh:
      return std::asinh;
    case FunctionId::kAcosh:
      return std::acosh;
    case FunctionId::kAtanh:
      return std::atanh;
    case FunctionId::kRad:
      return Radians;
    case FunctionId::kDeg:
      return Degrees;
    case FunctionId::kSgn:
      return Sign;
    default:
      return nullptr;
  }
}

/// Go's math.Min and math.Max: NaN wins, and -0 is less than 0.
double GoMin(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
double GoMax(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

/// Values between `low` and `high`; nothing at steps where high < low.
RowChange Clamp(std::vector<double> low, std::vector<double> high) {
  return [low = std::move(low), high = std::move(high)](const GridView& rows, size_t row) {
    KeepFloatsOnly(rows, row);
    double* values = rows.Values(row);
    for (size_t step = 0; step < rows.steps; ++step) {
      if (high[step] < low[step]) ClearPresent(rows.Present(row), step);
      values[step] = GoMax(low[step], GoMin(high[step], values[step]));
    }
  };
}

RowChange Round(std::vector<double> nearest) {
  return [nearest = std::move(nearest)](const GridView& rows, size_t row) {
    KeepFloatsOnly(rows, row);
    double* values = rows.Values(row);
    for (size_t step = 0; step < rows.steps; ++step) {
      // Upstream multiplies by the inverse because that is less often off by a bit.
      const double inverse = 1.0 / (nearest.empty() ? 1.0 : nearest[step]);
      values[step] = std::floor(values[step] * inverse + 0.5) / inverse;
    }
  };
}

RowChange EachFloat(FloatFunction function) {
  return [function](const GridView& rows, size_t row) {
    KeepFloatsOnly(rows, row);
    double* values = rows.Values(row);
    ForEachPresent(rows.Present(row), rows.words,
                   [&](size_t step) { values[step] = function(values[step]); });
  };
}

using HistogramNumber = double (*)(const FloatHistogram&);

/// Where the observations of a bucket are taken to be.
double Center(const FloatHistogram& histogram, const HistogramBucket& bucket) {
  if (UsesCustomBuckets(histogram)) return (bucket.upper + bucket.lower) / 2;
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  const double center = std::sqrt(bucket.upper * bucket.lower);
  return bucket.upper < 0 ? -center : center;
}

double VarianceOf(const FloatHistogram& histogram) {
  const double mean = histogram.sum / histogram.count;
  std::vector<HistogramBucket> buckets;
  ListBuckets(histogram, buckets);
  KahanSum squares;
  for (const HistogramBucket& bucket : buckets) {
    if (bucket.count == 0) continue;
    const double delta = Center(histogram, bucket) - mean;
    squares.Add(bucket.count * delta * delta);
  }
  return squares.value() / histogram.count;
}

RowChange EachHistogram(HistogramNumber number) {
  return [number](const GridView& rows, size_t row) {
    const HistogramRow* slots = rows.Histograms(row);
    for (size_t step = 0; step < rows.steps; ++step) {
      if (slots == nullptr || !(*slots)[step]) {
        ClearPresent(rows.Present(row), step);
      } else {
        rows.Values(row)[step] = number(*(*slots)[step]);
      }
    }
    rows.histograms[row].reset();
  };
}

}  // namespace

RowSourcePtr MapRows(RowSourcePtr inner, RowChange change) {
  return std::make_shared<MappedRows>(std::move(inner), std::move(change));
}

RowChange FindFloatFunction(FunctionId id, std::vector<std::vector<double>> scalars) {
  if (const FloatFunction function = FindPlainFunction(id)) return EachFloat(function);
  if (const FloatFunction function = FindDateFunction(id)) return EachFloat(function);
  const size_t steps = scalars.empty() ? 0 : scalars[0].size();
  switch (id) {
    case FunctionId::kClamp:
      return Clamp(std::move(scalars[0]), std::move(scalars[1]));
    case FunctionId::kClampMin:
      return Clamp(std::move(scalars[0]), std::vector<double>(steps, kInfinity));
    case FunctionId::kClampMax:
      return Clamp(std::vector<double>(steps, -kInfinity), std::move(scalars[0]));
    case FunctionId::kRound:
      return Round(scalars.empty() ? std::vector<double>() : std::move(scalars[0]));
    default:
      return nullptr;
  }
}

RowChange FindHistogramFunction(FunctionId id) {
  switch (id) {
    case FunctionId::kHistogramCount:
      return EachHistogram([](const FloatHistogram& h) { return h.count; });
    case FunctionId::kHistogramSum:
      return EachHistogram([](const FloatHistogram& h) { return h.sum; });
    case FunctionId::kHistogramAvg:
      return EachHistogram([](const FloatHistogram& h) { return h.sum / h.count; });
    case FunctionId::kHistogramStdvar:
      return EachHistogram(VarianceOf);
    case FunctionId::kHistogramStddev:
      return EachHistogram([](const FloatHistogram& h) { return std::sqrt(VarianceOf(h)); });
    default:
      return nullptr;
  }
}

}  // namespace tocsin::promql
