#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "promql/binary.h"
#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

Error InvalidMatch(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

/// Two rows whose elements meet, "many" being the left side unless it is group_right.
struct Pair {
  uint32_t many;
  uint32_t one;
};

/// One run of a binary operator. The "one" side may have several rows in a match group, and the
/// "many" side, too, as long as no two of them have a value at the same step.
class Join {
 public:
  Join(QueryContext& context, const BinaryExpr& expr, const FramePtr& left, const FramePtr& right)
      : context_(context),
        expr_(expr),
        matching_(*expr.matching),
        is_swapped_(matching_.card == MatchCardinality::kOneToMany),
        many_(is_swapped_ ? *right : *left),
        one_(is_swapped_ ? *left : *right),
        words_(many_.view().words) {
    MatchGroups groups = FindMatchGroups(matching_, left->series(), right->series());
    many_group_ = std::move(is_swapped_ ? groups.right : groups.left);
    one_group_ = std::move(is_swapped_ ? groups.left : groups.right);
    group_labels_ = std::move(groups.labels);
    ones_of_group_.resize(group_labels_.size());
    for (uint32_t row = 0; row < one_group_.size(); ++row) {
      ones_of_group_[one_group_[row]].push_back(row);
    }
  }

  Result<FramePtr> Run() {
    TOCSIN_RETURN_IF_ERROR(CheckOneSide());
    TOCSIN_RETURN_IF_ERROR(FindPairs());
    const size_t steps = many_.view().steps;
    TOCSIN_ASSIGN_OR_RETURN(Grid grid,
                            Grid::Make(pairs_of_output_.size(), steps, context_.memory()));
    const GridView out = grid.view();
    const auto compute = [&](size_t first, size_t count, BatchState& state) -> Status {
      for (size_t row = first; row < first + count; ++row) {
        for (const Pair& pair : pairs_of_output_[row]) {
          TOCSIN_RETURN_IF_ERROR(ComputePair(pair, out, row, state));
        }
      }
      return {};
    };
    TOCSIN_RETURN_IF_ERROR(ForEachBatch(context_, out.rows, steps, compute));
    return MakeFrame(context_, OutputTable(), std::move(grid));
  }

 private:
  const uint64_t* ManyPresent(size_t row) const { return many_.view().Present(row); }
  const uint64_t* OnePresent(size_t row) const { return one_.view().Present(row); }

  /// Steps at which the "many" side has anything: elsewhere nothing can match, nor be ambiguous.
  std::vector<uint64_t> StepsWithMany() const {
    std::vector<uint64_t> steps(words_);
    for (size_t row = 0; row < many_.size(); ++row) {
      for (size_t w = 0; w < words_; ++w) steps[w] |= ManyPresent(row)[w];
    }
    return steps;
  }

  /// Fails where two rows of a group on the "one" side have a value at the same step.
  Status CheckOneSide() const {
    const size_t step = FirstAmbiguousStep();
    if (step == SIZE_MAX) return {};
    std::vector<uint32_t> first_of_group(group_labels_.size(), UINT32_MAX);
    for (uint32_t row = 0; row < one_.size(); ++row) {
      if (!IsPresent(OnePresent(row), step)) continue;
      uint32_t& first = first_of_group[one_group_[row]];
      if (first != UINT32_MAX) return DuplicateOnOneSide(row, first);
      first = row;
    }
    return {};
  }

  size_t FirstAmbiguousStep() const {
    const std::vector<uint64_t> relevant = StepsWithMany();
    std::vector<uint64_t> seen(group_labels_.size() * words_);
    std::vector<uint64_t> ambiguous(words_);
    for (size_t row = 0; row < one_.size(); ++row) {
      uint64_t* group = seen.data() + one_group_[row] * words_;
      for (size_t w = 0; w < words_; ++w) {
        ambiguous[w] |= group[w] & OnePresent(row)[w] & relevant[w];
        group[w] |= OnePresent(row)[w];
      }
    }
    size_t first = SIZE_MAX;
    ForEachPresent(ambiguous.data(), words_, [&](size_t step) { first = std::min(first, step); });
    return first;
  }

  Error DuplicateOnOneSide(uint32_t row, uint32_t earlier) const {
    return InvalidMatch(fmt::format(
        "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, "
        "{}];many-to-many matching not allowed: matching labels must be unique on one side",
        group_labels_[one_group_[row]].ToString(), is_swapped_ ? "left" : "right",
        one_.series().LabelsOf(earlier).ToString(), one_.series().LabelsOf(row).ToString()));
  }

  /// Finds all pairs that meet at some step, and the output series each adds to.
  Status FindPairs() {
    std::vector<std::vector<uint64_t>> matched_of_group(group_labels_.size());
    for (uint32_t many = 0; many < many_.size(); ++many) {
      const std::vector<uint32_t>& ones = ones_of_group_[many_group_[many]];
      if (ones.empty()) continue;
      const Labels many_labels = many_.series().LabelsOf(many);
      for (const uint32_t one : ones) {
        const std::vector<uint64_t> common = CommonSteps(many, one);
        if (!AnyPresent(common.data(), words_)) continue;
        const size_t output = OutputOf(ResultLabels(many_labels, one));
        const bool one_to_one = matching_.card == MatchCardinality::kOneToOne;
        std::vector<uint64_t>& matched =
            one_to_one ? matched_of_group[many_group_[many]] : matched_of_output_[output];
        if (!AddSteps(common, matched)) {
          return InvalidMatch(
              one_to_one ? "multiple matches for labels: many-to-one matching must be explicit "
                           "(group_left/group_right)"
                         : "multiple matches for labels: grouping labels must ensure unique "
                           "matches");
        }
        pairs_of_output_[output].push_back({many, one});
      }
    }
    return {};
  }

  std::vector<uint64_t> CommonSteps(uint32_t many, uint32_t one) const {
    std::vector<uint64_t> common(words_);
    for (size_t w = 0; w < words_; ++w) common[w] = ManyPresent(many)[w] & OnePresent(one)[w];
    return common;
  }

  static bool AddSteps(const std::vector<uint64_t>& steps, std::vector<uint64_t>& matched) {
    matched.resize(steps.size());
    for (size_t w = 0; w < steps.size(); ++w) {
      if (matched[w] & steps[w]) return false;
      matched[w] |= steps[w];
    }
    return true;
  }

  size_t OutputOf(Labels labels) {
    const auto [at, inserted] = outputs_.try_emplace(labels, output_labels_.size());
    if (inserted) {
      output_labels_.push_back(std::move(labels));
      pairs_of_output_.emplace_back();
      matched_of_output_.emplace_back();
    }
    return at->second;
  }

  Labels ResultLabels(const Labels& many_labels, uint32_t one) const {
    const bool drops_name =
        ChangesMetric(expr_.op) || (expr_.return_bool && !context_.settings().delayed_name_removal);
    Labels labels = drops_name ? DropReservedLabels(many_labels) : many_labels;
    if (matching_.card == MatchCardinality::kOneToOne) {
      labels = matching_.on ? labels.Only(matching_.matching_labels)
                            : labels.Without(matching_.matching_labels);
    }
    if (matching_.include.empty()) return labels;
    LabelsBuilder builder(labels);
    const Labels one_labels = one_.series().LabelsOf(one);
    for (const std::string& name : matching_.include) builder.Set(name, one_labels.Get(name));
    return builder.Build();
  }

  SeriesTablePtr OutputTable() {
    std::vector<bool> drops_name(output_labels_.size());
    for (size_t i = 0; i < output_labels_.size(); ++i) {
      if (ChangesMetric(expr_.op) || !context_.settings().delayed_name_removal) continue;
      drops_name[i] = expr_.return_bool || many_.series().DropsName(pairs_of_output_[i][0].many);
    }
    return std::make_shared<LabelList>(std::move(output_labels_), std::move(drops_name));
  }

  Status ComputePair(const Pair& pair, const GridView& out, size_t row, BatchState& state) const {
    const GridView many = many_.view();
    const GridView one = one_.view();
    const double* left = is_swapped_ ? one.Values(pair.one) : many.Values(pair.many);
    const double* right = is_swapped_ ? many.Values(pair.many) : one.Values(pair.one);
    std::vector<uint64_t> common = CommonSteps(pair.many, pair.one);
    TOCSIN_RETURN_IF_ERROR(DropHistograms(pair, common, state));
    if (!IsComparison(expr_.op) && !ChangesMetric(expr_.op)) {  // Trims: no floats to trim.
      if (AnyPresent(common.data(), words_)) {
        state.annotations.AddInfo(IncompatibleTypesText(expr_.op, false, false), expr_.position);
      }
      return {};
    }
    std::vector<uint64_t> kept = common;
    std::vector<double> values(out.steps);
    ApplyBinary(expr_.op, left, right, out.steps, values.data(), kept.data());
    if (expr_.return_bool) {
      for (size_t step = 0; step < out.steps; ++step) values[step] = IsPresent(kept.data(), step);
      kept = common;
    }
    ForEachPresent(kept.data(), words_, [&](size_t step) { out.Values(row)[step] = values[step]; });
    for (size_t w = 0; w < words_; ++w) out.Present(row)[w] |= kept[w];
    return {};
  }

  Status DropHistograms(const Pair& pair, std::vector<uint64_t>& common, BatchState& state) const {
    const GridView many = many_.view();
    const GridView one = one_.view();
    if (many.Histograms(pair.many) == nullptr && one.Histograms(pair.one) == nullptr) return {};
    for (size_t step = 0; step < many.steps; ++step) {
      if (!IsPresent(common.data(), step)) continue;
      bool left = many.HistogramAt(pair.many, step) != nullptr;
      bool right = one.HistogramAt(pair.one, step) != nullptr;
      if (is_swapped_) std::swap(left, right);
      if (!left && !right) continue;
      if (IsSupportedUpstream(left, right)) {
        return HistogramsUnsupported(fmt::format("operator {}", BinaryOpText(expr_.op)));
      }
      state.annotations.AddInfo(IncompatibleTypesText(expr_.op, left, right), expr_.position);
      ClearPresent(common.data(), step);
    }
    return {};
  }

  bool IsSupportedUpstream(bool left, bool right) const {
    switch (expr_.op) {
      case BinaryOp::kMul:
        return !(left && right);
      case BinaryOp::kDiv:
      case BinaryOp::kTrimLower:
      case BinaryOp::kTrimUpper:
        return left && !right;
      case BinaryOp::kAdd:
      case BinaryOp::kSub:
      case BinaryOp::kEqual:
      case BinaryOp::kNotEqual:
        return left && right;
      default:
        return false;
    }
  }

  QueryContext& context_;
  const BinaryExpr& expr_;
  const VectorMatching& matching_;
  const bool is_swapped_;
  const Frame& many_;
  const Frame& one_;
  const size_t words_;
  std::vector<uint32_t> many_group_;
  std::vector<uint32_t> one_group_;
  std::vector<Labels> group_labels_;
  std::vector<std::vector<uint32_t>> ones_of_group_;

  std::unordered_map<Labels, size_t, LabelsHash> outputs_;
  std::vector<Labels> output_labels_;
  std::vector<std::vector<Pair>> pairs_of_output_;
  std::vector<std::vector<uint64_t>> matched_of_output_;
};

}  // namespace

Result<FramePtr> BinaryOnVectors(QueryContext& context, const BinaryExpr& expr,
                                 const FramePtr& left, const FramePtr& right) {
  if (expr.matching->fill_left || expr.matching->fill_right) {
    return Error(ErrorCode::kInvalidArgument, "fill modifiers are not supported yet");
  }
  return Join(context, expr, left, right).Run();
}

}  // namespace tocsin::promql
