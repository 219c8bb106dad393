#include "rules/alert_state_saver.h"

#include <algorithm>
#include <utility>

namespace tocsin::rules {
namespace {

// Between writes: a storm of alerts must not become a storm of fsyncs.
constexpr int64_t kMinIntervalMs = 1000;
// While alerts are active; bounds how much pending time a crash can cost.
constexpr int64_t kHeartbeatMs = 15'000;

}  // namespace

AlertStateSaver::AlertStateSaver(const RuleEnvironment& environment, std::string path,
                                 std::function<SavedAlertState()> snapshot)
    : environment_(environment),
      path_(std::move(path)),
      snapshot_(std::move(snapshot)),
      failures_(environment.registry.AddCounter(
          "tocsin_rule_alert_state_write_failures_total",
          "How often the state of alerts could not be written to disk.")) {}

AlertStateSaver::~AlertStateSaver() { Stop(); }

void AlertStateSaver::Start() {
  MutexLock lock(mutex_);
  is_started_ = true;
  if (is_dirty_) ScheduleLocked(environment_.clock.NowMs());
}

void AlertStateSaver::NoteChange() {
  MutexLock lock(mutex_);
  is_dirty_ = true;
  if (is_started_)
    ScheduleLocked(std::max(environment_.clock.NowMs(), last_save_ms_ + kMinIntervalMs));
}

// Keeps an earlier deadline. A timer that became superfluous finds nothing to do.
void AlertStateSaver::ScheduleLocked(int64_t deadline_ms) {
  if (deadline_ms_ <= deadline_ms) return;
  deadline_ms_ = deadline_ms;
  timer_ = environment_.timers.RunAt(deadline_ms, [this] { Tick(); });
}

void AlertStateSaver::Tick() {
  {
    MutexLock lock(mutex_);
    if (!is_started_) return;
    deadline_ms_ = INT64_MAX;
    if (!is_dirty_ && !has_alerts_) return;
  }
  Save();
  MutexLock lock(mutex_);
  if (is_started_ && has_alerts_) ScheduleLocked(environment_.clock.NowMs() + kHeartbeatMs);
}

void AlertStateSaver::Save() {
  MutexLock save_lock(save_mutex_);
  {
    MutexLock lock(mutex_);
    is_dirty_ = false;
    last_save_ms_ = environment_.clock.NowMs();
  }
  const SavedAlertState state = snapshot_();
  const Status status = environment_.fs.WriteFileAtomically(path_, FormatAlertState(state));
  if (!status) {
    failures_.Increment();
    environment_.logger.Error("Saving the state of alerts failed",
                              {{"path", path_}, {"err", status.error().message()}});
  }
  MutexLock lock(mutex_);
  has_alerts_ = !state.rules.empty();
  if (!status) is_dirty_ = true;
}

void AlertStateSaver::Stop() {
  Timers::TimerId timer = 0;
  {
    MutexLock lock(mutex_);
    if (!is_started_) return;
    is_started_ = false;
    timer = timer_;
  }
  environment_.timers.Cancel(timer);
  Save();
}

}  // namespace tocsin::rules
