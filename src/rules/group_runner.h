#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/mutex.h"
#include "base/timers.h"
#include "rules/rule_environment.h"
#include "rules/rule_group.h"

namespace tocsin::rules {

/// Evaluates a group at its moments, one evaluation at a time. A moment that passes while an
/// evaluation runs is missed, and counted. Thread-safe.
class GroupRunner {
 public:
  /// `after_evaluation` runs on the evaluating thread. With `restores` the group restores its `for`
  /// state after the second evaluation. `group` is shared with readers of views.
  GroupRunner(std::shared_ptr<RuleGroup> group, const RuleEnvironment& environment, bool restores,
              std::function<void()> after_evaluation);
  ~GroupRunner();

  /// Schedules the first evaluation at the group's next moment. Once.
  void Start();
  /// When it returns, no evaluation runs or will run. Not from an evaluation.
  void Stop(bool cancel_queries);

 private:
  void ScheduleLocked(int64_t time_ns) REQUIRES(mutex_);
  void Tick();
  void Run();
  int64_t NextTime();

  // Constant after construction.
  const std::shared_ptr<RuleGroup> group_;
  const RuleEnvironment& environment_;
  const std::function<void()> after_evaluation_;

  // Confined to evaluations, which follow each other.
  bool restores_;
  int64_t iterations_ = 0;
  int64_t last_time_ns_ = 0;

  Mutex mutex_;
  CondVar stopped_running_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  bool is_running_ GUARDED_BY(mutex_) = false;
  Timers::TimerId timer_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::rules
