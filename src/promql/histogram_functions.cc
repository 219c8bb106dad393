#include "promql/histogram_functions.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "model/number_text.h"
#include "promql/merge_series.h"
#include "promql/quantile.h"
#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

const std::string kBucketLabel = "le";

/// The name that annotations show: without delayed removal the name is gone by then.
std::string_view ShownName(const QueryContext& context, const Labels& labels) {
  if (!context.settings().delayed_name_removal) return {};
  return labels.Get(kMetricNameLabel);
}

/// Computes one output row of a histogram's buckets.
template <typename FromBuckets>
void FillRow(const ClassicHistograms::Group& group, const GridView& in, const GridView& out,
             size_t row, FromBuckets from_buckets) {
  std::vector<Bucket> buckets;
  for (size_t step = 0; step < in.steps; ++step) {
    buckets.clear();
    for (const ClassicHistograms::BucketRow& bucket : group.buckets) {
      if (!IsPresent(in.Present(bucket.row), step)) continue;
      if (in.HistogramAt(bucket.row, step) != nullptr) continue;
      buckets.push_back({bucket.upper_bound, in.Values(bucket.row)[step]});
    }
    if (buckets.empty()) continue;
    out.Values(row)[step] = from_buckets(step, buckets);
    SetPresent(out.Present(row), step);
  }
}

Status RefuseNativeHistograms(const Frame& frame, std::string_view function) {
  const GridView in = frame.view();
  for (size_t row = 0; row < in.rows; ++row) {
    for (size_t step = 0; in.Histograms(row) != nullptr && step < in.steps; ++step) {
      if (in.HistogramAt(row, step) != nullptr) return HistogramsUnsupported(function);
    }
  }
  return {};
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

ClassicHistograms::ClassicHistograms(QueryContext& context, const FramePtr& frame,
                                     PositionRange position) {
  std::unordered_map<Labels, size_t, LabelsHash> numbers;
  const GridView in = frame->view();
  for (uint32_t row = 0; row < in.rows; ++row) {
    if (!AnyPresent(in.Present(row), in.words)) continue;
    const Labels labels = frame->series().LabelsOf(row);
    const std::string_view bound = labels.Get(kBucketLabel);
    const std::optional<double> upper_bound = ParseGoFloat(bound);
    if (!upper_bound) {
      context.annotations.AddWarning(
          ForMetric("bucket label \"le\" is missing or has a malformed value of " + GoQuote(bound),
                    ShownName(context, labels)),
          position);
      continue;
    }
    Labels key = labels.Without({kBucketLabel});
    const auto [at, inserted] = numbers.try_emplace(key, groups_.size());
    if (inserted) groups_.push_back({std::move(key), {}});
    groups_[at->second].buckets.push_back({*upper_bound, row});
  }
  for (Group& group : groups_) {
    std::stable_sort(
        group.buckets.begin(), group.buckets.end(),
        [](const BucketRow& a, const BucketRow& b) { return a.upper_bound < b.upper_bound; });
  }
}

Result<FramePtr> HistogramQuantile(QueryContext& context, const FramePtr& frame,
                                   const StepRange& steps, const QuantileRequest& request) {
  TOCSIN_RETURN_IF_ERROR(RefuseNativeHistograms(*frame, "histogram_quantile()"));
  CheckQuantiles(context, request);
  const ClassicHistograms histograms(context, frame, request.vector_position);
  const size_t groups = histograms.groups().size();
  const size_t rows = groups * request.quantiles.size();
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows, steps.count, context.memory()));
  const GridView out = grid.view();
  const GridView in = frame->view();
  const auto fill = [&](size_t first, size_t count, BatchState& state) -> Status {
    for (size_t row = first; row < first + count; ++row) {
      const ClassicHistograms::Group& group = histograms.groups()[row % groups];
      const std::vector<double>& quantiles = request.quantiles[row / groups];
      FillRow(group, in, out, row, [&](size_t step, std::vector<Bucket>& buckets) {
        MonotonicityRepair repair;
        const double value = BucketQuantile(quantiles[step], buckets, repair);
        if (repair.was_needed) {
          state.annotations.AddForcedMonotonicity(
              ShownName(context, group.labels), request.vector_position,
              {steps.At(step), repair.first_bucket, repair.last_bucket, repair.max_difference});
        }
        return value;
      });
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
  TOCSIN_RETURN_IF_ERROR(RefuseNativeHistograms(*frame, "histogram_fraction()"));
  const ClassicHistograms histograms(context, frame, position);
  const size_t steps = lower.size();
  const size_t rows = histograms.groups().size();
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows, steps, context.memory()));
  std::vector<Labels> labels;
  for (size_t row = 0; row < rows; ++row) {
    const ClassicHistograms::Group& group = histograms.groups()[row];
    labels.push_back(group.labels);
    FillRow(group, frame->view(), grid.view(), row, [&](size_t step, std::vector<Bucket>& buckets) {
      return BucketFraction(lower[step], upper[step], buckets);
    });
  }
  return Finish(context, std::move(labels), std::move(grid), steps);
}

}  // namespace tocsin::promql
