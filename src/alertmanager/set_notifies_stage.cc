#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class SetNotifiesStage final : public FilterStage {
 public:
  SetNotifiesStage(NotificationLog& log, ReceiverKey receiver)
      : log_(log), receiver_(std::move(receiver)) {}

 private:
  Result<AlertList> Filter(NotificationContext& context, AlertList alerts) override {
    NotificationEntry entry;
    entry.group_key = context.group_key;
    entry.receiver = receiver_;
    entry.firing_alerts = context.firing;
    entry.resolved_alerts = context.resolved;
    TOCSIN_RETURN_IF_ERROR(log_.Log(std::move(entry), context.repeat_interval_ms));
    return alerts;
  }

  NotificationLog& log_;
  const ReceiverKey receiver_;
};

}  // namespace

std::unique_ptr<Stage> MakeSetNotifiesStage(NotificationLog& log, ReceiverKey receiver) {
  return std::make_unique<SetNotifiesStage>(log, std::move(receiver));
}

}  // namespace tocsin::alertmanager
