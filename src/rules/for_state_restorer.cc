#include "rules/for_state_restorer.h"

#include <map>
#include <vector>

#include "model/matcher.h"
#include "model/sample.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Since when the alert has to count as active.
int64_t RestoredActiveAt(const Sample& last, int64_t time_ns, int64_t hold_ns, int64_t grace_ns) {
  const int64_t down_at_ns = last.timestamp_ms / 1000 * kNsPerSecond;
  const int64_t active_at_ns = static_cast<int64_t>(last.value) * kNsPerSecond;
  const int64_t remaining_ns = hold_ns - (down_at_ns - active_at_ns);
  // It fired when the server went down: it fires again with the next evaluation.
  if (remaining_ns <= 0) return active_at_ns;
  if (remaining_ns < grace_ns) return time_ns + grace_ns - hold_ns;
  return active_at_ns + (time_ns - down_at_ns);
}

}  // namespace

void ForStateRestorer::Restore(AlertingRule& rule, int64_t time_ns) const {
  if (rule.is_restored()) return;
  // A shorter `for` passes sooner than the grace period would.
  if (rule.hold_ns() >= options_.for_grace_period_ms * kNsPerMs) {
    if (const Status status = RestoreFromSeries(rule, time_ns); !status)
      logger_.Error("Failed to restore 'for' state",
                    {{"labels", rule.name()}, {"err", status.error().message()}});
  }
  rule.SetRestored(true);
}

Status ForStateRestorer::RestoreFromSeries(AlertingRule& rule, int64_t time_ns) const {
  const int64_t end_ms = time_ns / kNsPerMs;
  const int64_t start_ms = end_ms - options_.outage_tolerance_ms;
  TOCSIN_ASSIGN_OR_RETURN(const auto querier, queryable_.MakeQuerier(start_ms, end_ms));
  const std::vector<Matcher> matchers = {Matcher::Equal(kMetricNameLabel, "ALERTS_FOR_STATE"),
                                         Matcher::Equal(kAlertNameLabel, rule.name())};
  storage::SelectHints hints;
  hints.start_ms = start_ms;
  hints.end_ms = end_ms;
  TOCSIN_ASSIGN_OR_RETURN(const auto series, querier->Select(matchers, hints));
  std::map<Labels, size_t> index_of;
  for (size_t i = 0; i < series->size(); ++i)
    index_of.emplace(series->LabelsOf(i).WithoutName(), i);
  storage::SampleBuffer samples;
  for (const auto& [labels, alert] : rule.SnapshotAlerts()) {
    const auto at = index_of.find(labels);
    if (at == index_of.end()) continue;
    samples.Clear();
    TOCSIN_RETURN_IF_ERROR(series->Read(at->second, start_ms, end_ms, samples));
    if (samples.values.empty() || IsStaleNan(samples.values.back())) continue;
    const Sample last{samples.timestamps_ms.back(), samples.values.back()};
    rule.SetActiveAt(labels, RestoredActiveAt(last, time_ns, rule.hold_ns(),
                                              options_.for_grace_period_ms * kNsPerMs));
  }
  return {};
}

}  // namespace tocsin::rules
