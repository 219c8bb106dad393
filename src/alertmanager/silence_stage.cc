#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class SilenceStage final : public FilterStage {
 public:
  SilenceStage(const Silences& silences, Metrics& metrics)
      : silences_(silences),
        queries_(metrics.silences_queries),
        suppressed_(metrics.notifications_suppressed("silence")) {}

 private:
  Result<AlertList> Filter(NotificationContext&, AlertList alerts) override {
    queries_.Increment(static_cast<double>(alerts.size()));
    const size_t dropped = std::erase_if(alerts, [this](const AlertPtr& alert) {
      return !silences_.SilencedBy(alert->labels).empty();
    });
    suppressed_.Increment(static_cast<double>(dropped));
    return alerts;
  }

  const Silences& silences_;
  telemetry::Counter& queries_;
  telemetry::Counter& suppressed_;
};

}  // namespace

std::unique_ptr<Stage> MakeSilenceStage(const Silences& silences, Metrics& metrics) {
  return std::make_unique<SilenceStage>(silences, metrics);
}

}  // namespace tocsin::alertmanager
