#include "promql/result_builder.h"

#include <algorithm>
#include <numeric>

#include "promql/merge_series.h"

namespace tocsin::promql {
namespace {

std::vector<int64_t> TimesOf(const StepRange& steps) {
  std::vector<int64_t> times(steps.count);
  for (size_t step = 0; step < steps.count; ++step) times[step] = steps.At(step);
  return times;
}

void SortByLabels(Matrix& matrix) {
  std::sort(matrix.series.begin(), matrix.series.end(),
            [](const MatrixSeries& a, const MatrixSeries& b) { return a.labels < b.labels; });
}

MatrixSeries SeriesOf(const Frame& frame, size_t row, const StepRange& steps) {
  const GridView grid = frame.view();
  const double* values = grid.Values(row);
  MatrixSeries series;
  series.labels = frame.series().LabelsOf(row);
  if (grid.Histograms(row) == nullptr && AllPresent(grid.Present(row), grid.steps)) {
    series.values.assign(values, values + grid.steps);
    return series;
  }
  ForEachPresent(grid.Present(row), grid.words, [&](size_t step) {
    if (const HistogramPtr* histogram = grid.HistogramAt(row, step)) {
      series.histograms.push_back({steps.At(step), *histogram});
      return;
    }
    series.steps.push_back(static_cast<uint32_t>(step));
    series.values.push_back(values[step]);
  });
  return series;
}

/// The samples of one series, before they refer to the matrix' timestamps.
struct Samples {
  Labels labels;
  storage::SampleBuffer points;
};

/// All timestamps of all float points, once each.
std::vector<int64_t> UnionOfTimes(const std::vector<Samples>& all) {
  std::vector<int64_t> times;
  for (const Samples& samples : all) {
    const std::vector<int64_t>& more = samples.points.timestamps_ms;
    if (more == times) continue;
    const auto middle = static_cast<ptrdiff_t>(times.size());
    times.insert(times.end(), more.begin(), more.end());
    std::inplace_merge(times.begin(), times.begin() + middle, times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
  }
  return times;
}

MatrixSeries SeriesOf(Samples samples, const std::vector<int64_t>& times) {
  MatrixSeries series;
  series.labels = std::move(samples.labels);
  series.values = std::move(samples.points.values);
  for (storage::HistogramSample& sample : samples.points.histograms) {
    series.histograms.push_back({sample.timestamp_ms, std::move(sample.histogram)});
  }
  if (samples.points.timestamps_ms.size() == times.size()) return series;
  size_t at = 0;
  for (const int64_t timestamp_ms : samples.points.timestamps_ms) {
    while (times[at] != timestamp_ms) ++at;
    series.steps.push_back(static_cast<uint32_t>(at));
  }
  return series;
}

}  // namespace

Result<FramePtr> RemovePendingNames(QueryContext& context, const FramePtr& frame) {
  if (!context.settings().delayed_name_removal) return frame;
  const std::vector<bool> drops_name = AllDropsName(frame->series());
  std::vector<Labels> labels = AllLabels(frame->series());
  for (size_t i = 0; i < drops_name.size(); ++i) {
    if (drops_name[i]) labels[i] = DropReservedLabels(labels[i]);
  }
  const size_t steps = frame->view().steps;
  TOCSIN_ASSIGN_OR_RETURN(
      const RowSourcePtr renamed,
      Rename(context, frame, std::make_shared<LabelList>(std::move(labels)), steps));
  return Materialize(context, renamed, steps);
}

InstantVector ToInstantVector(const Frame& frame, int64_t time_ms) {
  const GridView grid = frame.view();
  InstantVector vector;
  vector.reserve(grid.rows);
  for (size_t row = 0; row < grid.rows; ++row) {
    if (grid.steps == 0 || !IsPresent(grid.Present(row), 0)) continue;
    VectorElement element;
    element.labels = frame.series().LabelsOf(row);
    element.timestamp_ms = time_ms;
    if (const HistogramPtr* histogram = grid.HistogramAt(row, 0)) {
      element.histogram = *histogram;
    } else {
      element.value = grid.Values(row)[0];
    }
    vector.push_back(std::move(element));
  }
  return vector;
}

Matrix ToMatrix(const Frame& frame, const StepRange& steps) {
  Matrix matrix;
  matrix.timestamps_ms = TimesOf(steps);
  for (size_t row = 0; row < frame.size(); ++row) {
    if (!AnyPresent(frame.view().Present(row), frame.view().words)) continue;
    matrix.series.push_back(SeriesOf(frame, row, steps));
  }
  SortByLabels(matrix);
  return matrix;
}

Result<Matrix> ToMatrix(QueryContext& context, const RangeVector& range) {
  const SeriesTable& table = *range.samples->series_ptr();
  std::vector<Samples> all;
  BatchState state;
  for (size_t i = 0; i < table.size(); ++i) {
    TOCSIN_RETURN_IF_ERROR(context.CheckRunning());
    TOCSIN_RETURN_IF_ERROR(range.samples->Read(i, range.windows.first_sample_ms(),
                                               range.windows.last_sample_ms(), state));
    const size_t count = state.samples.values.size() + state.samples.histograms.size();
    if (count == 0) continue;
    TOCSIN_RETURN_IF_ERROR(context.HoldSamples(count));
    context.queryable_samples += count;
    if (context.settings().per_step_stats) {
      context.samples_by_step.resize(1);
      context.samples_by_step[0] += count;
    }
    Labels labels = table.LabelsOf(i);
    if (table.DropsName(i)) labels = DropReservedLabels(labels);
    all.push_back({std::move(labels), std::move(state.samples)});
  }
  context.samples_read += state.samples_read;
  Matrix matrix;
  matrix.timestamps_ms = UnionOfTimes(all);
  for (Samples& samples : all) {
    matrix.series.push_back(SeriesOf(std::move(samples), matrix.timestamps_ms));
  }
  SortByLabels(matrix);
  return matrix;
}

Matrix ToMatrix(std::vector<double> values, const StepRange& steps) {
  Matrix matrix;
  matrix.timestamps_ms = TimesOf(steps);
  matrix.series.push_back({{}, {}, std::move(values), {}});
  return matrix;
}

}  // namespace tocsin::promql
