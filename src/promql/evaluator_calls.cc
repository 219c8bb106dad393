#include <algorithm>
#include <cmath>
#include <numbers>

#include "promql/evaluator.h"
#include "promql/histogram_functions.h"
#include "promql/instant_functions.h"
#include "promql/label_functions.h"
#include "promql/merge_series.h"
#include "promql/plan.h"
#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

Error NotSupported(const Call& call) {
  return Errorf(ErrorCode::kInvalidArgument, "function {}() is not supported yet",
                call.function->name);
}

std::vector<double> Constant(const StepRange& steps, double value) {
  return std::vector<double>(steps.count, value);
}

double Seconds(int64_t duration_ms) { return static_cast<double>(duration_ms) / 1000; }

bool KeepsName(FunctionId id) {
  return id == FunctionId::kLastOverTime || id == FunctionId::kFirstOverTime;
}

/// Only some functions know what to do with the samples that `anchored` and `smoothed` add.
Status CheckExtension(const Call& call, const Expr& argument) {
  const auto* matrix = TryAs<MatrixSelector>(&argument);
  if (matrix == nullptr) return {};
  const bool anchored = matrix->selector->is_anchored;
  if (!anchored && !matrix->selector->is_smoothed) return {};
  switch (call.function->id) {
    case FunctionId::kDelta:
    case FunctionId::kIncrease:
    case FunctionId::kRate:
      return {};
    case FunctionId::kChanges:
    case FunctionId::kResets:
      if (anchored) return {};
      break;
    default:
      break;
  }
  return Errorf(ErrorCode::kInvalidArgument, "{} modifier can only be used with: {} - not with {}",
                anchored ? "anchored" : "smoothed",
                anchored ? "changes, delta, increase, rate, resets" : "delta, increase, rate",
                call.function->name);
}

/// Every present value becomes the time of its step.
RowChange ToStepTime(const StepRange& steps) {
  return [steps](const GridView& rows, size_t row) {
    rows.histograms[row].reset();
    for (size_t step = 0; step < rows.steps; ++step)
      rows.Values(row)[step] = Seconds(steps.At(step));
  };
}

std::vector<std::string> StringsFrom(const Call& call, size_t first) {
  std::vector<std::string> strings;
  for (size_t i = first; i < call.args.size(); ++i) strings.push_back(StringOf(*call.args[i]));
  return strings;
}

}  // namespace

Result<std::vector<std::vector<double>>> Evaluator::ScalarArguments(const Call& call,
                                                                    const StepRange& steps) {
  std::vector<std::vector<double>> scalars;
  for (const ExprPtr& argument : call.args) {
    if (argument->type() != ValueType::kScalar) continue;
    TOCSIN_ASSIGN_OR_RETURN(std::vector<double> values, EvalScalar(*argument, steps));
    scalars.push_back(std::move(values));
  }
  return scalars;
}

Result<RowSourcePtr> Evaluator::OneSeries(const std::vector<double>& values, Labels labels) {
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(1, values.size(), context_.memory()));
  std::copy(values.begin(), values.end(), grid.view().Values(0));
  SetAllPresent(grid.view().Present(0), values.size());
  auto series = std::make_shared<LabelList>(std::vector<Labels>{std::move(labels)});
  TOCSIN_ASSIGN_OR_RETURN(FramePtr frame, MakeFrame(context_, std::move(series), std::move(grid)));
  return RowSourcePtr(std::move(frame));
}

Result<std::vector<double>> Evaluator::EvalScalarCall(const Call& call, const StepRange& steps) {
  const StepRange& query = context_.query_steps();
  switch (call.function->id) {
    case FunctionId::kPi:
      return Constant(steps, std::numbers::pi);
    case FunctionId::kTime: {
      std::vector<double> times(steps.count);
      for (size_t step = 0; step < steps.count; ++step) times[step] = Seconds(steps.At(step));
      return times;
    }
    case FunctionId::kScalar:
      return EvalScalarOf(call, steps);
    case FunctionId::kStart:
      return Constant(steps, Seconds(query.start_ms));
    case FunctionId::kEnd:
      return Constant(steps, Seconds(query.last_ms()));
    case FunctionId::kStep:
      return Constant(steps, query.count > 1 ? Seconds(query.step_ms) : 0);
    case FunctionId::kRange:
      return Constant(steps, Seconds(query.last_ms() - query.start_ms));
    case FunctionId::kMinOf:
    case FunctionId::kMaxOf: {
      TOCSIN_ASSIGN_OR_RETURN(const auto arguments, ScalarArguments(call, steps));
      std::vector<double> result = arguments[0];
      const bool is_min = call.function->id == FunctionId::kMinOf;
      for (size_t step = 0; step < steps.count; ++step) {
        const double other = arguments[1][step];
        if (is_min ? other < result[step] : other > result[step]) result[step] = other;
        if (std::isnan(other)) result[step] = other;
      }
      return result;
    }
    default:
      return NotSupported(call);
  }
}

Result<std::vector<double>> Evaluator::EvalScalarOf(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr rows, EvalVector(*call.args[0], steps));
  std::vector<double> values(steps.count);
  std::vector<uint32_t> counts(steps.count);
  const auto count = [&](size_t, const GridView& batch) -> Status {
    for (size_t row = 0; row < batch.rows; ++row) {
      ForEachPresent(batch.Present(row), batch.words, [&](size_t step) {
        if (batch.HistogramAt(row, step) != nullptr) return;
        ++counts[step];
        values[step] = batch.Values(row)[step];
      });
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(FoldRows(context_, *rows, steps.count, count));
  for (size_t step = 0; step < steps.count; ++step) {
    if (counts[step] != 1) values[step] = std::nan("");
  }
  return values;
}

Result<RowSourcePtr> Evaluator::EvalCall(const Call& call, const StepRange& steps) {
  if (const WindowFunction function = FindWindowFunction(call.function->id)) {
    return EvalWindowCall(call, function, steps);
  }
  switch (call.function->id) {
    case FunctionId::kTimestamp:
      return EvalTimestamp(call, steps);
    case FunctionId::kStartTimestamp:
      return EvalStartTimestamp(call, steps);
    case FunctionId::kInfo:
      return EvalInfo(call, steps);
    case FunctionId::kLabelReplace:
    case FunctionId::kLabelJoin:
      return EvalLabelCall(call, steps);
    case FunctionId::kSort:
    case FunctionId::kSortDesc:
    case FunctionId::kSortByLabel:
    case FunctionId::kSortByLabelDesc:
      return EvalSort(call, steps);
    case FunctionId::kAbsent:
      return EvalAbsent(call, steps);
    case FunctionId::kHistogramQuantile:
      return EvalQuantile(call, steps);
    case FunctionId::kHistogramQuantiles:
      return EvalQuantiles(call, steps);
    case FunctionId::kHistogramFraction:
      return EvalFraction(call, steps);
    case FunctionId::kVector: {
      TOCSIN_ASSIGN_OR_RETURN(const std::vector<double> values, EvalScalar(*call.args[0], steps));
      return OneSeries(values);
    }
    default:
      return FindDateFunction(call.function->id) != nullptr ? EvalDate(call, steps)
                                                            : EvalSimple(call, steps);
  }
}

Result<RowSourcePtr> Evaluator::EvalWindowCall(const Call& call, WindowFunction function,
                                               const StepRange& steps) {
  const auto is_range = [](const ExprPtr& arg) { return arg->type() == ValueType::kMatrix; };
  const Expr& argument = **std::find_if(call.args.begin(), call.args.end(), is_range);
  TOCSIN_RETURN_IF_ERROR(CheckExtension(call, Unwrap(argument)));
  TOCSIN_ASSIGN_OR_RETURN(RangeVector range, EvalRange(argument, steps));
  const FunctionId id = call.function->id;
  WindowCall window;
  window.samples = range.samples;
  window.windows = range.windows;
  window.function = function;
  TOCSIN_ASSIGN_OR_RETURN(window.scalars, ScalarArguments(call, steps));
  window.position = call.args[0]->position;
  window.checks_counter_name = id == FunctionId::kRate || id == FunctionId::kIncrease;
  window.type_and_unit_labels = context_.settings().type_and_unit_labels;
  SeriesTablePtr series = range.samples->series_ptr();
  RowSourcePtr rows = MakeWindowRows(std::move(window), std::move(series), context_);
  if (id == FunctionId::kAbsentOverTime) return AbsenceOf(rows, Unwrap(argument), steps);
  if (KeepsName(id)) return rows;
  return DropNames(context_, rows, steps.count, SameSeries::kRefuse);
}

Result<RowSourcePtr> Evaluator::AbsenceOf(const RowSourcePtr& rows, const Expr& argument,
                                          const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(1, steps.count, context_.memory()));
  const GridView out = grid.view();
  const auto collect = [&](size_t, const GridView& batch) -> Status {
    for (size_t row = 0; row < batch.rows; ++row) {
      for (size_t w = 0; w < out.words; ++w) out.Present(0)[w] |= batch.Present(row)[w];
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(FoldRows(context_, *rows, steps.count, collect));
  for (size_t w = 0; w < out.words; ++w) {
    out.Present(0)[w] = ~out.Present(0)[w] & FullWord(steps.count, w);
  }
  std::fill_n(out.Values(0), steps.count, 1.0);
  auto series = std::make_shared<LabelList>(std::vector<Labels>{LabelsOfAbsent(argument)});
  TOCSIN_ASSIGN_OR_RETURN(FramePtr frame, MakeFrame(context_, std::move(series), std::move(grid)));
  return RowSourcePtr(std::move(frame));
}

Result<RowSourcePtr> Evaluator::EvalAbsent(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr rows, EvalVector(*call.args[0], steps));
  return AbsenceOf(rows, Unwrap(*call.args[0]), steps);
}

Result<RowSourcePtr> Evaluator::EvalTimestamp(const Call& call, const StepRange& steps) {
  const Expr& argument = Unwrap(*call.args[0]);
  RowSourcePtr rows;
  if (const auto* selector = TryAs<VectorSelector>(&argument)) {
    TOCSIN_ASSIGN_OR_RETURN(rows, EvalSelector(*selector, steps, SampleAspect::kTimestampSeconds));
  } else {
    TOCSIN_ASSIGN_OR_RETURN(RowSourcePtr inner, EvalVector(*call.args[0], steps));
    rows = MapRows(std::move(inner), ToStepTime(steps));
  }
  return DropNames(context_, rows, steps.count);
}

Result<RowSourcePtr> Evaluator::EvalStartTimestamp(const Call& call, const StepRange& steps) {
  const auto* selector = TryAs<VectorSelector>(&Unwrap(*call.args[0]));
  if (selector == nullptr) return RowSourcePtr(EmptyFrame(steps.count));
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr rows,
                          EvalSelector(*selector, steps, SampleAspect::kStartTimestampSeconds));
  return DropNames(context_, rows, steps.count);
}

Result<RowSourcePtr> Evaluator::EvalDate(const Call& call, const StepRange& steps) {
  if (!call.args.empty()) return EvalSimple(call, steps);
  std::vector<double> values(steps.count);
  double (*const date)(double) = FindDateFunction(call.function->id);
  for (size_t step = 0; step < steps.count; ++step) {
    values[step] = date(static_cast<double>(steps.At(step) / 1000));
  }
  return OneSeries(values);
}

Result<RowSourcePtr> Evaluator::EvalSimple(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(auto scalars, ScalarArguments(call, steps));
  RowChange change = FindHistogramFunction(call.function->id);
  if (change == nullptr) change = FindFloatFunction(call.function->id, std::move(scalars));
  if (change == nullptr) return NotSupported(call);
  TOCSIN_ASSIGN_OR_RETURN(RowSourcePtr rows, EvalVector(*call.args[0], steps));
  return DropNames(context_, MapRows(std::move(rows), std::move(change)), steps.count);
}

Result<RowSourcePtr> Evaluator::EvalLabelCall(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const RowSourcePtr rows, EvalVector(*call.args[0], steps));
  const std::vector<std::string> strings = StringsFrom(call, 1);
  Result<SeriesTablePtr> renamed =
      call.function->id == FunctionId::kLabelReplace
          ? ReplaceLabel(rows->series(), {strings[0], strings[1], strings[2], strings[3]})
          : JoinLabels(rows->series(), strings[0], strings[1],
                       {strings.begin() + 2, strings.end()});
  if (!renamed.ok()) return renamed.error();
  return Rename(context_, rows, std::move(renamed).value(), steps.count);
}

Result<RowSourcePtr> Evaluator::EvalSort(const Call& call, const StepRange& steps) {
  if (steps.count > 1) {
    context_.annotations.AddWarning(
        "sort is ineffective for range queries since results are always ordered by labels",
        call.position);
    return EvalVector(*call.args[0], steps);
  }
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, EvalFrame(*call.args[0], steps));
  const FunctionId id = call.function->id;
  const bool descending = id == FunctionId::kSortDesc || id == FunctionId::kSortByLabelDesc;
  const bool by_value = id == FunctionId::kSort || id == FunctionId::kSortDesc;
  Result<FramePtr> sorted = by_value
                                ? SortByValue(context_, *frame, descending)
                                : SortByLabels(context_, *frame, StringsFrom(call, 1), descending);
  if (!sorted.ok()) return sorted.error();
  return RowSourcePtr(std::move(sorted).value());
}

Result<RowSourcePtr> Evaluator::EvalQuantile(const Call& call, const StepRange& steps) {
  QuantileRequest request;
  TOCSIN_ASSIGN_OR_RETURN(request.quantiles, ScalarArguments(call, steps));
  request.quantile_positions = {call.args[0]->position};
  request.vector_position = call.args[1]->position;
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, EvalFrame(*call.args[1], steps));
  TOCSIN_ASSIGN_OR_RETURN(FramePtr result, HistogramQuantile(context_, frame, steps, request));
  return RowSourcePtr(std::move(result));
}

Result<RowSourcePtr> Evaluator::EvalQuantiles(const Call& call, const StepRange& steps) {
  QuantileRequest request;
  TOCSIN_ASSIGN_OR_RETURN(request.quantiles, ScalarArguments(call, steps));
  for (size_t i = 2; i < call.args.size(); ++i) {
    request.quantile_positions.push_back(call.args[i]->position);
  }
  request.label = StringOf(*call.args[1]);
  request.vector_position = call.args[0]->position;
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, EvalFrame(*call.args[0], steps));
  TOCSIN_ASSIGN_OR_RETURN(FramePtr result, HistogramQuantile(context_, frame, steps, request));
  return RowSourcePtr(std::move(result));
}

Result<RowSourcePtr> Evaluator::EvalFraction(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const auto bounds, ScalarArguments(call, steps));
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr frame, EvalFrame(*call.args[2], steps));
  TOCSIN_ASSIGN_OR_RETURN(FramePtr result, HistogramFraction(context_, frame, bounds[0], bounds[1],
                                                             call.args[2]->position));
  return RowSourcePtr(std::move(result));
}

}  // namespace tocsin::promql
