#include "promql/histogram_functions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "model/number_text.h"
#include "promql/merge_series.h"
#include "promql/native_quantile.h"
#include "promql/quantile.h"

namespace tocsin::promql {
namespace {

const std::string kBucketLabel = "le";

/// The name that annotations show: without delayed removal the name is gone by then.
std::string_view ShownName(const QueryContext& context, const Labels& labels) {
  if (!context.settings().delayed_name_removal) return {};
  return labels.Get(kMetricNameLabel);
}

/// Computes one output row: `from_buckets(step, buckets)` where the histogram is classic,
/// `from_native(step, histogram)` where it is native.
template <typename FromBuckets, typename FromNative>
void FillRow(const InputHistograms::Group& group, const GridView& in, const GridView& out,
             size_t row, FromBuckets from_buckets, FromNative from_native,
             const std::function<void()>& on_mix) {
  std::vector<Bucket> buckets;
  for (size_t step = 0; step < in.steps; ++step) {
    buckets.clear();
    for (const InputHistograms::BucketRow& bucket : group.buckets) {
      if (!IsPresent(in.Present(bucket.row), step)) continue;
      if (in.HistogramAt(bucket.row, step) != nullptr) continue;
      buckets.push_back({bucket.upper_bound, in.Values(bucket.row)[step]});
    }
    const HistogramPtr* native = nullptr;
    for (const uint32_t native_row : group.native_rows) {
      if (IsPresent(in.Present(native_row), step)) native = in.HistogramAt(native_row, step);
      if (native != nullptr) break;
    }
    if (native != nullptr && !buckets.empty()) {
      on_mix();
      continue;
    }
    if (native == nullptr && buckets.empty()) continue;
    out.Values(row)[step] =
        native != nullptr ? from_native(step, **native) : from_buckets(step, buckets);
    SetPresent(out.Present(row), step);
  }
}

std::function<void()> NoteMix(const Labels& labels, PositionRange position, BatchState& state) {
  return [&labels, position, &state] {
    state.annotations.AddWarning(ForMetric("vector contains a mix of classic and native histograms",
                                           labels.Get(kMetricNameLabel)),
                                 position);
  };
}

struct RowKinds {
  bool has_floats = false;
  bool has_histograms = false;
};

RowKinds KindsOf(const GridView& in, size_t row) {
  RowKinds kinds;
  if (in.Histograms(row) == nullptr) {
    kinds.has_floats = AnyPresent(in.Present(row), in.words);
    return kinds;
  }
  ForEachPresent(in.Present(row), in.words, [&](size_t step) {
    const bool is_histogram = in.HistogramAt(row, step) != nullptr;
    (is_histogram ? kinds.has_histograms : kinds.has_floats) = true;
  });
  return kinds;
}

/// The output series, their names dropped as the query does it.
Result<FramePtr> Finish(QueryContext& context, std::vector<Labels> labels, Grid grid,
                        size_t steps) {
  TOCSIN_ASSIGN_OR_RETURN(
      const FramePtr frame,
      MakeFrame(context, std::make_shared<LabelList>(std::move(labels)), std::move(grid)));
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr nameless, DropNames(context, frame, steps));
  return Materialize(context, nameless, steps);
}

void CheckQuantiles(QueryContext& context, const QuantileRequest& request) {
  for (size_t i = 0; i < request.quantiles.size(); ++i) {
    for (const double quantile : request.quantiles[i]) {
      if (quantile >= 0 && quantile <= 1) continue;
      context.annotations.AddWarning(InvalidQuantileText(quantile), request.quantile_positions[i]);
    }
  }
}

/// The text of a quantile as label value: OpenMetrics wants a dot or an exponent in each float.
std::string QuantileText(double quantile) {
  if (quantile == 0) return "0.0";
  if (quantile == 1) return "1.0";
  std::string text = FormatFloatGeneral(quantile);
  const bool is_plain = text.find_first_of("e.NI") == std::string::npos;
  return is_plain ? text + ".0" : text;
}

}  // namespace

InputHistograms::InputHistograms(QueryContext& context, const FramePtr& frame,
                                 PositionRange position) {
  std::unordered_map<Labels, size_t, LabelsHash> numbers;
  const auto group_of = [&](Labels key) -> Group& {
    const auto [at, inserted] = numbers.try_emplace(key, groups_.size());
    if (inserted) groups_.push_back({std::move(key), {}, {}});
    return groups_[at->second];
  };
  const GridView in = frame->view();
  for (uint32_t row = 0; row < in.rows; ++row) {
    const RowKinds kinds = KindsOf(in, row);
    if (!kinds.has_floats && !kinds.has_histograms) continue;
    const Labels labels = frame->series().LabelsOf(row);
    if (kinds.has_histograms) group_of(labels).native_rows.push_back(row);
    if (!kinds.has_floats) continue;
    const std::string_view bound = labels.Get(kBucketLabel);
    const std::optional<double> upper_bound = ParseGoFloat(bound);
    if (!upper_bound) {
      context.annotations.AddWarning(
          ForMetric("bucket label \"le\" is missing or has a malformed value of " + GoQuote(bound),
                    labels.Get(kMetricNameLabel)),
          position);
      continue;
    }
    group_of(labels.Without({kBucketLabel})).buckets.push_back({*upper_bound, row});
  }
  for (Group& group : groups_) {
    std::stable_sort(
        group.buckets.begin(), group.buckets.end(),
        [](const BucketRow& a, const BucketRow& b) { return a.upper_bound < b.upper_bound; });
  }
}

Result<FramePtr> HistogramQuantile(QueryContext& context, const FramePtr& frame,
                                   const StepRange& steps, const QuantileRequest& request) {
  CheckQuantiles(context, request);
  const InputHistograms histograms(context, frame, request.vector_position);
  const size_t groups = histograms.groups().size();
  const size_t rows = groups * request.quantiles.size();
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows, steps.count, context.memory()));
  const GridView out = grid.view();
  const GridView in = frame->view();
  const auto fill = [&](size_t first, size_t count, BatchState& state) -> Status {
    for (size_t row = first; row < first + count; ++row) {
      const InputHistograms::Group& group = histograms.groups()[row % groups];
      const std::vector<double>& quantiles = request.quantiles[row / groups];
      const auto from_buckets = [&](size_t step, std::vector<Bucket>& buckets) {
        MonotonicityRepair repair;
        const double value = BucketQuantile(quantiles[step], buckets, repair);
        if (repair.was_needed) {
          state.annotations.AddForcedMonotonicity(
              ShownName(context, group.labels), request.vector_position,
              {steps.At(step), repair.first_bucket, repair.last_bucket, repair.max_difference});
        }
        return value;
      };
      std::vector<HistogramBucket> scratch;
      const auto from_native = [&](size_t step, const FloatHistogram& histogram) {
        const NativeAnswer answer = NativeQuantile(quantiles[step], histogram, scratch);
        if (answer.nan_effect != NanEffect::kNone) {
          state.annotations.AddInfo(
              ForMetric(answer.nan_effect == NanEffect::kIsNan
                            ? "input to histogram_quantile has NaN observations, result is NaN"
                            : "input to histogram_quantile has NaN observations, result is skewed "
                              "higher",
                        ShownName(context, group.labels)),
              request.vector_position);
        }
        return answer.value;
      };
      FillRow(group, in, out, row, from_buckets, from_native,
              NoteMix(group.labels, request.vector_position, state));
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(ForEachBatch(context, rows, steps.count, fill));
  std::vector<Labels> labels;
  for (size_t row = 0; row < rows; ++row) {
    LabelsBuilder builder(histograms.groups()[row % groups].labels);
    if (!request.label.empty()) {
      builder.Set(request.label, QuantileText(request.quantiles[row / groups][0]));
    }
    labels.push_back(builder.Build());
  }
  return Finish(context, std::move(labels), std::move(grid), steps.count);
}

Result<FramePtr> HistogramFraction(QueryContext& context, const FramePtr& frame,
                                   const std::vector<double>& lower,
                                   const std::vector<double>& upper, PositionRange position) {
  const InputHistograms histograms(context, frame, position);
  const size_t steps = lower.size();
  const size_t rows = histograms.groups().size();
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows, steps, context.memory()));
  std::vector<Labels> labels;
  std::vector<HistogramBucket> scratch;
  BatchState state;
  for (size_t row = 0; row < rows; ++row) {
    const InputHistograms::Group& group = histograms.groups()[row];
    labels.push_back(group.labels);
    const auto from_buckets = [&](size_t step, std::vector<Bucket>& buckets) {
      return BucketFraction(lower[step], upper[step], buckets);
    };
    const auto from_native = [&](size_t step, const FloatHistogram& histogram) {
      const NativeAnswer answer = NativeFraction(lower[step], upper[step], histogram, scratch);
      if (answer.nan_effect != NanEffect::kNone) {
        state.annotations.AddInfo(
            ForMetric("input to histogram_fraction has NaN observations, which are excluded from "
                      "all fractions",
                      ShownName(context, group.labels)),
            position);
      }
      return answer.value;
    };
    FillRow(group, frame->view(), grid.view(), row, from_buckets, from_native,
            NoteMix(group.labels, position, state));
  }
  context.annotations.Merge(state.annotations);
  return Finish(context, std::move(labels), std::move(grid), steps);
}

}  // namespace tocsin::promql
