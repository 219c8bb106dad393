#include "promql/script_runner.h"

#include <fmt/format.h>

#include <optional>

#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/script_expectation.h"
#include "promql/script_load.h"
#include "support/memory_storage.h"

namespace tocsin::promql {
namespace {

class MemoryScriptStorage final : public ScriptStorage {
 public:
  storage::Queryable& queryable() override { return storage_; }

  Status Load(const LoadCommand& load) override {
    for (const LoadedSample& sample : SamplesOf(load)) {
      if (sample.histogram != nullptr) {
        storage_.PutHistogram(sample.labels, sample.timestamp_ms, sample.histogram,
                              sample.start_timestamp_ms);
      } else {
        storage_.Put(sample.labels, sample.timestamp_ms, sample.value, sample.start_timestamp_ms);
      }
    }
    return {};
  }

 private:
  support::MemoryStorage storage_;
};

/// Functions of the query itself, not of its data.
bool DependsOnRange(FunctionId id) {
  return id == FunctionId::kStart || id == FunctionId::kEnd || id == FunctionId::kStep ||
         id == FunctionId::kRange;
}

bool DependsOnTime(FunctionId id) {
  switch (id) {
    case FunctionId::kDaysInMonth:
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kHour:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kYear:
    case FunctionId::kPredictLinear:
    case FunctionId::kTime:
    case FunctionId::kTimestamp:
      return true;
    default:
      return DependsOnRange(id);
  }
}

bool DependsOnRange(const DurationExpr* duration) {
  if (duration == nullptr) return false;
  return duration->op == DurationOp::kStep || duration->op == DurationOp::kRange ||
         DependsOnRange(TryAs<DurationExpr>(duration->lhs.get())) ||
         DependsOnRange(TryAs<DurationExpr>(duration->rhs.get()));
}

/// Whether a range query gives another result at a step than an instant query at its time.
bool DependsOnRange(const Expr& expr) {
  bool depends = false;
  Inspect(expr, [&](const Expr& node) {
    if (const auto* call = TryAs<Call>(&node)) depends |= DependsOnRange(call->function->id);
    if (const auto* selector = TryAs<VectorSelector>(&node)) {
      depends |= DependsOnRange(selector->time.offset_expr.get());
    }
    if (const auto* matrix = TryAs<MatrixSelector>(&node)) {
      depends |= DependsOnRange(matrix->range_expr.get());
    }
    if (const auto* subquery = TryAs<SubqueryExpr>(&node)) {
      depends |= DependsOnRange(subquery->range_expr.get()) ||
                 DependsOnRange(subquery->step_expr.get()) ||
                 DependsOnRange(subquery->time.offset_expr.get());
    }
  });
  return depends;
}

void Fix(TimeModifiers& time, int64_t time_ms) {
  if (time.at != AtModifier::kNone) return;
  time.at = AtModifier::kTimestamp;
  time.at_timestamp_ms = time_ms;
}

/// Gives each outermost selector and subquery `@ time_ms`. False: some function would still give
/// another result at another time.
bool FixTimes(Expr& expr, int64_t time_ms) {
  bool independent = true;
  if (auto* selector = TryAs<VectorSelector>(&expr)) Fix(selector->time, time_ms);
  if (auto* matrix = TryAs<MatrixSelector>(&expr)) Fix(matrix->selector->time, time_ms);
  if (auto* subquery = TryAs<SubqueryExpr>(&expr)) {
    Fix(subquery->time, time_ms);
    return true;
  }
  if (auto* call = TryAs<Call>(&expr)) independent = !DependsOnTime(call->function->id);
  ForEachChild(expr, [&](const Expr& child) {
    independent &= FixTimes(const_cast<Expr&>(child), time_ms);  // The tree is ours.
  });
  return independent;
}

Result<ExprPtr> Parse(const std::string& text) {
  ParserOptions options;
  options.enable_experimental_functions = true;
  options.enable_extended_range_selectors = true;
  options.enable_binop_fill_modifiers = true;
  return ParseExpr(text, options);
}

struct Evaluation {
  std::string expr;
  int64_t time_ms;
};

/// The evaluations that have to give the same result as the one asked for.
std::vector<Evaluation> WithOtherTimes(const EvalCommand& eval) {
  const int64_t time_ms = eval.times.start_ms;
  std::vector<Evaluation> evaluations = {{eval.expr, time_ms}};
  const Result<ExprPtr> expr = Parse(eval.expr);
  if (!expr.ok() || !FixTimes(**expr, time_ms)) return evaluations;
  const std::string fixed = PrintExpr(**expr);
  const std::vector<int64_t> others =
      time_ms == 0 ? std::vector<int64_t>{-1000, 0, 1000}
                   : std::vector<int64_t>{-10 * time_ms, 0, time_ms / 5, time_ms, 10 * time_ms};
  for (const int64_t other_ms : others) evaluations.push_back({fixed, other_ms});
  return evaluations;
}

/// The elements of a matrix at one time.
InstantVector At(const Matrix& matrix, int64_t time_ms) {
  InstantVector vector;
  for (const MatrixSeries& series : matrix.series) {
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (matrix.timestamps_ms[series.StepOf(i)] != time_ms) continue;
      vector.push_back({series.labels, time_ms, series.values[i], nullptr});
    }
    for (const HistogramPoint& point : series.histograms) {
      if (point.timestamp_ms != time_ms) continue;
      vector.push_back({series.labels, time_ms, 0, point.histogram});
    }
  }
  return vector;
}

class Runner {
 public:
  Runner(Engine& engine, const MakeScriptStorage& make_storage)
      : engine_(engine), make_storage_(make_storage) {}

  Result<std::vector<CaseOutcome>> Run(const std::vector<ScriptCommand>& commands) {
    TOCSIN_ASSIGN_OR_RETURN(storage_, make_storage_());
    for (const ScriptCommand& command : commands) {
      if (const auto* load = std::get_if<LoadCommand>(&command)) {
        TOCSIN_RETURN_IF_ERROR(storage_->Load(*load));
      } else if (const auto* eval = std::get_if<EvalCommand>(&command)) {
        outcomes_.push_back(
            {eval->line, eval->expr, Evaluate(*eval), storage_->left_samples_out()});
      } else {
        storage_.reset();
        TOCSIN_ASSIGN_OR_RETURN(storage_, make_storage_());
      }
    }
    return std::move(outcomes_);
  }

 private:
  std::string Evaluate(const EvalCommand& eval) {
    if (eval.is_range) {
      return Check(eval, engine_.Range(storage_->queryable(), eval.expr, eval.times.start_ms,
                                       eval.times.end_ms, eval.times.step_ms));
    }
    for (const Evaluation& evaluation : WithOtherTimes(eval)) {
      std::string wrong = EvaluateInstant(eval, evaluation);
      if (!wrong.empty()) {
        return fmt::format("{} [{} at {} ms]", wrong, evaluation.expr, evaluation.time_ms);
      }
    }
    return {};
  }

  static std::string Check(const EvalCommand& eval, const Result<QueryResult>& result) {
    if (!result.ok()) {
      if (eval.expects_failure) return CheckFailure(eval, result.error().message());
      return "unexpected error: " + result.error().message();
    }
    if (eval.expects_failure) return "expected an error, got none";
    std::string wrong = CheckAnnotations(eval, *result);
    return wrong.empty() ? CheckValue(eval, *result) : wrong;
  }

  std::string EvaluateInstant(const EvalCommand& eval, const Evaluation& evaluation) {
    const Result<QueryResult> result =
        engine_.Instant(storage_->queryable(), evaluation.expr, evaluation.time_ms);
    std::string wrong = Check(eval, result);
    if (!wrong.empty() || !result.ok()) return wrong;
    const bool has_range_form =
        result->type() == ResultType::kVector || result->type() == ResultType::kScalar;
    const Result<ExprPtr> expr = Parse(evaluation.expr);
    if (!has_range_form || eval.expects_order || DependsOnRange(**expr)) return {};
    wrong = EvaluateAsMiddleStep(eval, evaluation, result->type() == ResultType::kScalar);
    return wrong.empty() ? wrong : "in a range query: " + wrong;
  }

  std::string EvaluateAsMiddleStep(const EvalCommand& eval, const Evaluation& evaluation,
                                   bool is_scalar) {
    constexpr int64_t kMinuteMs = 60'000;
    const Result<QueryResult> result =
        engine_.Range(storage_->queryable(), evaluation.expr, evaluation.time_ms - kMinuteMs,
                      evaluation.time_ms + kMinuteMs, kMinuteMs);
    if (!result.ok()) return result.error().message();
    const InstantVector middle = At(std::get<Matrix>(result->value), evaluation.time_ms);
    if (!is_scalar) return CheckVector(eval, middle);
    return middle.size() == 1 ? CheckScalar(eval, middle[0].value) : "no value";
  }

  Engine& engine_;
  const MakeScriptStorage& make_storage_;
  std::unique_ptr<ScriptStorage> storage_;
  std::vector<CaseOutcome> outcomes_;
};

}  // namespace

Result<std::unique_ptr<ScriptStorage>> MakeMemoryScriptStorage() {
  return std::make_unique<MemoryScriptStorage>();
}

EngineOptions UpstreamTestOptions() {
  EngineOptions options;
  options.max_samples = 10'000;
  options.timeout_ms = 100'000;
  options.enable_experimental_functions = true;
  options.enable_delayed_name_removal = true;
  options.enable_extended_range_selectors = true;
  options.enable_binop_fill_modifiers = true;
  options.enable_start_timestamps = true;
  return options;
}

Result<std::vector<CaseOutcome>> RunScript(std::string_view script, Engine& engine,
                                           const MakeScriptStorage& make_storage) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<ScriptCommand> commands, ParseScript(script));
  return Runner(engine, make_storage).Run(commands);
}

}  // namespace tocsin::promql
