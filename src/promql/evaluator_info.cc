#include "promql/evaluator.h"
#include "promql/info_join.h"
#include "promql/plan.h"

namespace tocsin::promql {

Result<RowSourcePtr> Evaluator::EvalInfo(const Call& call, const StepRange& steps) {
  TOCSIN_ASSIGN_OR_RETURN(const FramePtr base, EvalFrame(*call.args[0], steps));
  const Expr* labels = call.args.size() > 1 ? &Unwrap(*call.args[1]) : nullptr;
  const InfoRequest request = MakeInfoRequest(TryAs<VectorSelector>(labels));
  FramePtr info = EmptyFrame(steps.count);
  if (std::vector<Matcher> matchers = InfoMatchers(request, base->series()); !matchers.empty()) {
    const Lookback lookback =
        InfoLookbackOf(*call.args[0], steps, context_.settings().lookback_delta_ms);
    const storage::SelectHints hints{lookback.first_sample_ms(), lookback.last_sample_ms(),
                                     steps.count > 1 ? steps.step_ms : 0, 0};
    TOCSIN_ASSIGN_OR_RETURN(SeriesSetPtr set, Select(matchers, hints));
    VectorSelector selector(call.position);
    selector.matchers = std::move(matchers);
    const RowSourcePtr rows = MakeSelectorRows(std::move(set), selector, lookback,
                                               SampleAspect::kFloatTimestampSeconds, context_);
    TOCSIN_ASSIGN_OR_RETURN(info, Materialize(context_, rows, steps.count));
  }
  TOCSIN_ASSIGN_OR_RETURN(FramePtr joined, JoinInfo(context_, request, *base, *info));
  return RowSourcePtr(std::move(joined));
}

}  // namespace tocsin::promql
