#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "alertmanager/stored_alert.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/labels.h"

namespace tocsin::alertmanager {

/// Why a group is notified; templates and webhooks see it.
enum class NotificationReason {
  kUnknown,
  kFirstNotification,
  kNewAlerts,
  kSomeResolved,
  kAllResolved,
  kRepeatInterval,
};

/// "first notification", "new alerts added", …
std::string_view NotificationReasonText(NotificationReason reason);

/// Which time intervals mute a group since its last flush. Shared by the group and its flushes.
/// Thread-safe.
class GroupMark {
 public:
  void SetMutedBy(std::vector<std::string> intervals) {
    MutexLock lock(mutex_);
    muted_by_ = std::move(intervals);
  }
  std::vector<std::string> muted_by() const {
    MutexLock lock(mutex_);
    return muted_by_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> muted_by_ GUARDED_BY(mutex_);
};

/// Tells flushes under way that their configuration is gone. Thread-safe.
class CancelSource {
 public:
  /// Calls every registered callback, once. Later registrations are called at once.
  void Cancel();
  bool canceled() const;
  /// Returns an id for Forget. `callback` must not call back into this object.
  uint64_t OnCancel(std::function<void()> callback);
  void Forget(uint64_t id);

 private:
  mutable Mutex mutex_;
  bool is_canceled_ GUARDED_BY(mutex_) = false;
  uint64_t next_id_ GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::function<void()>> callbacks_ GUARDED_BY(mutex_);
};

/// What the stages of one flush of one group know. Each integration gets a copy of its own.
struct NotificationContext {
  std::string group_key;
  Labels group_labels;
  std::string receiver;
  std::map<std::string, std::string> route_labels;  ///< Values are templates.
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  int64_t repeat_interval_ms = 0;
  int64_t tick_ms = 0;      ///< When the group's timer fired: the flush's idea of now.
  int64_t deadline_ms = 0;  ///< Retries end here.
  std::shared_ptr<GroupMark> mark;
  std::shared_ptr<CancelSource> cancel;

  // Set by the dedup stage.
  NotificationReason reason = NotificationReason::kUnknown;
  std::vector<uint64_t> firing;  ///< Notification hashes.
  std::vector<uint64_t> resolved;
};

using ContextPtr = std::shared_ptr<NotificationContext>;

/// A step on the way from a flushed group to its receivers. What it passes on is what it lets
/// through; no alerts end the way with success. Immutable; thread-safe.
class Stage {
 public:
  using Done = std::function<void(Result<AlertList>)>;

  virtual ~Stage() = default;
  /// Calls `done` exactly once, at once or later, on any thread.
  virtual void Exec(ContextPtr context, AlertList alerts, Done done) = 0;
};

/// A stage that decides on the spot.
class FilterStage : public Stage {
 public:
  void Exec(ContextPtr context, AlertList alerts, Done done) final {
    done(Filter(*context, std::move(alerts)));
  }

 private:
  virtual Result<AlertList> Filter(NotificationContext& context, AlertList alerts) = 0;
};

/// Stages one after the other, as long as there are alerts and no error.
class SequenceStage final : public Stage {
 public:
  explicit SequenceStage(std::vector<std::unique_ptr<Stage>> stages);
  void Exec(ContextPtr context, AlertList alerts, Done done) override;

 private:
  void ExecFrom(size_t index, ContextPtr context, AlertList alerts, Done done);
  std::vector<std::unique_ptr<Stage>> stages_;
};

/// Stages side by side, each with a copy of the context. Fails when one fails, after all are done.
class FanoutStage final : public Stage {
 public:
  explicit FanoutStage(std::vector<std::unique_ptr<Stage>> stages);
  void Exec(ContextPtr context, AlertList alerts, Done done) override;

 private:
  std::vector<std::unique_ptr<Stage>> stages_;
};

}  // namespace tocsin::alertmanager
