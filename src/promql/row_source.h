#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "promql/annotations.h"
#include "promql/grid.h"
#include "promql/query_context.h"
#include "promql/series_table.h"
#include "promql/step_range.h"
#include "storage/queryable.h"

namespace tocsin::promql {

/// Which samples of a series lie in the window of each step: [first[i], last[i]).
struct WindowIndex {
  std::vector<uint32_t> first;
  std::vector<uint32_t> last;
};

/// What the extrapolation of a rate's window depends on apart from the values.
struct Extrapolation {
  double sampled_seconds;
  double to_start_seconds;
  double to_end_seconds;
  double factor;  ///< With to_start_seconds as it is.
};

/// What the computation of one batch of rows needs and leaves behind. Confined to a thread at a
/// time; reused from batch to batch.
struct BatchState {
  // Scratch space, to spare allocations.
  storage::SampleBuffer samples;
  std::vector<storage::SeriesSet::Latest> latest;
  std::vector<double> sorted;
  std::vector<uint32_t> indexes;
  WindowIndex windows;
  std::vector<Extrapolation> extrapolations;  ///< By step.
  std::vector<int64_t> window_timestamps_ms;  ///< What `windows` and `extrapolations` are of.

  // Outcome.
  Annotations annotations;
  uint64_t queryable_samples = 0;
  uint64_t samples_read = 0;
  std::vector<uint64_t> samples_by_step;  ///< As in QueryContext.
};

/// Counts the samples that an operator uses at its steps, as the query's statistics want it. Made
/// with the operator, by the query's own thread. Immutable; thread-safe.
class SampleTally {
 public:
  explicit SampleTally(const QueryContext& context)
      : weight_(context.sample_weight),
        steps_(context.settings().per_step_stats ? context.query_steps().count : 0) {}

  /// Whether Add has to be called for each step; else once with all samples.
  bool by_step() const { return steps_ > 0 && weight_ > 0; }
  void Add(size_t step, uint64_t samples, BatchState& state) const;

 private:
  const uint64_t weight_;
  const size_t steps_;
};

class Frame;

/// An instant vector at all steps that computes its rows when asked, in batches: selectors and
/// functions of one series chain up without any of them holding series × steps numbers. Immutable;
/// thread-safe.
class RowSource {
 public:
  explicit RowSource(SeriesTablePtr series) : series_(std::move(series)) {}
  virtual ~RowSource() = default;

  const SeriesTable& series() const { return *series_; }
  const SeriesTablePtr& series_ptr() const { return series_; }
  size_t size() const { return series_->size(); }

  /// Computes rows [first, first + out.rows) into `out`, whose rows are all absent.
  virtual Status Compute(size_t first, const GridView& out, BatchState& state) const = 0;

  /// The rows themselves, when they are all there.
  virtual const Frame* AsFrame() const { return nullptr; }

 private:
  const SeriesTablePtr series_;
};

using RowSourcePtr = std::shared_ptr<const RowSource>;

/// The points of a frame. Shared by frames that differ in the names of their series.
struct FramePoints {
  FramePoints(Grid rows, HeldSamples samples) : grid(std::move(rows)), held(std::move(samples)) {}
  const Grid grid;
  const HeldSamples held;
};

/// An instant vector at all steps, computed. Rows may be all absent.
class Frame final : public RowSource {
 public:
  Frame(SeriesTablePtr series, std::shared_ptr<const FramePoints> points)
      : RowSource(std::move(series)), points_(std::move(points)) {}
  Status Compute(size_t first, const GridView& out, BatchState& state) const override;
  const Frame* AsFrame() const override { return this; }

  /// For reading.
  GridView view() const { return points_->grid.view(); }
  const std::shared_ptr<const FramePoints>& points() const { return points_; }

 private:
  const std::shared_ptr<const FramePoints> points_;
};

using FramePtr = std::shared_ptr<const Frame>;

/// Makes a frame of a grid, counting its points. kTooLarge beyond the query's limit.
Result<FramePtr> MakeFrame(QueryContext& context, SeriesTablePtr series, Grid grid);

/// A frame without series.
FramePtr EmptyFrame(size_t steps);

/// Computes all rows, in parallel if that pays; returns the source itself if it is a frame.
Result<FramePtr> Materialize(QueryContext& context, const RowSourcePtr& source, size_t steps);

/// Computes all rows in batches, in parallel if that pays, and hands each batch to `fold(first row,
/// rows)` in order of rows, one at a time: so a sum adds up in the order of series whatever the
/// threads. The points handed over count as held until the call returns, as they do upstream.
Status FoldRows(QueryContext& context, const RowSource& source, size_t steps,
                const std::function<Status(size_t first, const GridView& rows)>& fold);

/// Runs `body(first, count, state)` for batches that cover [0, rows), in parallel if that pays, and
/// collects what the batches leave in their states, in order. The error of the lowest batch wins.
Status ForEachBatch(
    QueryContext& context, size_t rows, size_t steps,
    const std::function<Status(size_t first, size_t count, BatchState& state)>& body);

}  // namespace tocsin::promql
