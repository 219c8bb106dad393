#include "alertmanager/notification.h"

#include <optional>
#include <utility>

namespace tocsin::alertmanager {

std::string_view NotificationReasonText(NotificationReason reason) {
  switch (reason) {
    case NotificationReason::kUnknown:
      break;
    case NotificationReason::kFirstNotification:
      return "first notification";
    case NotificationReason::kNewAlerts:
      return "new alerts added";
    case NotificationReason::kSomeResolved:
      return "some alerts resolved";
    case NotificationReason::kAllResolved:
      return "all alerts resolved";
    case NotificationReason::kRepeatInterval:
      return "repeat interval elapsed";
  }
  return "unknown";
}

void CancelSource::Cancel() {
  std::map<uint64_t, std::function<void()>> callbacks;
  {
    MutexLock lock(mutex_);
    is_canceled_ = true;
    callbacks.swap(callbacks_);
  }
  for (const auto& [id, callback] : callbacks) callback();
}

bool CancelSource::canceled() const {
  MutexLock lock(mutex_);
  return is_canceled_;
}

uint64_t CancelSource::OnCancel(std::function<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (!is_canceled_) {
      callbacks_.emplace(next_id_, std::move(callback));
      return next_id_++;
    }
  }
  callback();
  return 0;
}

void CancelSource::Forget(uint64_t id) {
  // Destroyed after the lock is released: it may own the last reference to much.
  std::function<void()> forgotten;
  MutexLock lock(mutex_);
  if (auto node = callbacks_.extract(id)) forgotten = std::move(node.mapped());
}

SequenceStage::SequenceStage(std::vector<std::unique_ptr<Stage>> stages)
    : stages_(std::move(stages)) {}

void SequenceStage::Exec(ContextPtr context, AlertList alerts, Done done) {
  ExecFrom(0, std::move(context), std::move(alerts), std::move(done));
}

void SequenceStage::ExecFrom(size_t index, ContextPtr context, AlertList alerts, Done done) {
  if (index == stages_.size() || alerts.empty()) {
    done(std::move(alerts));
    return;
  }
  Stage& stage = *stages_[index];
  stage.Exec(context, std::move(alerts),
             [this, index, context, done = std::move(done)](Result<AlertList> passed) {
               if (!passed) {
                 done(std::move(passed));
                 return;
               }
               ExecFrom(index + 1, context, *std::move(passed), done);
             });
}

FanoutStage::FanoutStage(std::vector<std::unique_ptr<Stage>> stages) : stages_(std::move(stages)) {}

void FanoutStage::Exec(ContextPtr context, AlertList alerts, Done done) {
  struct Join {
    Mutex mutex;
    size_t pending GUARDED_BY(mutex) = 0;
    std::string errors GUARDED_BY(mutex);
  };
  if (stages_.empty()) {
    done(std::move(alerts));
    return;
  }
  auto join = std::make_shared<Join>();
  {
    MutexLock lock(join->mutex);
    join->pending = stages_.size();
  }
  for (const auto& stage : stages_) {
    auto own_context = std::make_shared<NotificationContext>(*context);
    stage->Exec(own_context, alerts, [join, alerts, done](Result<AlertList> passed) {
      std::string errors;
      {
        MutexLock lock(join->mutex);
        if (!passed) {
          if (!join->errors.empty()) join->errors.append("; ");
          join->errors.append(passed.error().message());
        }
        if (--join->pending > 0) return;
        errors = join->errors;
      }
      if (errors.empty()) {
        done(alerts);
      } else {
        done(Error(ErrorCode::kUnavailable, std::move(errors)));
      }
    });
  }
}

}  // namespace tocsin::alertmanager
