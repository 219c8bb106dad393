#include "promql/merge_series.h"

#include <unordered_map>
#include <unordered_set>

namespace tocsin::promql {
namespace {

/// The rows of one source under the names of another table.
class RenamedRows final : public RowSource {
 public:
  RenamedRows(RowSourcePtr inner, SeriesTablePtr series)
      : RowSource(std::move(series)), inner_(std::move(inner)) {}
  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    return inner_->Compute(first, out, state);
  }

 private:
  const RowSourcePtr inner_;
};

Error SameLabelsetError() {
  return Error(ErrorCode::kInvalidArgument, "vector cannot contain metrics with the same labelset");
}

/// Adds a row to another; false when both have a value at the same step.
bool AddRow(const GridView& from, size_t from_row, const GridView& to, size_t to_row) {
  uint64_t* present = to.Present(to_row);
  for (size_t w = 0; w < to.words; ++w) {
    if (present[w] & from.Present(from_row)[w]) return false;
  }
  ForEachPresent(from.Present(from_row), from.words, [&](size_t step) {
    to.Values(to_row)[step] = from.Values(from_row)[step];
    if (const HistogramPtr* histogram = from.HistogramAt(from_row, step)) {
      to.EnsureHistograms(to_row)[step] = *histogram;
    }
    SetPresent(present, step);
  });
  return true;
}

Result<FramePtr> Merge(QueryContext& context, const Frame& frame) {
  const GridView from = frame.view();
  std::unordered_map<Labels, size_t, LabelsHash> rows;
  std::vector<size_t> row_of(frame.size());
  std::vector<Labels> labels;
  std::vector<bool> drops_name;
  for (size_t i = 0; i < frame.size(); ++i) {
    Labels name = frame.series().LabelsOf(i);
    const auto [at, inserted] = rows.try_emplace(name, labels.size());
    row_of[i] = at->second;
    if (!inserted) continue;
    labels.push_back(std::move(name));
    drops_name.push_back(frame.series().DropsName(i));
  }
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(labels.size(), from.steps, context.memory()));
  for (size_t i = 0; i < frame.size(); ++i) {
    if (AddRow(from, i, grid.view(), row_of[i])) continue;
    return SameLabelsetError();
  }
  return MakeFrame(context, std::make_shared<LabelList>(std::move(labels), std::move(drops_name)),
                   std::move(grid));
}

}  // namespace

bool HasSameSeries(const SeriesTable& table) {
  std::unordered_set<Labels, LabelsHash> seen;
  seen.reserve(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    if (!seen.insert(table.LabelsOf(i)).second) return true;
  }
  return false;
}

Result<FramePtr> MergeSameSeries(QueryContext& context, const FramePtr& frame) {
  if (frame->size() <= 1 || !HasSameSeries(frame->series())) return frame;
  return Merge(context, *frame);
}

namespace {

RowSourcePtr UnderNames(const RowSourcePtr& source, SeriesTablePtr renamed) {
  if (const Frame* frame = source->AsFrame()) {
    return std::make_shared<Frame>(std::move(renamed), frame->points());
  }
  return std::make_shared<RenamedRows>(source, std::move(renamed));
}

/// Fails if two rows that have any value are the same series.
Status RefuseSameSeries(const Frame& frame) {
  std::unordered_set<Labels, LabelsHash> seen;
  for (size_t i = 0; i < frame.size(); ++i) {
    if (!AnyPresent(frame.view().Present(i), frame.view().words)) continue;
    if (!seen.insert(frame.series().LabelsOf(i)).second) return SameLabelsetError();
  }
  return {};
}

}  // namespace

Result<RowSourcePtr> Rename(QueryContext& context, const RowSourcePtr& source,
                            SeriesTablePtr renamed, size_t steps, SameSeries same) {
  const bool is_unique = renamed->size() <= 1 || !HasSameSeries(*renamed);
  RowSourcePtr rows = UnderNames(source, std::move(renamed));
  if (is_unique) return rows;
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, Materialize(context, rows, steps));
  if (same == SameSeries::kRefuse) TOCSIN_RETURN_IF_ERROR(RefuseSameSeries(*frame));
  TOCSIN_ASSIGN_OR_RETURN(FramePtr merged, Merge(context, *frame));
  return RowSourcePtr(std::move(merged));
}

Result<RowSourcePtr> DropNames(QueryContext& context, const RowSourcePtr& source, size_t steps,
                               SameSeries same) {
  const bool delayed = context.settings().delayed_name_removal;
  SeriesTablePtr renamed = WithoutNames(source->series_ptr(), delayed);
  if (delayed || source->series().HasUniformNames()) {
    return UnderNames(source, std::move(renamed));
  }
  return Rename(context, source, std::make_shared<LabelList>(AllLabels(*renamed)), steps, same);
}

}  // namespace tocsin::promql
