#include <bit>
#include <unordered_map>

#include "model/float_histogram_buckets.h"
#include "model/number_text.h"
#include "promql/aggregation.h"

namespace tocsin::promql {
namespace {

/// Finds the output row of a value in a row: the group of the row's labels with the value added.
class ValueRows {
 public:
  ValueRows(const AggregateExpr& expr, const std::string& label, const SeriesTable& series)
      : label_(label), without_(expr.without), series_(series), names_(expr.grouping) {
    if (without_) {
      names_.emplace_back(kMetricNameLabel);
    } else {
      names_.push_back(label);
    }
  }

  /// Values mostly repeat along a row, so the last one is remembered.
  size_t Of(size_t row, double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    if (row == last_row_ && bits == last_bits_) return last_output_;
    last_output_ = OutputOf(row, FormatFloatFixed(value));
    last_row_ = row;
    last_bits_ = bits;
    return last_output_;
  }

  size_t Of(size_t row, const FloatHistogram& histogram) {
    last_row_ = SIZE_MAX;
    return OutputOf(row, ToString(histogram));
  }

  std::vector<Labels> TakeLabels() { return std::move(labels_); }

 private:
  size_t OutputOf(size_t row, std::string_view text) {
    builder_.Reset(series_.LabelsOf(row));
    builder_.Set(label_, text);
    const Labels labels = builder_.Build();
    Labels key = without_ ? labels.Without(names_) : labels.Only(names_);
    const auto [at, inserted] = outputs_.try_emplace(key, labels_.size());
    if (inserted) labels_.push_back(std::move(key));
    return at->second;
  }

  const std::string& label_;
  const bool without_;
  const SeriesTable& series_;
  std::vector<std::string> names_;
  LabelsBuilder builder_;
  std::unordered_map<Labels, size_t, LabelsHash> outputs_;
  std::vector<Labels> labels_;
  size_t last_row_ = SIZE_MAX;
  uint64_t last_bits_ = 0;
  size_t last_output_ = 0;
};

}  // namespace

Result<FramePtr> AggregateCountValues(const AggregationInput& input, const std::string& label) {
  if (!IsValidUtf8Name(label)) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid label name {}", GoQuote(label));
  }
  const size_t steps = input.steps.count;
  ValueRows outputs(input.expr, label, input.rows->series());
  std::vector<std::vector<double>> counts;
  const auto count = [&](size_t first, const GridView& rows) -> Status {
    for (size_t row = 0; row < rows.rows; ++row) {
      ForEachPresent(rows.Present(row), rows.words, [&](size_t step) {
        const HistogramPtr* histogram = rows.HistogramAt(row, step);
        const size_t output = histogram != nullptr
                                  ? outputs.Of(first + row, **histogram)
                                  : outputs.Of(first + row, rows.Values(row)[step]);
        if (output == counts.size()) counts.emplace_back(steps);
        counts[output][step] += 1;
      });
    }
    // As many rows as there are values: this may be far more than there are series.
    return input.context.TouchSamples(counts.size());
  };
  TOCSIN_RETURN_IF_ERROR(FoldRows(input.context, *input.rows, steps, count));
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(counts.size(), steps, input.context.memory()));
  for (size_t row = 0; row < counts.size(); ++row) {
    for (size_t step = 0; step < steps; ++step) {
      if (counts[row][step] == 0) continue;
      grid.view().Values(row)[step] = counts[row][step];
      SetPresent(grid.view().Present(row), step);
    }
  }
  return MakeFrame(input.context, std::make_shared<LabelList>(outputs.TakeLabels()),
                   std::move(grid));
}

}  // namespace tocsin::promql
