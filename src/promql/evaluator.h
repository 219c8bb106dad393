#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/query_context.h"
#include "promql/row_source.h"
#include "promql/selector_rows.h"
#include "promql/window.h"

namespace tocsin::promql {

/// A range vector: series, and the window of each step.
struct RangeVector {
  SampleSourcePtr samples;
  Windows windows;
};

/// Evaluates the nodes of a plan at all steps at once. Selectors and functions of single series
/// become row sources that compute when an aggregation, a join or the result asks. Confined to a
/// thread; it is the row sources that use others.
class Evaluator {
 public:
  explicit Evaluator(QueryContext& context) : context_(context) {}

  /// `expr` must have the type that the method is named after.
  Result<std::vector<double>> EvalScalar(const Expr& expr, const StepRange& steps);
  Result<RowSourcePtr> EvalVector(const Expr& expr, const StepRange& steps);
  Result<RangeVector> EvalRange(const Expr& expr, const StepRange& steps);
  Result<FramePtr> EvalFrame(const Expr& expr, const StepRange& steps);

 private:
  using SeriesSetPtr = std::shared_ptr<const storage::SeriesSet>;

  // evaluator.cc
  Result<SeriesSetPtr> Select(const VectorSelector& selector, const storage::SelectHints& hints);
  Result<SeriesSetPtr> Select(const std::vector<Matcher>& matchers,
                              const storage::SelectHints& hints);
  Result<RowSourcePtr> EvalSelector(const VectorSelector& selector, const StepRange& steps,
                                    SampleAspect aspect = SampleAspect::kValue);
  Result<RowSourcePtr> EvalInvariant(const StepInvariantExpr& expr, const StepRange& steps);
  Result<RowSourcePtr> EvalNegation(const UnaryExpr& expr, const StepRange& steps);
  Result<RowSourcePtr> EvalBinary(const BinaryExpr& expr, const StepRange& steps);
  Result<RowSourcePtr> EvalAggregate(const AggregateExpr& expr, const StepRange& steps);

  // evaluator_calls.cc
  Result<std::vector<double>> EvalScalarCall(const Call& call, const StepRange& steps);
  Result<std::vector<double>> EvalScalarOf(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalCall(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalWindowCall(const Call& call, WindowFunction function,
                                      const StepRange& steps);
  Result<RowSourcePtr> EvalTimestamp(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalStartTimestamp(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalDate(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalLabelCall(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalSort(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalAbsent(const Call& call, const StepRange& steps);
  /// 1 at the steps where no row has a value, labelled after `argument`.
  Result<RowSourcePtr> AbsenceOf(const RowSourcePtr& rows, const Expr& argument,
                                 const StepRange& steps);
  Result<RowSourcePtr> EvalQuantile(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalQuantiles(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalFraction(const Call& call, const StepRange& steps);
  Result<RowSourcePtr> EvalSimple(const Call& call, const StepRange& steps);
  // evaluator_info.cc
  Result<RowSourcePtr> EvalInfo(const Call& call, const StepRange& steps);

  /// The arguments of type scalar, in order.
  Result<std::vector<std::vector<double>>> ScalarArguments(const Call& call,
                                                           const StepRange& steps);

  /// A vector of one series without labels.
  Result<RowSourcePtr> OneSeries(const std::vector<double>& values, Labels labels = {});

  /// Restores the weight of samples at the end of a scope.
  class WeightScope {
   public:
    WeightScope(QueryContext& context, uint64_t weight)
        : context_(context), before_(context.sample_weight) {
      context.sample_weight = weight;
    }
    ~WeightScope() { context_.sample_weight = before_; }
    WeightScope(const WeightScope&) = delete;
    WeightScope& operator=(const WeightScope&) = delete;

   private:
    QueryContext& context_;
    const uint64_t before_;
  };

  QueryContext& context_;
  /// Identical selections are made once.
  std::map<std::string, SeriesSetPtr> selections_;
};

/// The text of a string argument.
const std::string& StringOf(const Expr& expr);

/// Without parentheses and marks of invariance.
const Expr& Unwrap(const Expr& expr);

}  // namespace tocsin::promql
