#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "promql/aggregation_histograms.h"
#include "promql/kahan.h"

namespace tocsin::promql {
namespace {

/// A run of consecutive steps of a row.
struct StepRun {
  size_t first;
  size_t count;
};

/// Calls `run` for each run of present steps: one call for a complete row, where loops vectorise.
template <typename OnRun>
void ForEachRun(const uint64_t* present, size_t steps, OnRun on_run) {
  if (AllPresent(present, steps)) {
    on_run(StepRun{0, steps});
    return;
  }
  size_t begin = steps;
  size_t end = steps;
  ForEachPresent(present, PresenceWords(steps), [&](size_t step) {
    if (begin < steps && step == end) {
      ++end;
      return;
    }
    if (begin < steps) on_run(StepRun{begin, end - begin});
    begin = step;
    end = step + 1;
  });
  if (begin < steps) on_run(StepRun{begin, end - begin});
}

/// groups × steps numbers.
class Cells {
 public:
  Cells(size_t groups, size_t steps, double initial)
      : steps_(steps), cells_(groups * steps, initial) {}
  double* Of(size_t group) { return cells_.data() + group * steps_; }

 private:
  size_t steps_;
  std::vector<double> cells_;
};

/// Folds the floats of rows into cells, one group's run of steps at a time.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  virtual void Add(size_t group, StepRun run, const double* values) = 0;
  /// Writes what came out to present steps.
  virtual void Finish(size_t group, size_t step, double& out) = 0;
};

class Sum final : public Accumulator {
 public:
  // From -0 every first value comes out as itself, -0 too, as if the first one were stored.
  Sum(size_t groups, size_t steps) : sum_(groups, steps, -0.0), rest_(groups, steps, 0) {}

  void Add(size_t group, StepRun run, const double* values) override {
    double* __restrict sum = sum_.Of(group) + run.first;
    double* __restrict rest = rest_.Of(group) + run.first;
    const double* __restrict added = values + run.first;
    for (size_t i = 0; i < run.count; ++i) {
      // KahanSum::Add without branches, so that it vectorises.
      const double total = sum[i] + added[i];
      const bool sum_is_larger = std::abs(sum[i]) >= std::abs(added[i]);
      const double larger = sum_is_larger ? sum[i] : added[i];
      const double smaller = sum_is_larger ? added[i] : sum[i];
      const double next_rest = rest[i] + ((larger - total) + smaller);
      rest[i] = std::abs(total) == std::numeric_limits<double>::infinity() ? 0.0 : next_rest;
      sum[i] = total;
    }
  }
  void Finish(size_t group, size_t step, double& out) override {
    out = sum_.Of(group)[step] + rest_.Of(group)[step];
  }

 private:
  Cells sum_;
  Cells rest_;
};

class Average final : public Accumulator {
 public:
  Average(size_t groups, size_t steps)
      : sum_(groups, steps, -0.0),
        rest_(groups, steps, 0),
        count_(groups, steps, 0),
        is_running_mean_(groups * steps),
        steps_(steps) {}

  void Add(size_t group, StepRun run, const double* values) override {
    double* sums = sum_.Of(group);
    double* rests = rest_.Of(group);
    double* counts = count_.Of(group);
    for (size_t step = run.first; step < run.first + run.count; ++step) {
      const double count = ++counts[step];
      KahanSum cell{sums[step], rests[step]};
      AddOne(group * steps_ + step, values[step], count, cell);
      sums[step] = cell.sum;
      rests[step] = cell.compensation;
    }
  }
  void Finish(size_t group, size_t step, double& out) override {
    const double sum = sum_.Of(group)[step];
    const double rest = rest_.Of(group)[step];
    const double count = count_.Of(group)[step];
    out = is_running_mean_[group * steps_ + step] ? sum + rest : sum / count + rest / count;
  }

 private:
  /// Sums up until that would overflow; from there on `cell` is the running mean.
  void AddOne(size_t index, double value, double count, KahanSum& cell) {
    if (!is_running_mean_[index]) {
      KahanSum next = cell;
      next.Add(value);
      // The first value is taken as it is, infinite or not.
      if (!std::isinf(next.sum) || count == 1) {
        cell = next;
        return;
      }
      is_running_mean_[index] = true;
      cell.sum /= count - 1;
      cell.compensation /= count - 1;
    }
    const double kept = (count - 1) / count;
    cell = {kept * cell.sum, kept * cell.compensation};
    cell.Add(value / count);
  }

  Cells sum_;
  Cells rest_;
  Cells count_;
  std::vector<bool> is_running_mean_;
  size_t steps_;
};

class Count final : public Accumulator {
 public:
  Count(size_t groups, size_t steps) : count_(groups, steps, 0) {}
  void Add(size_t group, StepRun run, const double*) override {
    double* count = count_.Of(group) + run.first;
    for (size_t i = 0; i < run.count; ++i) count[i] += 1;
  }
  void Finish(size_t group, size_t step, double& out) override { out = count_.Of(group)[step]; }

 private:
  Cells count_;
};

class Group final : public Accumulator {
 public:
  void Add(size_t, StepRun, const double*) override {}
  void Finish(size_t, size_t, double& out) override { out = 1; }
};

/// min and max: a NaN is replaced by anything.
template <bool kIsMin>
class Extreme final : public Accumulator {
 public:
  Extreme(size_t groups, size_t steps)
      : best_(groups, steps, std::numeric_limits<double>::quiet_NaN()) {}
  void Add(size_t group, StepRun run, const double* values) override {
    double* __restrict best = best_.Of(group) + run.first;
    const double* __restrict added = values + run.first;
    for (size_t i = 0; i < run.count; ++i) {
      const bool keeps = kIsMin ? best[i] <= added[i] : best[i] >= added[i];
      const bool added_is_nan = added[i] != added[i];
      best[i] = keeps || added_is_nan ? best[i] : added[i];
    }
  }
  void Finish(size_t group, size_t step, double& out) override { out = best_.Of(group)[step]; }

 private:
  Cells best_;
};

/// stdvar and stddev by Welford's algorithm.
class Variance final : public Accumulator {
 public:
  Variance(size_t groups, size_t steps, bool root)
      : mean_(groups, steps, 0),
        squares_(groups, steps, 0),
        count_(groups, steps, 0),
        root_(root) {}
  void Add(size_t group, StepRun run, const double* values) override {
    double* means = mean_.Of(group);
    double* squares = squares_.Of(group);
    double* counts = count_.Of(group);
    for (size_t step = run.first; step < run.first + run.count; ++step) {
      const double delta = values[step] - means[step];
      means[step] += delta / ++counts[step];
      squares[step] += delta * (values[step] - means[step]);
    }
  }
  void Finish(size_t group, size_t step, double& out) override {
    out = squares_.Of(group)[step] / count_.Of(group)[step];
    if (root_) out = std::sqrt(out);
  }

 private:
  Cells mean_;
  Cells squares_;
  Cells count_;
  const bool root_;
};

std::unique_ptr<Accumulator> MakeAccumulator(AggregateOp op, size_t groups, size_t steps) {
  switch (op) {
    case AggregateOp::kSum:
      return std::make_unique<Sum>(groups, steps);
    case AggregateOp::kAvg:
      return std::make_unique<Average>(groups, steps);
    case AggregateOp::kCount:
      return std::make_unique<Count>(groups, steps);
    case AggregateOp::kMin:
      return std::make_unique<Extreme<true>>(groups, steps);
    case AggregateOp::kMax:
      return std::make_unique<Extreme<false>>(groups, steps);
    case AggregateOp::kStddev:
      return std::make_unique<Variance>(groups, steps, true);
    case AggregateOp::kStdvar:
      return std::make_unique<Variance>(groups, steps, false);
    default:
      return std::make_unique<Group>();
  }
}

constexpr size_t kDoublesPerCell = 4;  // The widest accumulator, and the result.

/// Runs one aggregation.
class Folding {
 public:
  explicit Folding(const AggregationInput& input)
      : input_(input),
        op_(input.expr.op),
        grouping_(GroupRows(input.expr, input.rows->series())),
        drops_name_(grouping_.group_labels.size()) {}

  Result<FramePtr> Run() {
    const size_t groups = grouping_.group_labels.size();
    const size_t steps = input_.steps.count;
    // What the accumulators take goes back when the result is there.
    MemoryBudget cells(0, &input_.context.memory());
    TOCSIN_RETURN_IF_ERROR(cells.Take(groups * steps * kDoublesPerCell * sizeof(double)));
    TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(groups, steps, input_.context.memory()));
    out_ = grid.view();
    accumulator_ = MakeAccumulator(op_, groups, steps);
    TOCSIN_RETURN_IF_ERROR(FoldRows(input_.context, *input_.rows, steps,
                                    [&](size_t first, const GridView& rows) -> Status {
                                      for (size_t row = 0; row < rows.rows; ++row) {
                                        AddRow(first + row, rows, row);
                                      }
                                      return {};
                                    }));
    FinishAll();
    return MakeFrame(input_.context, GroupTable(std::move(grouping_), std::move(drops_name_)),
                     std::move(grid));
  }

 private:
  bool TakesHistograms() const { return op_ == AggregateOp::kCount || op_ == AggregateOp::kGroup; }

  void AddRow(size_t index, const GridView& rows, size_t row) {
    const uint32_t group = grouping_.group_of_series[index];
    const uint64_t* present = rows.Present(row);
    if (!AnyPresent(present, rows.words)) return;
    if (input_.rows->series().DropsName(index)) drops_name_[group] = true;
    if (rows.Histograms(row) != nullptr && !TakesHistograms()) {
      AddMixedRow(index, rows, row);
      return;
    }
    AddFloats(group, rows.Values(row), present);
  }

  void AddFloats(uint32_t group, const double* values, const uint64_t* present) {
    ForEachRun(present, out_.steps, [&](StepRun run) { accumulator_->Add(group, run, values); });
    uint64_t* group_present = out_.Present(group);
    for (size_t w = 0; w < out_.words; ++w) group_present[w] |= present[w];
  }

  bool SumsUp() const { return op_ == AggregateOp::kSum || op_ == AggregateOp::kAvg; }

  void AddMixedRow(size_t index, const GridView& rows, size_t row) {
    const uint32_t group = grouping_.group_of_series[index];
    std::vector<uint64_t> floats(rows.Present(row), rows.Present(row) + rows.words);
    std::string name;
    if (SumsUp()) {
      name = input_.rows->series().LabelsOf(index).Get(kMetricNameLabel);
      if (!histograms_) {
        histograms_.emplace(out_.rows, out_.steps, op_ == AggregateOp::kAvg,
                            input_.expr.expr->position);
      }
    }
    for (size_t step = 0; step < rows.steps; ++step) {
      const HistogramPtr* histogram = rows.HistogramAt(row, step);
      if (histogram == nullptr) continue;
      ClearPresent(floats.data(), step);
      ignored_histogram_ |= !SumsUp();
      if (SumsUp()) histograms_->Add(group, step, **histogram, name);
    }
    AddFloats(group, rows.Values(row), floats.data());
  }

  /// Where floats and histograms meet in a sum or an average, neither counts.
  void FinishHistograms(size_t group) {
    for (size_t step = 0; step < out_.steps; ++step) {
      if (!histograms_->HasAny(group, step)) continue;
      if (IsPresent(out_.Present(group), step)) {
        input_.context.annotations.AddWarning(
            "encountered a mix of histograms and floats for aggregation",
            input_.expr.expr->position);
        ClearPresent(out_.Present(group), step);
        continue;
      }
      if (HistogramPtr result = histograms_->Finish(group, step)) {
        out_.EnsureHistograms(group)[step] = std::move(result);
      }
    }
  }

  void FinishAll() {
    if (ignored_histogram_) {
      input_.context.annotations.AddInfo(HistogramIgnoredInAggregationText(AggregateOpText(op_)),
                                         input_.expr.expr->position);
    }
    for (size_t group = 0; group < out_.rows; ++group) {
      if (histograms_) FinishHistograms(group);
      double* values = out_.Values(group);
      ForEachPresent(out_.Present(group), out_.words,
                     [&](size_t step) { accumulator_->Finish(group, step, values[step]); });
      const HistogramRow* slots = out_.Histograms(group);
      for (size_t step = 0; slots != nullptr && step < out_.steps; ++step) {
        if ((*slots)[step]) SetPresent(out_.Present(group), step);
      }
    }
    if (histograms_) input_.context.annotations.Merge(histograms_->annotations());
  }

  const AggregationInput& input_;
  const AggregateOp op_;
  storage::SeriesGrouping grouping_;
  std::vector<bool> drops_name_;
  std::optional<HistogramCells> histograms_;  ///< Once a sum or an average has seen one.
  bool ignored_histogram_ = false;
  GridView out_;
  std::unique_ptr<Accumulator> accumulator_;
};

}  // namespace

Result<FramePtr> AggregateByFolding(const AggregationInput& input) { return Folding(input).Run(); }

}  // namespace tocsin::promql
