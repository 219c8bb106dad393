#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class InhibitStage final : public FilterStage {
 public:
  InhibitStage(std::shared_ptr<const Inhibitor> inhibitor, Metrics& metrics)
      : inhibitor_(std::move(inhibitor)),
        suppressed_(metrics.notifications_suppressed("inhibition")) {}

 private:
  Result<AlertList> Filter(NotificationContext&, AlertList alerts) override {
    const size_t dropped = std::erase_if(alerts, [this](const AlertPtr& alert) {
      return inhibitor_->InhibitedBy(alert->labels).has_value();
    });
    suppressed_.Increment(static_cast<double>(dropped));
    return alerts;
  }

  const std::shared_ptr<const Inhibitor> inhibitor_;  // Shared with its configuration.
  telemetry::Counter& suppressed_;
};

}  // namespace

std::unique_ptr<Stage> MakeInhibitStage(std::shared_ptr<const Inhibitor> inhibitor,
                                        Metrics& metrics) {
  return std::make_unique<InhibitStage>(std::move(inhibitor), metrics);
}

}  // namespace tocsin::alertmanager
