#include "rules/group_runner.h"

#include <utility>

namespace tocsin::rules {

GroupRunner::GroupRunner(std::shared_ptr<RuleGroup> group, const RuleEnvironment& environment,
                         bool restores, std::function<void()> after_evaluation)
    : group_(std::move(group)),
      environment_(environment),
      after_evaluation_(std::move(after_evaluation)),
      restores_(restores) {}

GroupRunner::~GroupRunner() { Stop(true); }

void GroupRunner::Start() {
  const int64_t first_ns =
      group_->EvaluationTimeAt(environment_.clock.NowNs()) + group_->interval_ns();
  last_time_ns_ = first_ns - group_->interval_ns();
  MutexLock lock(mutex_);
  if (!is_stopped_) ScheduleLocked(first_ns);
}

void GroupRunner::ScheduleLocked(int64_t time_ns) {
  // Rounded up: the clock must have reached the moment.
  const int64_t deadline_ms = (time_ns + 999'999) / 1'000'000;
  timer_ = environment_.timers.RunAt(deadline_ms, [this] { Tick(); });
}

void GroupRunner::Tick() {
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    is_running_ = true;
  }
  if (environment_.pool != nullptr)
    environment_.pool->Submit([this] { Run(); });
  else
    Run();
}

// The newest moment that has come; those before it that nobody evaluated are missed.
int64_t GroupRunner::NextTime() {
  const int64_t interval_ns = group_->interval_ns();
  const int64_t missed = (environment_.clock.NowNs() - last_time_ns_) / interval_ns - 1;
  if (missed > 0) group_->CountMissed(missed);
  return last_time_ns_ + (missed > 0 ? missed + 1 : 1) * interval_ns;
}

void GroupRunner::Run() {
  const int64_t time_ns = NextTime();
  group_->Evaluate(time_ns);
  last_time_ns_ = time_ns;
  ++iterations_;
  if (restores_ && iterations_ == 2) {
    group_->RestoreForState(environment_.clock.NowNs());
    restores_ = false;
  }
  after_evaluation_();
  MutexLock lock(mutex_);
  is_running_ = false;
  if (!is_stopped_) ScheduleLocked(time_ns + group_->interval_ns());
  // Under the lock: the runner may be gone as soon as Stop gets it.
  stopped_running_.notify_all();
}

void GroupRunner::Stop(bool cancel_queries) {
  Timers::TimerId timer = 0;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    timer = timer_;
  }
  group_->Stop(cancel_queries);
  environment_.timers.Cancel(timer);
  MutexLock lock(mutex_);
  while (is_running_) stopped_running_.wait(mutex_);
}

}  // namespace tocsin::rules
