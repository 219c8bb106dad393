#include "promql/binary.h"

#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "promql/binary_histograms.h"
#include "promql/instant_functions.h"
#include "promql/merge_series.h"

namespace tocsin::promql {
namespace {

template <typename Operation>
void Fill(const double* left, const double* right, size_t steps, double* values,
          Operation operation) {
  for (size_t i = 0; i < steps; ++i) values[i] = operation(left[i], right[i]);
}

template <typename Holds>
void Filter(const double* left, const double* right, size_t steps, double* values, uint64_t* kept,
            Holds holds) {
  for (size_t w = 0; w < PresenceWords(steps); ++w) {
    uint64_t bits = 0;
    const size_t first = w * kStepsPerWord;
    const size_t count = std::min(kStepsPerWord, steps - first);
    for (size_t i = 0; i < count; ++i) {
      bits |= uint64_t{holds(left[first + i], right[first + i])} << i;
    }
    kept[w] &= bits;
  }
  if (values != left) std::copy_n(left, steps, values);
}

bool Compare(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kEqual:
      return left == right;
    case BinaryOp::kNotEqual:
      return left != right;
    case BinaryOp::kLess:
      return left < right;
    case BinaryOp::kLessOrEqual:
      return left <= right;
    case BinaryOp::kGreater:
      return left > right;
    default:
      return left >= right;
  }
}

bool IsTrim(BinaryOp op) { return op == BinaryOp::kTrimLower || op == BinaryOp::kTrimUpper; }

/// The rows of a vector with a scalar.
class ScalarRows final : public RowSource {
 public:
  ScalarRows(RowSourcePtr vector, const BinaryExpr& expr, std::vector<double> scalar,
             bool scalar_is_left)
      : RowSource(vector->series_ptr()),
        vector_(std::move(vector)),
        op_(expr.op),
        return_bool_(expr.return_bool),
        position_(expr.position),
        scalar_(std::move(scalar)),
        scalar_is_left_(scalar_is_left) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    TOCSIN_RETURN_IF_ERROR(vector_->Compute(first, out, state));
    for (size_t row = 0; row < out.rows; ++row) {
      if (out.Histograms(row) == nullptr) {
        ApplyRow(out, row, state);
        continue;
      }
      // Floats and histograms of a row one after the other.
      const std::vector<uint64_t> histograms = ApplyHistograms(out, row, state);
      ApplyRow(out, row, state);
      for (size_t w = 0; w < out.words; ++w) out.Present(row)[w] |= histograms[w];
    }
    return {};
  }

 private:
  /// Returns the steps with a histogram as result; those with histograms are absent from the row.
  std::vector<uint64_t> ApplyHistograms(const GridView& out, size_t row, BatchState& state) const {
    std::vector<uint64_t> results(out.words);
    HistogramRow& slots = *out.Histograms(row);
    for (size_t step = 0; step < out.steps; ++step) {
      if (!slots[step]) continue;
      const HistogramPtr histogram = std::move(slots[step]);
      ClearPresent(out.Present(row), step);
      const Operand vector{0, &histogram};
      const Operand scalar{scalar_[step], nullptr};
      HistogramOutcome outcome =
          ApplyToHistograms(op_, scalar_is_left_ ? scalar : vector,
                            scalar_is_left_ ? vector : scalar, position_, state.annotations);
      if (!outcome.is_defined) continue;
      slots[step] = std::move(outcome.histogram);
      SetPresent(results.data(), step);
    }
    return results;
  }

  void ApplyRow(const GridView& out, size_t row, BatchState& state) const {
    double* values = out.Values(row);
    uint64_t* present = out.Present(row);
    if (!AnyPresent(present, out.words)) return;
    if (IsTrim(op_)) {
      state.annotations.AddInfo(IncompatibleTypesText(op_, false, false), position_);
      std::fill_n(present, out.words, 0);
      return;
    }
    if (!IsComparison(op_)) {
      const double* left = scalar_is_left_ ? scalar_.data() : values;
      const double* right = scalar_is_left_ ? values : scalar_.data();
      ApplyBinary(op_, left, right, out.steps, values, present);
      return;
    }
    std::vector<uint64_t> kept(present, present + out.words);
    CompareRow(values, out.steps, kept.data());
    if (!return_bool_) {
      std::copy(kept.begin(), kept.end(), present);
      return;
    }
    for (size_t step = 0; step < out.steps; ++step) values[step] = IsPresent(kept.data(), step);
  }

  /// The values stay those of the vector, on whichever side it is.
  void CompareRow(double* values, size_t steps, uint64_t* kept) const {
    BinaryOp op = op_;
    if (scalar_is_left_) op = Mirrored(op_);
    ApplyBinary(op, values, scalar_.data(), steps, values, kept);
  }
  static BinaryOp Mirrored(BinaryOp op) {
    switch (op) {
      case BinaryOp::kLess:
        return BinaryOp::kGreater;
      case BinaryOp::kLessOrEqual:
        return BinaryOp::kGreaterOrEqual;
      case BinaryOp::kGreater:
        return BinaryOp::kLess;
      case BinaryOp::kGreaterOrEqual:
        return BinaryOp::kLessOrEqual;
      default:
        return op;
    }
  }

  const RowSourcePtr vector_;
  const BinaryOp op_;
  const bool return_bool_;
  const PositionRange position_;
  const std::vector<double> scalar_;
  const bool scalar_is_left_;
};

}  // namespace

double BinaryOnScalars(BinaryOp op, double left, double right) {
  if (IsComparison(op)) return Compare(op, left, right) ? 1 : 0;
  double value = left;
  uint64_t kept = 1;
  ApplyBinary(op, &left, &right, 1, &value, &kept);
  return value;
}

void ApplyBinary(BinaryOp op, const double* left, const double* right, size_t steps, double* values,
                 uint64_t* kept) {
  switch (op) {
    case BinaryOp::kAdd:
      return Fill(left, right, steps, values, std::plus<>());
    case BinaryOp::kSub:
      return Fill(left, right, steps, values, std::minus<>());
    case BinaryOp::kMul:
      return Fill(left, right, steps, values, std::multiplies<>());
    case BinaryOp::kDiv:
      return Fill(left, right, steps, values, std::divides<>());
    case BinaryOp::kMod:
      return Fill(left, right, steps, values, [](double a, double b) { return std::fmod(a, b); });
    case BinaryOp::kPow:
      return Fill(left, right, steps, values, [](double a, double b) { return std::pow(a, b); });
    case BinaryOp::kAtan2:
      return Fill(left, right, steps, values, [](double a, double b) { return std::atan2(a, b); });
    case BinaryOp::kEqual:
      return Filter(left, right, steps, values, kept, std::equal_to<>());
    case BinaryOp::kNotEqual:
      return Filter(left, right, steps, values, kept, std::not_equal_to<>());
    case BinaryOp::kLess:
      return Filter(left, right, steps, values, kept, std::less<>());
    case BinaryOp::kLessOrEqual:
      return Filter(left, right, steps, values, kept, std::less_equal<>());
    case BinaryOp::kGreater:
      return Filter(left, right, steps, values, kept, std::greater<>());
    case BinaryOp::kGreaterOrEqual:
      return Filter(left, right, steps, values, kept, std::greater_equal<>());
    default:
      return;  // Set operators and trims do not come here.
  }
}

bool ChangesMetric(BinaryOp op) { return op <= BinaryOp::kAtan2; }

std::string IncompatibleTypesText(BinaryOp op, bool left_is_histogram, bool right_is_histogram) {
  const auto type = [](bool is_histogram) { return is_histogram ? "histogram" : "float"; };
  return fmt::format("incompatible sample types encountered for binary operator {}: {} {} {}",
                     GoQuote(BinaryOpText(op)), type(left_is_histogram), BinaryOpText(op),
                     type(right_is_histogram));
}

Result<RowSourcePtr> BinaryWithScalar(QueryContext& context, const BinaryExpr& expr,
                                      const RowSourcePtr& vector, std::vector<double> scalar,
                                      bool scalar_is_left) {
  const size_t steps = scalar.size();
  RowSourcePtr rows = std::make_shared<ScalarRows>(vector, expr, std::move(scalar), scalar_is_left);
  if (!ChangesMetric(expr.op) && !expr.return_bool) return rows;
  return DropNames(context, rows, steps);
}

MatchGroups FindMatchGroups(const VectorMatching& matching, const SeriesTable& left,
                            const SeriesTable& right) {
  storage::SeriesGrouping left_groups = left.GroupBy(matching.matching_labels, !matching.on);
  storage::SeriesGrouping right_groups = right.GroupBy(matching.matching_labels, !matching.on);
  MatchGroups groups;
  groups.left = std::move(left_groups.group_of_series);
  groups.labels = std::move(left_groups.group_labels);
  std::unordered_map<Labels, uint32_t, LabelsHash> numbers;
  for (const Labels& labels : groups.labels) {
    numbers.emplace(labels, static_cast<uint32_t>(numbers.size()));
  }
  std::vector<uint32_t> number_of_right;
  for (Labels& labels : right_groups.group_labels) {
    const auto next = static_cast<uint32_t>(groups.labels.size());
    const auto [at, inserted] = numbers.try_emplace(labels, next);
    if (inserted) groups.labels.push_back(std::move(labels));
    number_of_right.push_back(at->second);
  }
  groups.right.reserve(right.size());
  for (const uint32_t group : right_groups.group_of_series) {
    groups.right.push_back(number_of_right[group]);
  }
  return groups;
}

}  // namespace tocsin::promql
