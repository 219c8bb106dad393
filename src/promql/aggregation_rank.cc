#include <algorithm>
#include <cmath>
#include <limits>

#include "model/number_text.h"
#include "promql/aggregation.h"

namespace tocsin::promql {
namespace {

/// A candidate of a group at a step.
struct Candidate {
  double value;
  uint32_t row;
};
using Candidates = std::vector<Candidate>;

/// The worst candidate is on top. These are container/heap's sift operations of Go's library,
/// because the order among equal values shows in the answer.
class CandidateHeap {
 public:
  CandidateHeap(Candidates& items, bool is_topk) : items_(items), is_topk_(is_topk) {}

  /// Keeps the best k.
  void Offer(const Candidate& candidate, size_t k) {
    if (items_.size() < k) {
      items_.push_back(candidate);
      Up(items_.size() - 1);
      return;
    }
    const double worst = items_[0].value;
    const bool is_better = is_topk_ ? worst < candidate.value : worst > candidate.value;
    if (!is_better && !(std::isnan(worst) && !std::isnan(candidate.value))) return;
    items_[0] = candidate;
    if (k > 1) Down(0);
  }

  bool Less(const Candidate& a, const Candidate& b) const {
    if (std::isnan(a.value)) return true;
    return is_topk_ ? a.value < b.value : a.value > b.value;
  }

  /// Best first. Insertion sort is what Go's sort does with up to twelve; beyond, ties may differ.
  void SortBestFirst() {
    for (size_t i = 1; i < items_.size() && items_.size() <= kInsertionSorted; ++i) {
      for (size_t j = i; j > 0 && Less(items_[j - 1], items_[j]); --j) {
        std::swap(items_[j], items_[j - 1]);
      }
    }
    if (items_.size() <= kInsertionSorted) return;
    std::stable_sort(items_.begin(), items_.end(), [&](const Candidate& a, const Candidate& b) {
      if (std::isnan(a.value)) return false;
      return std::isnan(b.value) || Less(b, a);
    });
  }

 private:
  static constexpr size_t kInsertionSorted = 12;

  void Up(size_t child) {
    while (child > 0) {
      const size_t parent = (child - 1) / 2;
      if (!Less(items_[child], items_[parent])) return;
      std::swap(items_[parent], items_[child]);
      child = parent;
    }
  }
  void Down(size_t parent) {
    for (;;) {
      size_t child = 2 * parent + 1;
      if (child >= items_.size()) return;
      if (child + 1 < items_.size() && Less(items_[child + 1], items_[child])) ++child;
      if (!Less(items_[child], items_[parent])) return;
      std::swap(items_[parent], items_[child]);
      parent = child;
    }
  }

  Candidates& items_;
  const bool is_topk_;
};

/// The k of each step, at most the number of rows. Empty: no step selects anything.
Result<std::vector<size_t>> LimitsOf(const std::vector<double>& param, size_t rows) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  bool has_nan = false;
  for (const double k : param) {
    low = std::min(low, k);
    high = std::max(high, k);
    has_nan |= std::isnan(k);
  }
  if (high < 1 && !has_nan) return std::vector<size_t>();
  if (has_nan) return Error(ErrorCode::kInvalidArgument, "Parameter value is NaN");
  if (low <= -kTwoTo63) {
    return Errorf(ErrorCode::kInvalidArgument, "Scalar value {} underflows int64",
                  FormatFloatGeneral(low));
  }
  if (high >= kTwoTo63) {
    return Errorf(ErrorCode::kInvalidArgument, "Scalar value {} overflows int64",
                  FormatFloatGeneral(high));
  }
  std::vector<size_t> limits;
  for (const double k : param) {
    limits.push_back(k < 1 ? 0 : std::min(rows, static_cast<size_t>(k)));
  }
  return limits;
}

/// limit_ratio picks by the hash of the labels: the r·100 % of series with the lowest hashes, or
/// for a negative r those that 1 + r leaves out.
bool IsSampled(double ratio, const Labels& labels) {
  constexpr double kMaxHash = 18446744073709551616.0;  // 2^64, as float64(math.MaxUint64).
  const double offset = static_cast<double>(labels.Hash()) / kMaxHash;
  return (ratio >= 0 && offset < ratio) || (ratio < 0 && offset >= 1 + ratio);
}

/// Rows of the input that are in the output, and where.
class RankedOutput {
 public:
  explicit RankedOutput(const SeriesTable& series)
      : series_(series), output_row_(series.size(), kNone) {}

  size_t RowFor(uint32_t row) {
    if (output_row_[row] == kNone) {
      output_row_[row] = rows_.size();
      rows_.push_back(row);
    }
    return output_row_[row];
  }
  const std::vector<uint32_t>& rows() const { return rows_; }

  SeriesTablePtr Table() const {
    std::vector<Labels> labels;
    std::vector<bool> drops_name;
    for (const uint32_t row : rows_) {
      labels.push_back(series_.LabelsOf(row));
      drops_name.push_back(series_.DropsName(row));
    }
    return std::make_shared<LabelList>(std::move(labels), std::move(drops_name));
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  const SeriesTable& series_;
  std::vector<size_t> output_row_;
  std::vector<uint32_t> rows_;
};

/// topk and bottomk.
Result<FramePtr> SelectBest(const AggregationInput& input, const std::vector<size_t>& limits) {
  const bool is_topk = input.expr.op == AggregateOp::kTopK;
  const size_t steps = input.steps.count;
  const storage::SeriesGrouping grouping = GroupRows(input.expr, input.rows->series());
  const size_t cells = grouping.group_labels.size() * steps;
  // A cell holds few candidates or, for a large k, no more than its group has series.
  MemoryBudget held(0, &input.context.memory());
  TOCSIN_RETURN_IF_ERROR(held.Take(cells * sizeof(Candidates)));
  std::vector<Candidates> best(cells);
  bool saw_histogram = false;
  const auto offer = [&](size_t first, const GridView& rows) -> Status {
    for (size_t row = 0; row < rows.rows; ++row) {
      const size_t index = first + row;
      ForEachPresent(rows.Present(row), rows.words, [&](size_t step) {
        if (limits[step] == 0) return;
        if (rows.HistogramAt(row, step) != nullptr) {
          saw_histogram = true;
          return;
        }
        CandidateHeap heap(best[grouping.group_of_series[index] * steps + step], is_topk);
        heap.Offer({rows.Values(row)[step], static_cast<uint32_t>(index)}, limits[step]);
      });
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(FoldRows(input.context, *input.rows, steps, offer));
  if (saw_histogram) {
    input.context.annotations.AddInfo(
        HistogramIgnoredInAggregationText(AggregateOpText(input.expr.op)), input.expr.position);
  }
  RankedOutput output(input.rows->series());
  for (Candidates& candidates : best) {
    CandidateHeap(candidates, is_topk).SortBestFirst();
    for (const Candidate& candidate : candidates) output.RowFor(candidate.row);
  }
  TOCSIN_ASSIGN_OR_RETURN(Grid grid,
                          Grid::Make(output.rows().size(), steps, input.context.memory()));
  const GridView out = grid.view();
  for (size_t cell = 0; cell < best.size(); ++cell) {
    for (const Candidate& candidate : best[cell]) {
      const size_t row = output.RowFor(candidate.row);
      out.Values(row)[cell % steps] = candidate.value;
      SetPresent(out.Present(row), cell % steps);
    }
  }
  return MakeFrame(input.context, output.Table(), std::move(grid));
}

/// limitk and limit_ratio: `takes(row, step)` for each sample in order of series.
template <typename Takes>
Result<FramePtr> SelectSome(const AggregationInput& input, const FramePtr& frame, Takes takes) {
  const GridView in = frame->view();
  std::vector<uint64_t> taken(in.rows * in.words);
  RankedOutput output(frame->series());
  for (size_t row = 0; row < in.rows; ++row) {
    ForEachPresent(in.Present(row), in.words, [&](size_t step) {
      if (takes(row, step)) SetPresent(taken.data() + row * in.words, step);
    });
    if (AnyPresent(taken.data() + row * in.words, in.words)) {
      output.RowFor(static_cast<uint32_t>(row));
    }
  }
  TOCSIN_ASSIGN_OR_RETURN(Grid grid,
                          Grid::Make(output.rows().size(), in.steps, input.context.memory()));
  const GridView out = grid.view();
  for (size_t i = 0; i < output.rows().size(); ++i) {
    const uint32_t row = output.rows()[i];
    CopyRow(in, row, out, i);
    std::copy_n(taken.data() + row * in.words, in.words, out.Present(i));
  }
  return MakeFrame(input.context, output.Table(), std::move(grid));
}

Result<FramePtr> SelectFirst(const AggregationInput& input, const std::vector<size_t>& limits) {
  const size_t steps = input.steps.count;
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, Materialize(input.context, input.rows, steps));
  const storage::SeriesGrouping grouping = GroupRows(input.expr, frame->series());
  std::vector<size_t> counts(grouping.group_labels.size() * steps);
  return SelectSome(input, frame, [&](size_t row, size_t step) {
    return counts[grouping.group_of_series[row] * steps + step]++ < limits[step];
  });
}

Result<FramePtr> SelectRatio(const AggregationInput& input) {
  const size_t steps = input.steps.count;
  for (const double ratio : input.param) {
    if (std::isnan(ratio)) return Error(ErrorCode::kInvalidArgument, "Ratio value is NaN");
  }
  const auto warn = [&](double ratio, double limit) {
    input.context.annotations.AddWarning("ratio value should be between -1 and 1, got " +
                                             FormatFloatGeneral(ratio) + ", capping to " +
                                             FormatFloatGeneral(limit),
                                         input.expr.param->position);
  };
  const auto [low, high] = std::minmax_element(input.param.begin(), input.param.end());
  if (high != input.param.end() && *high > 1) warn(*high, 1);
  if (low != input.param.end() && *low < -1) warn(*low, -1);
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, Materialize(input.context, input.rows, steps));
  return SelectSome(input, frame, [&](size_t row, size_t step) {
    return IsSampled(std::clamp(input.param[step], -1.0, 1.0), frame->series().LabelsOf(row));
  });
}

}  // namespace

Result<FramePtr> AggregateByRank(const AggregationInput& input) {
  if (input.expr.op == AggregateOp::kLimitRatio) return SelectRatio(input);
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<size_t> limits,
                          LimitsOf(input.param, input.rows->size()));
  if (limits.empty()) return EmptyFrame(input.steps.count);
  if (input.expr.op == AggregateOp::kLimitK) return SelectFirst(input, limits);
  return SelectBest(input, limits);
}

}  // namespace tocsin::promql
