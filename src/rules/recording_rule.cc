#include "rules/recording_rule.h"

#include <unordered_set>

namespace tocsin::rules {

Result<std::vector<OutputSample>> RecordingRule::Evaluate(const EvaluationContext& context) {
  TOCSIN_ASSIGN_OR_RETURN(const promql::InstantVector vector,
                          context.queries.Query(query(), context.sample_time_ms(), context.cancel));
  std::vector<OutputSample> samples;
  samples.reserve(vector.size());
  std::unordered_set<Labels, LabelsHash> seen;
  LabelsBuilder builder;
  for (const promql::VectorElement& element : vector) {
    if (element.histogram != nullptr)
      return Error(ErrorCode::kInvalidArgument,
                   "native histograms cannot be recorded yet, and the expression yields one");
    builder.Reset(element.labels);
    builder.Set(kMetricNameLabel, name());
    for (const auto& [label, value] : labels()) builder.Set(label, value);
    Labels series = builder.Build();
    if (!seen.insert(series).second)
      return Error(ErrorCode::kInvalidArgument,
                   "vector contains metrics with the same labelset after applying rule labels");
    samples.push_back({std::move(series), element.value});
  }
  if (context.limit > 0 && static_cast<int64_t>(samples.size()) > context.limit)
    return Errorf(ErrorCode::kTooLarge, "exceeded limit of {} with {} series", context.limit,
                  samples.size());
  return samples;
}

}  // namespace tocsin::rules
