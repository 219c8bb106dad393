#include "promql/window_functions.h"

namespace tocsin::promql {

WindowFunction FindWindowFunction(FunctionId id) {
  switch (id) {
    case FunctionId::kRate:
      return Rate;
    case FunctionId::kIncrease:
      return Increase;
    case FunctionId::kDelta:
      return Delta;
    case FunctionId::kIrate:
      return InstantRate;
    case FunctionId::kIdelta:
      return InstantDelta;
    case FunctionId::kCountOverTime:
      return CountOverTime;
    case FunctionId::kPresentOverTime:
    case FunctionId::kAbsentOverTime:  // The evaluator turns presence into absence.
      return PresentOverTime;
    case FunctionId::kFirstOverTime:
      return FirstOverTime;
    case FunctionId::kLastOverTime:
      return LastOverTime;
    case FunctionId::kTsOfFirstOverTime:
      return TimeOfFirst;
    case FunctionId::kTsOfLastOverTime:
      return TimeOfLast;
    case FunctionId::kTsOfMinOverTime:
      return TimeOfMin;
    case FunctionId::kTsOfMaxOverTime:
      return TimeOfMax;
    case FunctionId::kChanges:
      return Changes;
    case FunctionId::kResets:
      return Resets;
    case FunctionId::kMinOverTime:
      return MinOverTime;
    case FunctionId::kMaxOverTime:
      return MaxOverTime;
    case FunctionId::kSumOverTime:
      return SumOverTime;
    case FunctionId::kAvgOverTime:
      return AvgOverTime;
    case FunctionId::kStddevOverTime:
      return StddevOverTime;
    case FunctionId::kStdvarOverTime:
      return StdvarOverTime;
    case FunctionId::kQuantileOverTime:
      return QuantileOverTime;
    case FunctionId::kMadOverTime:
      return MadOverTime;
    case FunctionId::kDeriv:
      return Deriv;
    case FunctionId::kPredictLinear:
      return PredictLinear;
    case FunctionId::kDoubleExponentialSmoothing:
      return DoubleExponentialSmoothing;
    default:
      return nullptr;
  }
}

void NoteIgnoredHistograms(const WindowInput& input, BatchState& state) {
  if (input.histograms.empty()) return;
  for (size_t step = 0; step < input.steps(); ++step) {
    if (input.FloatsAt(step) == 0 || input.HistogramsAt(step) == 0) continue;
    state.annotations.AddInfo(HistogramIgnoredInRangeText(input.MetricName()), input.position);
    return;
  }
}

}  // namespace tocsin::promql
