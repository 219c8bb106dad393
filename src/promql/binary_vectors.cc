#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "promql/binary.h"
#include "promql/binary_histograms.h"

namespace tocsin::promql {
namespace {

Error InvalidMatch(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

/// Stands for a row that is not there and whose value is filled in.
constexpr uint32_t kFilled = UINT32_MAX;

/// Two rows whose elements meet at some steps, "many" being the left side unless it is group_right.
/// One of them may be kFilled.
struct Pair {
  uint32_t many;
  uint32_t one;
  std::vector<uint64_t> steps;
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
    if (ManyFill()) many_filling_.assign(many_.view().steps, *ManyFill());
    if (OneFill()) one_filling_.assign(many_.view().steps, *OneFill());
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
        for (const Pair& pair : pairs_of_output_[row]) ComputePair(pair, out, row, state);
      }
      return {};
    };
    TOCSIN_RETURN_IF_ERROR(ForEachBatch(context_, out.rows, steps, compute));
    return MakeFrame(context_, OutputTable(), std::move(grid));
  }

 private:
  const uint64_t* ManyPresent(size_t row) const { return many_.view().Present(row); }
  const uint64_t* OnePresent(size_t row) const { return one_.view().Present(row); }

  /// Steps at which the "many" side has anything: elsewhere nothing can match, nor be ambiguous,
  /// unless something is filled in.
  std::vector<uint64_t> StepsWithMany() const {
    std::vector<uint64_t> steps(words_, FillsAny() ? ~uint64_t{0} : 0);
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

  // With group_right upstream swaps the sides but not the fillings: fill_left is always for what
  // the "many" side lacks, fill_right for the "one" side.
  const std::optional<double>& ManyFill() const { return matching_.fill_left; }
  const std::optional<double>& OneFill() const { return matching_.fill_right; }
  bool FillsAny() const { return ManyFill().has_value() || OneFill().has_value(); }

  /// Finds all pairs that meet at some step, and the output series each adds to.
  Status FindPairs() {
    matched_of_group_.resize(group_labels_.size());
    for (uint32_t many = 0; many < many_.size(); ++many) {
      const std::vector<uint32_t>& ones = ones_of_group_[many_group_[many]];
      if (ones.empty() && !OneFill()) continue;
      const Labels many_labels = many_.series().LabelsOf(many);
      std::vector<uint64_t> lonely(ManyPresent(many), ManyPresent(many) + words_);
      for (const uint32_t one : ones) {
        std::vector<uint64_t> common = CommonSteps(many, one);
        for (size_t w = 0; w < words_; ++w) lonely[w] &= ~common[w];
        TOCSIN_RETURN_IF_ERROR(AddPair(many_labels, {many, one, std::move(common)}));
      }
      if (!OneFill()) continue;
      TOCSIN_RETURN_IF_ERROR(AddPair(many_labels, {many, kFilled, std::move(lonely)}));
    }
    return ManyFill() ? FillManySide() : Status{};
  }

  /// Pairs the rows of the "one" side with the filling at the steps where their group has no
  /// "many".
  Status FillManySide() {
    std::vector<std::vector<uint64_t>> present(group_labels_.size(), std::vector<uint64_t>(words_));
    for (uint32_t many = 0; many < many_.size(); ++many) {
      std::vector<uint64_t>& group = present[many_group_[many]];
      for (size_t w = 0; w < words_; ++w) group[w] |= ManyPresent(many)[w];
    }
    for (uint32_t one = 0; one < one_.size(); ++one) {
      std::vector<uint64_t> lonely(OnePresent(one), OnePresent(one) + words_);
      for (size_t w = 0; w < words_; ++w) lonely[w] &= ~present[one_group_[one]][w];
      TOCSIN_RETURN_IF_ERROR(
          AddPair(group_labels_[one_group_[one]], {kFilled, one, std::move(lonely)}));
    }
    return {};
  }

  Status AddPair(const Labels& many_labels, Pair pair) {
    if (!AnyPresent(pair.steps.data(), words_)) return {};
    const size_t output = OutputOf(ResultLabels(many_labels, pair.one));
    const bool one_to_one = matching_.card == MatchCardinality::kOneToOne;
    const uint32_t group = pair.many == kFilled ? one_group_[pair.one] : many_group_[pair.many];
    std::vector<uint64_t>& matched =
        one_to_one ? matched_of_group_[group] : matched_of_output_[output];
    if (!AddSteps(pair.steps, matched)) {
      return InvalidMatch(
          one_to_one ? "multiple matches for labels: many-to-one matching must be explicit "
                       "(group_left/group_right)"
                     : "multiple matches for labels: grouping labels must ensure unique "
                       "matches");
    }
    pairs_of_output_[output].push_back(std::move(pair));
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
    const Labels one_labels = one == kFilled ? Labels() : one_.series().LabelsOf(one);
    for (const std::string& name : matching_.include) builder.Set(name, one_labels.Get(name));
    return builder.Build();
  }

  SeriesTablePtr OutputTable() {
    std::vector<bool> drops_name(output_labels_.size());
    for (size_t i = 0; i < output_labels_.size(); ++i) {
      if (ChangesMetric(expr_.op) || !context_.settings().delayed_name_removal) continue;
      const uint32_t many = pairs_of_output_[i][0].many;
      drops_name[i] = expr_.return_bool || (many != kFilled && many_.series().DropsName(many));
    }
    return std::make_shared<LabelList>(std::move(output_labels_), std::move(drops_name));
  }

  /// A row of one side, or the value that fills it.
  struct Side {
    const double* values = nullptr;
    const Frame* frame = nullptr;  ///< Null when filled.
    uint32_t row = 0;

    Operand At(size_t step) const {
      return {values[step], frame != nullptr ? frame->view().HistogramAt(row, step) : nullptr};
    }
    bool has_histograms() const {
      return frame != nullptr && frame->view().Histograms(row) != nullptr;
    }
  };

  static Side SideOf(const Frame& frame, uint32_t row, const std::vector<double>& filling) {
    if (row == kFilled) return {filling.data(), nullptr, 0};
    return {frame.view().Values(row), &frame, row};
  }

  void ComputePair(const Pair& pair, const GridView& out, size_t row, BatchState& state) const {
    Side left = SideOf(many_, pair.many, many_filling_);
    Side right = SideOf(one_, pair.one, one_filling_);
    if (is_swapped_) std::swap(left, right);
    std::vector<uint64_t> floats = pair.steps;
    if (left.has_histograms() || right.has_histograms()) {
      ApplyHistograms(left, right, floats, out, row, state);
    }
    if (!AnyPresent(floats.data(), words_)) return;
    if (!IsComparison(expr_.op) && !ChangesMetric(expr_.op)) {  // Trims: no floats to trim.
      state.annotations.AddInfo(IncompatibleTypesText(expr_.op, false, false), expr_.position);
      return;
    }
    std::vector<uint64_t> kept = floats;
    std::vector<double> values(out.steps);
    ApplyBinary(expr_.op, left.values, right.values, out.steps, values.data(), kept.data());
    if (expr_.return_bool) {
      for (size_t step = 0; step < out.steps; ++step) values[step] = IsPresent(kept.data(), step);
      kept = floats;
    }
    ForEachPresent(kept.data(), words_, [&](size_t step) { out.Values(row)[step] = values[step]; });
    for (size_t w = 0; w < words_; ++w) out.Present(row)[w] |= kept[w];
  }

  /// Does the steps at which a side has a histogram, and takes them out of `steps`.
  void ApplyHistograms(const Side& left, const Side& right, std::vector<uint64_t>& steps,
                       const GridView& out, size_t row, BatchState& state) const {
    ForEachPresent(std::vector<uint64_t>(steps).data(), words_, [&](size_t step) {
      const Operand left_operand = left.At(step);
      const Operand right_operand = right.At(step);
      if (left_operand.histogram == nullptr && right_operand.histogram == nullptr) return;
      ClearPresent(steps.data(), step);
      HistogramOutcome outcome = ApplyToHistograms(expr_.op, left_operand, right_operand,
                                                   expr_.position, state.annotations);
      if (!outcome.is_defined || (!outcome.holds && !expr_.return_bool)) return;
      SetPresent(out.Present(row), step);
      if (expr_.return_bool) {
        out.Values(row)[step] = outcome.holds ? 1 : 0;
      } else {
        out.EnsureHistograms(row)[step] = std::move(outcome.histogram);
      }
    });
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
  std::vector<double> many_filling_;  ///< By step; empty unless something is filled in.
  std::vector<double> one_filling_;

  std::vector<std::vector<uint64_t>> matched_of_group_;
  std::unordered_map<Labels, size_t, LabelsHash> outputs_;
  std::vector<Labels> output_labels_;
  std::vector<std::vector<Pair>> pairs_of_output_;
  std::vector<std::vector<uint64_t>> matched_of_output_;
};

}  // namespace

Result<FramePtr> BinaryOnVectors(QueryContext& context, const BinaryExpr& expr,
                                 const FramePtr& left, const FramePtr& right) {
  return Join(context, expr, left, right).Run();
}

}  // namespace tocsin::promql
