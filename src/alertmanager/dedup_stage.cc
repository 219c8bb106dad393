#include <algorithm>
#include <optional>
#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

bool IsSubset(const std::vector<uint64_t>& sorted_part, const std::vector<uint64_t>& sorted_whole) {
  return std::includes(sorted_whole.begin(), sorted_whole.end(), sorted_part.begin(),
                       sorted_part.end());
}

class DedupStage final : public FilterStage {
 public:
  DedupStage(const NotificationLog& log, ReceiverKey receiver, bool sends_resolved,
             Metrics& metrics)
      : log_(log),
        receiver_(std::move(receiver)),
        sends_resolved_(sends_resolved),
        queries_(metrics.nflog_queries) {}

 private:
  Result<AlertList> Filter(NotificationContext& context, AlertList alerts) override {
    context.firing.clear();
    context.resolved.clear();
    for (const AlertPtr& alert : alerts) {
      // The flush cleared the end of what fires.
      auto& hashes = alert->ends_at_ns == 0 ? context.firing : context.resolved;
      hashes.push_back(alert->notification_hash);
    }
    std::sort(context.firing.begin(), context.firing.end());
    std::sort(context.resolved.begin(), context.resolved.end());
    queries_.Increment();
    const auto reason = ReasonToNotify(context);
    if (!reason) return AlertList();
    context.reason = *reason;
    return alerts;
  }

  // Fewer firing alerts alone are no reason.
  std::optional<NotificationReason> ReasonToNotify(const NotificationContext& context) const {
    const auto entry = log_.Find(context.group_key, receiver_);
    if (!entry) {
      if (context.firing.empty()) return std::nullopt;
      return NotificationReason::kFirstNotification;
    }
    if (!IsSubset(context.firing, entry->firing_alerts)) {
      // After an entry without firing alerts, which told of the end, the story begins anew.
      return entry->firing_alerts.empty() ? NotificationReason::kFirstNotification
                                          : NotificationReason::kNewAlerts;
    }
    if (context.firing.empty()) {
      // Also when the receiver wants no resolved notices: the log has to learn that nothing fires.
      if (entry->firing_alerts.empty()) return std::nullopt;
      return NotificationReason::kAllResolved;
    }
    if (sends_resolved_ && !IsSubset(context.resolved, entry->resolved_alerts)) {
      return NotificationReason::kSomeResolved;
    }
    const int64_t repeat_before_ns =
        (context.tick_ms - context.repeat_interval_ms) * kNanosPerMilli;
    if (entry->timestamp_ns < repeat_before_ns) return NotificationReason::kRepeatInterval;
    return std::nullopt;
  }

  const NotificationLog& log_;
  const ReceiverKey receiver_;
  const bool sends_resolved_;
  telemetry::Counter& queries_;
};

}  // namespace

std::unique_ptr<Stage> MakeDedupStage(const NotificationLog& log, ReceiverKey receiver,
                                      bool sends_resolved, Metrics& metrics) {
  return std::make_unique<DedupStage>(log, std::move(receiver), sends_resolved, metrics);
}

}  // namespace tocsin::alertmanager
