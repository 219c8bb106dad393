#include "promql/binary.h"
#include "promql/merge_series.h"

namespace tocsin::promql {
namespace {

/// By match group: the steps at which some row of a side has a value.
using GroupPresence = std::vector<uint64_t>;

Result<GroupPresence> PresenceOf(QueryContext& context, const RowSource& side,
                                 const std::vector<uint32_t>& group_of_row, size_t groups,
                                 size_t steps) {
  const size_t words = PresenceWords(steps);
  GroupPresence presence(groups * words);
  const auto collect = [&](size_t first, const GridView& rows) -> Status {
    for (size_t row = 0; row < rows.rows; ++row) {
      uint64_t* group = presence.data() + group_of_row[first + row] * words;
      for (size_t w = 0; w < words; ++w) group[w] |= rows.Present(row)[w];
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(FoldRows(context, side, steps, collect));
  return presence;
}

/// The rows of one side at the steps where its match group is (or is not) present on the other.
class MaskedRows final : public RowSource {
 public:
  MaskedRows(RowSourcePtr rows, std::vector<uint32_t> group_of_row, GroupPresence other,
             bool keeps_present)
      : RowSource(rows->series_ptr()),
        rows_(std::move(rows)),
        group_of_row_(std::move(group_of_row)),
        other_(std::move(other)),
        flip_(keeps_present ? 0 : ~uint64_t{0}) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    TOCSIN_RETURN_IF_ERROR(rows_->Compute(first, out, state));
    for (size_t row = 0; row < out.rows; ++row) {
      const uint64_t* group = other_.data() + group_of_row_[first + row] * out.words;
      for (size_t w = 0; w < out.words; ++w) out.Present(row)[w] &= group[w] ^ flip_;
      ClearAbsentHistograms(out, row);
    }
    return {};
  }

 private:
  static void ClearAbsentHistograms(const GridView& out, size_t row) {
    HistogramRow* slots = out.Histograms(row);
    for (size_t step = 0; slots != nullptr && step < out.steps; ++step) {
      if (!IsPresent(out.Present(row), step)) (*slots)[step].reset();
    }
  }

  const RowSourcePtr rows_;
  const std::vector<uint32_t> group_of_row_;
  const GroupPresence other_;
  const uint64_t flip_;
};

/// The rows of one source and then those of another.
class ConcatenatedRows final : public RowSource {
 public:
  ConcatenatedRows(RowSourcePtr first, RowSourcePtr second, SeriesTablePtr series)
      : RowSource(std::move(series)), first_(std::move(first)), second_(std::move(second)) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    const size_t split = std::min(out.rows, first < first_->size() ? first_->size() - first : 0);
    if (split > 0) TOCSIN_RETURN_IF_ERROR(first_->Compute(first, out.Rows(0, split), state));
    if (split == out.rows) return {};
    return second_->Compute(first + split - first_->size(), out.Rows(split, out.rows - split),
                            state);
  }

 private:
  const RowSourcePtr first_;
  const RowSourcePtr second_;
};

SeriesTablePtr Concatenate(const SeriesTable& first, const SeriesTable& second) {
  std::vector<Labels> labels = AllLabels(first);
  std::vector<bool> drops_name(labels.size());
  for (size_t i = 0; i < first.size(); ++i) drops_name[i] = first.DropsName(i);
  for (size_t i = 0; i < second.size(); ++i) {
    labels.push_back(second.LabelsOf(i));
    drops_name.push_back(second.DropsName(i));
  }
  return std::make_shared<LabelList>(std::move(labels), std::move(drops_name));
}

}  // namespace

Result<RowSourcePtr> SetOperation(QueryContext& context, const BinaryExpr& expr,
                                  const RowSourcePtr& left, const RowSourcePtr& right,
                                  size_t steps) {
  MatchGroups groups = FindMatchGroups(*expr.matching, left->series(), right->series());
  const size_t count = groups.labels.size();
  if (expr.op != BinaryOp::kOr) {
    TOCSIN_ASSIGN_OR_RETURN(GroupPresence presence,
                            PresenceOf(context, *right, groups.right, count, steps));
    return RowSourcePtr(std::make_shared<MaskedRows>(
        left, std::move(groups.left), std::move(presence), expr.op == BinaryOp::kAnd));
  }
  // The left side is needed twice: for what it has, and for what it covers.
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr whole_left, Materialize(context, left, steps));
  TOCSIN_ASSIGN_OR_RETURN(GroupPresence presence,
                          PresenceOf(context, *whole_left, groups.left, count, steps));
  RowSourcePtr rest =
      std::make_shared<MaskedRows>(right, std::move(groups.right), std::move(presence), false);
  SeriesTablePtr series = Concatenate(whole_left->series(), rest->series());
  RowSourcePtr both = std::make_shared<ConcatenatedRows>(whole_left, rest, series);
  return Rename(context, both, std::move(series), steps);
}

}  // namespace tocsin::promql
