#include "promql/evaluator.h"

#include <fmt/format.h>

#include "model/float_histogram_arithmetic.h"
#include "promql/aggregation.h"
#include "promql/binary.h"
#include "promql/instant_functions.h"
#include "promql/merge_series.h"
#include "promql/plan.h"
#include "promql/selector_rows.h"
#include "promql/smoothed_rows.h"

namespace tocsin::promql {
namespace {

/// The first step of `inner` at every step.
class RepeatedRows final : public RowSource {
 public:
  explicit RepeatedRows(FramePtr inner)
      : RowSource(inner->series_ptr()), inner_(std::move(inner)) {}

  Status Compute(size_t first, const GridView& out, BatchState&) const override {
    const GridView in = inner_->view();
    for (size_t row = 0; row < out.rows; ++row) {
      if (!IsPresent(in.Present(first + row), 0)) continue;
      SetAllPresent(out.Present(row), out.steps);
      if (const HistogramPtr* histogram = in.HistogramAt(first + row, 0)) {
        for (HistogramPtr& slot : out.EnsureHistograms(row)) slot = *histogram;
      } else {
        std::fill_n(out.Values(row), out.steps, in.Values(first + row)[0]);
      }
    }
    return {};
  }

 private:
  const FramePtr inner_;
};

std::string SelectionKey(const std::vector<Matcher>& matchers, const storage::SelectHints& hints) {
  std::string key =
      fmt::format("{} {} {} {}", hints.start_ms, hints.end_ms, hints.step_ms, hints.range_ms);
  for (const Matcher& matcher : matchers) key += " " + matcher.ToString();
  return key;
}

Error Unexpected(std::string_view what) {
  return Errorf(ErrorCode::kInternal, "unexpected {} in evaluation", what);
}

void Negate(const GridView& rows, size_t row) {
  double* values = rows.Values(row);
  for (size_t step = 0; step < rows.steps; ++step) values[step] = -values[step];
  HistogramRow* slots = rows.Histograms(row);
  for (size_t step = 0; slots != nullptr && step < rows.steps; ++step) {
    if (!(*slots)[step]) continue;
    FloatHistogram negated = *(*slots)[step];
    Multiply(negated, -1);
    (*slots)[step] = std::make_shared<const FloatHistogram>(std::move(negated));
  }
}

}  // namespace

const Expr& Unwrap(const Expr& expr) {
  if (expr.kind == ExprKind::kParen) return Unwrap(*As<ParenExpr>(expr).expr);
  if (expr.kind == ExprKind::kStepInvariant) return Unwrap(*As<StepInvariantExpr>(expr).expr);
  return expr;
}

const std::string& StringOf(const Expr& expr) { return As<StringLiteral>(Unwrap(expr)).value; }

Result<Evaluator::SeriesSetPtr> Evaluator::Select(const VectorSelector& selector,
                                                  const storage::SelectHints& hints) {
  return Select(selector.matchers, hints);
}

Result<Evaluator::SeriesSetPtr> Evaluator::Select(const std::vector<Matcher>& matchers,
                                                  const storage::SelectHints& hints) {
  SeriesSetPtr& selection = selections_[SelectionKey(matchers, hints)];
  if (selection == nullptr) {
    auto found = context_.querier().Select(matchers, hints);
    if (!found.ok()) return found.error().WithContext("expanding series");
    selection = std::move(found).value();
  }
  return selection;
}

Result<std::vector<double>> Evaluator::EvalScalar(const Expr& expr, const StepRange& steps) {
  TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
      return std::vector<double>(steps.count, As<NumberLiteral>(expr).value);
    case ExprKind::kParen:
      return EvalScalar(*As<ParenExpr>(expr).expr, steps);
    case ExprKind::kStepInvariant: {
      const StepRange first{steps.start_ms, steps.step_ms, steps.count > 0 ? size_t{1} : 0};
      const WeightScope weight(context_, context_.sample_weight * steps.count);
      TOCSIN_ASSIGN_OR_RETURN(std::vector<double> value,
                              EvalScalar(*As<StepInvariantExpr>(expr).expr, first));
      value.resize(steps.count, value.empty() ? 0 : value[0]);
      return value;
    }
    case ExprKind::kUnary: {
      const auto& unary = As<UnaryExpr>(expr);
      TOCSIN_ASSIGN_OR_RETURN(std::vector<double> values, EvalScalar(*unary.expr, steps));
      for (double& value : values) value = unary.is_minus ? -value : value;
      return values;
    }
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      TOCSIN_ASSIGN_OR_RETURN(std::vector<double> left, EvalScalar(*binary.lhs, steps));
      TOCSIN_ASSIGN_OR_RETURN(const std::vector<double> right, EvalScalar(*binary.rhs, steps));
      for (size_t i = 0; i < left.size(); ++i) {
        left[i] = BinaryOnScalars(binary.op, left[i], right[i]);
      }
      return left;
    }
    case ExprKind::kCall:
      return EvalScalarCall(As<Call>(expr), steps);
    default:
      return Unexpected("scalar");
  }
}

Result<RowSourcePtr> Evaluator::EvalVector(const Expr& expr, const StepRange& steps) {
  TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
  switch (expr.kind) {
    case ExprKind::kParen:
      return EvalVector(*As<ParenExpr>(expr).expr, steps);
    case ExprKind::kUnary:
      return EvalNegation(As<UnaryExpr>(expr), steps);
    case ExprKind::kBinary:
      return EvalBinary(As<BinaryExpr>(expr), steps);
    case ExprKind::kAggregate:
      return EvalAggregate(As<AggregateExpr>(expr), steps);
    case ExprKind::kCall:
      return EvalCall(As<Call>(expr), steps);
    case ExprKind::kVectorSelector:
      return EvalSelector(As<VectorSelector>(expr), steps);
    case ExprKind::kStepInvariant:
      return EvalInvariant(As<StepInvariantExpr>(expr), steps);
    default:
      return Unexpected("vector");
  }
}

Result<FramePtr> Evaluator::EvalFrame(const Expr& expr, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr rows, EvalVector(expr, steps));
  return Materialize(context_, rows, steps.count);
}

Result<RangeVector> Evaluator::EvalRange(const Expr& expr, const StepRange& steps) {
  const Expr& inner = Unwrap(expr);
  if (const auto* matrix = TryAs<MatrixSelector>(&inner)) {
    const Windows windows = WindowsOf(*matrix, context_.settings().lookback_delta_ms, steps);
    const storage::SelectHints hints{windows.first_sample_ms(), windows.last_sample_ms(),
                                     steps.count > 1 ? steps.step_ms : 0, matrix->range_ms};
    TOCSIN_ASSIGN_OR_RETURN(SeriesSetPtr set, Select(*matrix->selector, hints));
    return RangeVector{MakeSelectedSamples(std::move(set), *matrix->selector,
                                           context_.settings().start_timestamps),
                       windows};
  }
  const auto& subquery = As<SubqueryExpr>(inner);
  const StepRange inner_steps =
      SubquerySteps(subquery, steps, context_.settings().default_subquery_step_ms);
  RangeVector result{nullptr, WindowsOf(subquery.time, subquery.range_ms, steps)};
  const WeightScope weight(context_, 0);
  FramePtr frame;
  if (inner_steps.count == 0) {
    frame = EmptyFrame(0);
  } else {
    TOCSIN_ASSIGN_OR_RETURN(frame, EvalFrame(*subquery.expr, inner_steps));
  }
  result.samples = MakeSubquerySamples(std::move(frame), inner_steps);
  return result;
}

Result<RowSourcePtr> Evaluator::EvalSelector(const VectorSelector& selector, const StepRange& steps,
                                             SampleAspect aspect) {
  const Lookback lookback = LookbackOf(selector, steps, context_.settings().lookback_delta_ms);
  const int64_t ahead_ms = SmoothedReachMs(selector, lookback.lookback_ms);
  const storage::SelectHints hints{lookback.first_sample_ms(), lookback.last_sample_ms() + ahead_ms,
                                   steps.count > 1 ? steps.step_ms : 0, 0};
  TOCSIN_ASSIGN_OR_RETURN(SeriesSetPtr set, Select(selector, hints));
  if (selector.is_smoothed && aspect == SampleAspect::kValue) {
    return MakeSmoothedRows(std::move(set), selector, lookback, context_);
  }
  return MakeSelectorRows(std::move(set), selector, lookback, aspect, context_);
}

Result<RowSourcePtr> Evaluator::EvalInvariant(const StepInvariantExpr& expr,
                                              const StepRange& steps) {
  if (steps.count <= 1) return EvalVector(*expr.expr, steps);
  const WeightScope weight(context_, context_.sample_weight * steps.count);
  TOCSIN_ASSIGN_OR_RETURN(FramePtr frame,
                          EvalFrame(*expr.expr, {steps.start_ms, steps.step_ms, 1}));
  return RowSourcePtr(std::make_shared<RepeatedRows>(std::move(frame)));
}

Result<RowSourcePtr> Evaluator::EvalNegation(const UnaryExpr& expr, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(RowSourcePtr rows, EvalVector(*expr.expr, steps));
  if (!expr.is_minus) return rows;
  return DropNames(context_, MapRows(std::move(rows), Negate), steps.count);
}

Result<RowSourcePtr> Evaluator::EvalBinary(const BinaryExpr& expr, const StepRange& steps) {
  const bool left_is_scalar = expr.lhs->type() == ValueType::kScalar;
  if (left_is_scalar || expr.rhs->type() == ValueType::kScalar) {
    const Expr& scalar_side = left_is_scalar ? *expr.lhs : *expr.rhs;
    const Expr& vector_side = left_is_scalar ? *expr.rhs : *expr.lhs;
    TOCSIN_ASSIGN_OR_RETURN(std::vector<double> scalar, EvalScalar(scalar_side, steps));
    TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr vector, EvalVector(vector_side, steps));
    return BinaryWithScalar(context_, expr, vector, std::move(scalar), left_is_scalar);
  }
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr left, EvalVector(*expr.lhs, steps));
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr right, EvalVector(*expr.rhs, steps));
  if (IsSetOperator(expr.op)) return SetOperation(context_, expr, left, right, steps.count);
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr left_frame, Materialize(context_, left, steps.count));
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr right_frame, Materialize(context_, right, steps.count));
  TOCSIN_ASSIGN_OR_RETURN(FramePtr joined,
                          BinaryOnVectors(context_, expr, left_frame, right_frame));
  return RowSourcePtr(std::move(joined));
}

Result<RowSourcePtr> Evaluator::EvalAggregate(const AggregateExpr& expr, const StepRange& steps) {
  AggregationInput input{context_, expr, nullptr, steps, {}};
  if (expr.param != nullptr && expr.op != AggregateOp::kCountValues) {
    TOCSIN_ASSIGN_OR_RETURN(input.param, EvalScalar(*expr.param, steps));
  }
  TOCSIN_ASSIGN_OR_RETURN(input.rows, EvalVector(*expr.expr, steps));
  Result<FramePtr> result = [&]() -> Result<FramePtr> {
    switch (expr.op) {
      case AggregateOp::kTopK:
      case AggregateOp::kBottomK:
      case AggregateOp::kLimitK:
      case AggregateOp::kLimitRatio:
        return AggregateByRank(input);
      case AggregateOp::kQuantile:
        return AggregateQuantile(input);
      case AggregateOp::kCountValues:
        return AggregateCountValues(input, StringOf(*expr.param));
      default:
        return AggregateByFolding(input);
    }
  }();
  if (!result.ok()) return result.error();
  return RowSourcePtr(std::move(result).value());
}

}  // namespace tocsin::promql
