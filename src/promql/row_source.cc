#include "promql/row_source.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace tocsin::promql {
namespace {

// A batch is what fits the L2 cache beside the decoded samples of a series: 8 Ki doubles are 64
// KiB.
constexpr size_t kBatchValues = 8192;
constexpr size_t kMinBatchRows = 8;
constexpr size_t kMaxBatchRows = 1024;
// Below this many values (about half a millisecond of work) handing batches to threads costs more
// than it brings. Instant queries count as kStepsOfARead steps a series, which is what a read
// costs.
constexpr size_t kParallelValues = 64 * 1024;
constexpr size_t kStepsOfARead = 16;

size_t BatchRows(size_t steps) {
  return std::clamp(kBatchValues / std::max<size_t>(steps, 1), kMinBatchRows, kMaxBatchRows);
}

bool PaysInParallel(const QueryContext& context, size_t rows, size_t steps) {
  return context.pool().thread_count() > 0 && rows > BatchRows(steps) &&
         rows * std::max(steps, kStepsOfARead) >= kParallelValues;
}

void Collect(QueryContext& context, BatchState& state) {
  context.annotations.Merge(state.annotations);
  state.annotations = {};
  context.queryable_samples += state.queryable_samples;
  context.samples_read += state.samples_read;
  state.queryable_samples = state.samples_read = 0;
  context.samples_by_step.resize(
      std::max(context.samples_by_step.size(), state.samples_by_step.size()));
  for (size_t step = 0; step < state.samples_by_step.size(); ++step) {
    context.samples_by_step[step] += std::exchange(state.samples_by_step[step], 0);
  }
}

/// Runs batches on the pool; `compute` anywhere, `finish` in order of batches and one at a time.
class OrderedBatches {
 public:
  struct Batch {
    BatchState state;
    std::optional<Grid> rows;
    Status status;
  };
  using Step = std::function<Status(size_t batch, Batch& work)>;

  OrderedBatches(QueryContext& context, Step compute, Step finish)
      : context_(context), compute_(std::move(compute)), finish_(std::move(finish)) {}

  Status Run(size_t batches, bool parallel) {
    if (!parallel) return RunHere(batches);
    context_.pool().ParallelFor(batches, [this](size_t batch) { RunOne(batch); });
    return error_;
  }

 private:
  Status RunHere(size_t batches) {
    Batch work;
    for (size_t batch = 0; batch < batches; ++batch) {
      TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
      TOCSIN_RETURN_IF_ERROR(compute_(batch, work));
      Collect(context_, work.state);
      TOCSIN_RETURN_IF_ERROR(finish_(batch, work));
    }
    return {};
  }

  void RunOne(size_t batch) {
    std::unique_ptr<Batch> work = TakeIdle();
    work->status = context_.CheckRunning();
    if (work->status && batch < first_failed_.load()) work->status = compute_(batch, *work);
    if (!work->status) LowerFirstFailed(batch);
    MutexLock lock(mutex_);
    done_.emplace(batch, std::move(work));
    FinishReadyLocked();
  }

  std::unique_ptr<Batch> TakeIdle() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (idle_.empty()) return std::make_unique<Batch>();
    std::unique_ptr<Batch> work = std::move(idle_.back());
    idle_.pop_back();
    return work;
  }

  // The thread that completes the lowest open batch finishes it and those that waited for it; the
  // lock is free meanwhile and `is_finishing_` keeps the others out.
  void FinishReadyLocked() REQUIRES(mutex_) {
    if (is_finishing_) return;
    is_finishing_ = true;
    while (!done_.empty() && done_.begin()->first == next_) {
      std::unique_ptr<Batch> work = std::move(done_.begin()->second);
      done_.erase(done_.begin());
      if (!work->status && error_) error_ = work->status;
      const size_t batch = next_++;
      if (error_) {
        mutex_.Unlock();
        Status finished = FinishOne(batch, *work);
        mutex_.Lock();
        if (!finished) error_ = finished;
      }
      work->status = {};
      idle_.push_back(std::move(work));
    }
    is_finishing_ = false;
  }

  Status FinishOne(size_t batch, Batch& work) {
    Collect(context_, work.state);
    Status status = finish_(batch, work);
    if (!status) LowerFirstFailed(batch);
    return status;
  }

  void LowerFirstFailed(size_t batch) {
    size_t seen = first_failed_.load();
    while (batch < seen && !first_failed_.compare_exchange_weak(seen, batch)) {
    }
  }

  QueryContext& context_;
  const Step compute_;
  const Step finish_;
  std::atomic<size_t> first_failed_{SIZE_MAX};  // Later batches need not be computed.
  Mutex mutex_;
  std::map<size_t, std::unique_ptr<Batch>> done_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Batch>> idle_ GUARDED_BY(mutex_);
  size_t next_ GUARDED_BY(mutex_) = 0;
  bool is_finishing_ GUARDED_BY(mutex_) = false;
  Status error_;  // Of the lowest batch that failed; written under the lock, read when all is done.
};

uint64_t CountPoints(const GridView& grid) {
  uint64_t points = CountPresent(grid.present, grid.rows * grid.words);
  for (size_t row = 0; row < grid.rows; ++row) {
    const HistogramRow* slots = grid.Histograms(row);
    for (size_t step = 0; slots != nullptr && step < grid.steps; ++step) {
      if ((*slots)[step]) points += SampleWeight(*(*slots)[step]) - 1;
    }
  }
  return points;
}

void ClearAll(const GridView& grid) {
  std::fill_n(grid.present, grid.rows * grid.words, 0);
  for (size_t row = 0; row < grid.rows; ++row) grid.histograms[row].reset();
}

}  // namespace

void SampleTally::Add(size_t step, uint64_t samples, BatchState& state) const {
  state.queryable_samples += samples * weight_;
  if (!by_step()) return;
  state.samples_by_step.resize(steps_);
  if (weight_ == 1) {
    if (step < steps_) state.samples_by_step[step] += samples;
    return;
  }
  for (uint64_t& at_step : state.samples_by_step) at_step += samples;
}

Status Frame::Compute(size_t first, const GridView& out, BatchState&) const {
  const GridView own = view();
  for (size_t row = 0; row < out.rows; ++row) CopyRow(own, first + row, out, row);
  return {};
}

Result<FramePtr> MakeFrame(QueryContext& context, SeriesTablePtr series, Grid grid) {
  const uint64_t points = CountPoints(grid.view());
  TOCSIN_RETURN_IF_ERROR(context.HoldSamples(points));
  return std::make_shared<Frame>(
      std::move(series),
      std::make_shared<FramePoints>(std::move(grid), HeldSamples(context, points)));
}

FramePtr EmptyFrame(size_t steps) {
  return std::make_shared<Frame>(std::make_shared<LabelList>(std::vector<Labels>()),
                                 std::make_shared<FramePoints>(Grid(0, steps), HeldSamples()));
}

Status ForEachBatch(
    QueryContext& context, size_t rows, size_t steps,
    const std::function<Status(size_t first, size_t count, BatchState& state)>& body) {
  const size_t batch_rows = BatchRows(steps);
  OrderedBatches batches(
      context,
      [&](size_t batch, OrderedBatches::Batch& work) {
        const size_t first = batch * batch_rows;
        return body(first, std::min(batch_rows, rows - first), work.state);
      },
      [](size_t, OrderedBatches::Batch&) { return Status{}; });
  return batches.Run((rows + batch_rows - 1) / batch_rows, PaysInParallel(context, rows, steps));
}

Result<FramePtr> Materialize(QueryContext& context, const RowSourcePtr& source, size_t steps) {
  if (source->AsFrame() != nullptr) return std::static_pointer_cast<const Frame>(source);
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(source->size(), steps, context.memory()));
  const GridView view = grid.view();
  std::atomic<uint64_t> held = 0;
  Status status = ForEachBatch(context, source->size(), steps,
                               [&](size_t first, size_t count, BatchState& state) -> Status {
                                 const GridView rows = view.Rows(first, count);
                                 TOCSIN_RETURN_IF_ERROR(source->Compute(first, rows, state));
                                 const uint64_t points = CountPoints(rows);
                                 TOCSIN_RETURN_IF_ERROR(context.HoldSamples(points));
                                 held += points;
                                 return {};
                               });
  HeldSamples samples(context, held.load());
  if (!status) return status.error();
  return std::make_shared<Frame>(
      source->series_ptr(), std::make_shared<FramePoints>(std::move(grid), std::move(samples)));
}

namespace {

Status FoldFrame(QueryContext& context, const Frame& frame, size_t steps,
                 const std::function<Status(size_t first, const GridView& rows)>& fold) {
  const size_t batch_rows = BatchRows(steps);
  for (size_t first = 0; first < frame.size(); first += batch_rows) {
    TOCSIN_RETURN_IF_ERROR(context.CheckRunning());
    const size_t count = std::min(batch_rows, frame.size() - first);
    TOCSIN_RETURN_IF_ERROR(fold(first, frame.view().Rows(first, count)));
  }
  return {};
}

}  // namespace

Status FoldRows(QueryContext& context, const RowSource& source, size_t steps,
                const std::function<Status(size_t first, const GridView& rows)>& fold) {
  if (const Frame* frame = source.AsFrame()) return FoldFrame(context, *frame, steps, fold);
  const size_t rows = source.size();
  const size_t batch_rows = BatchRows(steps);
  std::atomic<uint64_t> held = 0;
  OrderedBatches batches(
      context,
      [&](size_t batch, OrderedBatches::Batch& work) -> Status {
        const size_t first = batch * batch_rows;
        if (!work.rows) work.rows.emplace(batch_rows, steps);
        const GridView out = work.rows->view().Rows(0, std::min(batch_rows, rows - first));
        ClearAll(out);
        TOCSIN_RETURN_IF_ERROR(source.Compute(first, out, work.state));
        const uint64_t points = CountPoints(out);
        TOCSIN_RETURN_IF_ERROR(context.HoldSamples(points));
        held += points;
        return {};
      },
      [&](size_t batch, OrderedBatches::Batch& work) {
        const size_t first = batch * batch_rows;
        return fold(first, work.rows->view().Rows(0, std::min(batch_rows, rows - first)));
      });
  const Status status =
      batches.Run((rows + batch_rows - 1) / batch_rows, PaysInParallel(context, rows, steps));
  context.ReleaseSamples(held.load());
  return status;
}

}  // namespace tocsin::promql
