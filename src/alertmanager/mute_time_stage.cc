#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class MuteTimeStage final : public FilterStage {
 public:
  MuteTimeStage(const TimeIntervals& intervals, Metrics& metrics)
      : intervals_(intervals),
        suppressed_(metrics.notifications_suppressed("mute_time_interval")) {}

 private:
  Result<AlertList> Filter(NotificationContext& context, AlertList alerts) override {
    auto muted_by = intervals_.Containing(context.mute_time_intervals, context.tick_ms / 1000);
    const bool is_muted = !muted_by.empty();
    context.mark->SetMutedBy(std::move(muted_by));
    if (!is_muted) return alerts;
    suppressed_.Increment(static_cast<double>(alerts.size()));
    return AlertList();
  }

  const TimeIntervals& intervals_;
  telemetry::Counter& suppressed_;
};

}  // namespace

std::unique_ptr<Stage> MakeMuteTimeStage(const TimeIntervals& intervals, Metrics& metrics) {
  return std::make_unique<MuteTimeStage>(intervals, metrics);
}

}  // namespace tocsin::alertmanager
