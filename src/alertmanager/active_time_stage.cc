#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class ActiveTimeStage final : public FilterStage {
 public:
  ActiveTimeStage(const TimeIntervals& intervals, Metrics& metrics)
      : intervals_(intervals),
        suppressed_(metrics.notifications_suppressed("active_time_interval")) {}

 private:
  Result<AlertList> Filter(NotificationContext& context, AlertList alerts) override {
    const auto& names = context.active_time_intervals;
    const bool is_active =
        names.empty() || !intervals_.Containing(names, context.tick_ms / 1000).empty();
    // Outside of all of them, each is a reason.
    context.mark->SetMutedBy(is_active ? std::vector<std::string>() : names);
    if (is_active) return alerts;
    suppressed_.Increment(static_cast<double>(alerts.size()));
    return AlertList();
  }

  const TimeIntervals& intervals_;
  telemetry::Counter& suppressed_;
};

}  // namespace

std::unique_ptr<Stage> MakeActiveTimeStage(const TimeIntervals& intervals, Metrics& metrics) {
  return std::make_unique<ActiveTimeStage>(intervals, metrics);
}

}  // namespace tocsin::alertmanager
