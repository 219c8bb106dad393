#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "alertmanager/callback_gate.h"
#include "alertmanager/metrics.h"
#include "alertmanager/notification.h"
#include "alertmanager/route.h"
#include "alertmanager/stored_alert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/timers.h"

namespace tocsin::alertmanager {

/// A group as the API shows it.
struct GroupSnapshot {
  const Route* route = nullptr;
  Labels labels;
  std::string key;
  AlertList alerts;  ///< In the order of notifications.
  std::vector<std::string> muted_by;
};

struct DispatcherDependencies {
  const Clock& clock;
  Timers& timers;
  Logger& logger;
  Metrics& metrics;
  std::shared_ptr<CallbackGate> gate;
};

/// Sorts alerts into groups by route and group labels, and flushes each group in its rhythm:
/// group_wait after its birth, then every group_interval counted from tick to tick. One
/// configuration, one dispatcher; flushes under way keep it alive. Thread-safe.
class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
 public:
  /// `root` and `pipeline` live as long as this. No group flushes before `start_ms`.
  Dispatcher(const DispatcherDependencies& dependencies, std::shared_ptr<const Route> root,
             std::shared_ptr<Stage> pipeline, int64_t start_ms);

  /// Puts new or changed alerts into their groups. An alert in a known group waits for its next
  /// tick.
  void Process(const AlertList& alerts);

  /// Ends all timers and cancels retries; attempts under way end on their own.
  void Stop();

  /// All groups, in no order.
  std::vector<GroupSnapshot> Groups() const;
  /// Waits at most `timeout_ms` (of the machine's time) for flushes under way; false when some
  /// still are.
  bool WaitUntilIdle(int64_t timeout_ms);

 private:
  struct Group {
    Group(const Route& the_route, Labels the_labels, std::string the_key)
        : route(the_route), labels(std::move(the_labels)), key(std::move(the_key)) {}
    // Constant.
    const Route& route;
    const Labels labels;
    const std::string key;
    const std::shared_ptr<GroupMark> mark = std::make_shared<GroupMark>();
    // Guarded by the dispatcher's lock.
    std::map<uint64_t, AlertPtr> alerts;
    Timers::TimerId timer = 0;
    bool is_flushing = false;
    bool has_tick_waiting = false;  ///< The timer fired during a flush.
    int64_t waiting_tick_ms = 0;
    bool is_gone = false;  ///< Empty, and no longer in the table.
  };
  using GroupPtr = std::shared_ptr<Group>;

  void Insert(const AlertPtr& alert, const Route& route, int64_t now_ms) REQUIRES(mutex_);
  void Arm(const GroupPtr& group, int64_t deadline_ms) REQUIRES(mutex_);
  void OnTick(const GroupPtr& group);
  void Flush(const GroupPtr& group, int64_t tick_ms);
  void OnFlushed(const GroupPtr& group, const AlertList& flushed, const Result<AlertList>& result);
  static AlertList SortedAlerts(const Group& group);
  ContextPtr MakeContext(const Group& group, int64_t tick_ms) const;
  /// Removes an empty group; returns its timer, to be canceled without the lock.
  Timers::TimerId RemoveLocked(const GroupPtr& group) REQUIRES(mutex_);

  const DispatcherDependencies dependencies_;
  const std::shared_ptr<const Route> root_;
  const std::shared_ptr<Stage> pipeline_;
  const int64_t start_ms_;
  const std::shared_ptr<CancelSource> cancel_ = std::make_shared<CancelSource>();

  mutable Mutex mutex_;
  std::map<std::pair<const Route*, std::string>, GroupPtr> groups_ GUARDED_BY(mutex_);
  size_t flushing_ GUARDED_BY(mutex_) = 0;
  CondVar flush_ended_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::alertmanager
