#pragma once

#include <cstdint>
#include <functional>

#include "base/mutex.h"
#include "base/timers.h"
#include "rules/alert_state_file.h"
#include "rules/rule_environment.h"

namespace tocsin::rules {

/// Keeps the file of alert state up to date: soon after a change, at most once a second, and every
/// 15 seconds while alerts are active, so that the file tells until when the server ran.
/// Thread-safe.
class AlertStateSaver {
 public:
  /// `snapshot` is called on timers' threads and must not call back.
  AlertStateSaver(const RuleEnvironment& environment, std::string path,
                  std::function<SavedAlertState()> snapshot);
  ~AlertStateSaver();

  /// Begins to save; before, nothing is written.
  void Start();
  /// An alert came, went or changed its state.
  void NoteChange();
  /// Saves a last time and ends; nothing is written afterwards.
  void Stop();

 private:
  void ScheduleLocked(int64_t deadline_ms) REQUIRES(mutex_);
  void Tick();
  void Save();

  // Constant after construction.
  const RuleEnvironment& environment_;
  const std::string path_;
  const std::function<SavedAlertState()> snapshot_;
  telemetry::Counter& failures_;

  Mutex save_mutex_;  // Serialises writes of the file. Taken before mutex_.

  Mutex mutex_;
  bool is_started_ GUARDED_BY(mutex_) = false;
  bool is_dirty_ GUARDED_BY(mutex_) = false;
  bool has_alerts_ GUARDED_BY(mutex_) = false;
  int64_t last_save_ms_ GUARDED_BY(mutex_) = 0;
  int64_t deadline_ms_ GUARDED_BY(mutex_) = INT64_MAX;
  Timers::TimerId timer_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::rules
