#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// Which samples beside those in the window a function sees: `anchored` the last one before it,
/// `smoothed` those around its ends, too.
enum class WindowExtension : uint8_t { kNone, kAnchored, kSmoothed };

/// The window of a range selector at each step: (end - range, end].
struct Windows {
  StepRange steps;
  int64_t range_ms = 0;
  WindowExtension extension = WindowExtension::kNone;
  int64_t reach_back_ms = 0;  ///< How far before and after the window samples are handed over.
  int64_t reach_ahead_ms = 0;
  int64_t offset_ms = 0;
  bool is_fixed = false;  ///< `@`: each step has the window that ends at fixed_end_ms.
  int64_t fixed_end_ms = 0;

  int64_t EndAt(size_t step) const { return is_fixed ? fixed_end_ms : steps.At(step) - offset_ms; }
  int64_t StartAt(size_t step) const { return EndAt(step) - range_ms; }
  int64_t first_sample_ms() const { return StartAt(0) - reach_back_ms + 1; }
  int64_t last_sample_ms() const {
    return EndAt(steps.count == 0 ? 0 : steps.count - 1) + reach_ahead_ms;
  }
};

/// The series of a range vector, whose samples can be read. Immutable; thread-safe.
class SampleSource {
 public:
  explicit SampleSource(SeriesTablePtr series) : series_(std::move(series)) {}
  virtual ~SampleSource() = default;
  const SeriesTablePtr& series_ptr() const { return series_; }
  size_t size() const { return series_->size(); }

  /// Replaces state.samples by the samples of series `index` in [start_ms, end_ms], without stale
  /// markers.
  virtual Status Read(size_t index, int64_t start_ms, int64_t end_ms, BatchState& state) const = 0;
  /// Whether the samples were made by a subquery.
  virtual bool is_subquery() const { return false; }

 private:
  const SeriesTablePtr series_;
};

using SampleSourcePtr = std::shared_ptr<const SampleSource>;

/// Samples of selected series, with start timestamps if `with_start_times`.
SampleSourcePtr MakeSelectedSamples(std::shared_ptr<const storage::SeriesSet> set,
                                    const VectorSelector& selector, bool with_start_times);

/// The steps of `frame` as samples, which were evaluated at `steps`.
SampleSourcePtr MakeSubquerySamples(FramePtr frame, const StepRange& steps);

/// All that a window function sees of one series.
struct WindowInput {
  const Windows& windows;
  std::span<const int64_t> timestamps_ms;  ///< Of floats.
  std::span<const double> values;
  std::span<const int64_t> start_timestamps_ms;  ///< Of floats; empty when none is known.
  /// By step: its floats are [first, last) of the above.
  std::span<const uint32_t> first;
  std::span<const uint32_t> last;
  std::span<const storage::HistogramSample> histograms;
  std::span<const uint32_t> first_histogram;  ///< Empty when there are no histograms at all.
  std::span<const uint32_t> last_histogram;
  /// The scalar arguments, each with a value a step, in order of arguments.
  std::span<const std::vector<double>> scalars;
  const SeriesTable& series;
  size_t series_index;
  PositionRange position;  ///< Of the range vector argument.
  bool same_timestamps;    ///< As those of the series before: BatchState::extrapolations holds.

  size_t steps() const { return first.size(); }
  uint32_t FloatsAt(size_t step) const { return last[step] - first[step]; }
  uint32_t HistogramsAt(size_t step) const {
    return first_histogram.empty() ? 0 : last_histogram[step] - first_histogram[step];
  }
  int64_t StartOfFloat(size_t index) const {
    return start_timestamps_ms.empty() ? 0 : start_timestamps_ms[index];
  }
  std::string MetricName() const;
};

/// Computes one row: the function of each step's window. The row is all absent at first.
using WindowFunction = Status (*)(const WindowInput& input, const GridView& out, size_t row,
                                  BatchState& state);

/// The function that evaluates `id` over windows, or nullptr if it takes no range vector.
WindowFunction FindWindowFunction(FunctionId id);

/// A function of a range vector as rows.
struct WindowCall {
  SampleSourcePtr samples;
  Windows windows;
  WindowFunction function = nullptr;
  std::vector<std::vector<double>> scalars;
  PositionRange position;
  bool checks_counter_name =
      false;  ///< rate and increase note names that are not those of counters.
  bool type_and_unit_labels = false;
};
RowSourcePtr MakeWindowRows(WindowCall call, SeriesTablePtr series, QueryContext& context);

}  // namespace tocsin::promql
