#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "alertmanager/alert_format.h"
#include "alertmanager/durable_state.h"
#include "alertmanager/stored_alert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// The current alerts by fingerprint, in memory and on disk. Resolved ones stay until Collect().
/// Thread-safe.
class AlertStore {
 public:
  /// Keeps references. `per_alertname_limit` bounds the alerts of one name (0 is no limit); further
  /// ones are dropped and counted in limited().
  AlertStore(const Clock& clock, Logger& logger, DurableState& state, size_t per_alertname_limit);

  /// Reads what the last run knew. An alert that still fired at the last sign of life (of this
  /// store, or `other_sign_of_life_ns`) but has ended since gets `grace_ms` from now: its sender
  /// was down too, if it lives in this process, and shall say itself whether it fires.
  Status Load(int64_t grace_ms, int64_t other_sign_of_life_ns);

  /// Takes valid alerts, merging each with the same episode known already. Returns them as they are
  /// now stored. A failing disk is logged, not an error: alerts are sent again by whoever sent
  /// them.
  AlertList Put(std::vector<StoredAlert> alerts);

  AlertPtr Find(uint64_t fingerprint) const;
  AlertList List() const;
  uint64_t limited() const;

  /// Forgets alerts that have resolved.
  void Collect();
  /// Folds the journal into the snapshot.
  Status Maintain();

 private:
  AlertPtr PutLocked(StoredAlert alert, int64_t now_ns) REQUIRES(mutex_);
  bool IsOverLimitLocked(const StoredAlert& alert) REQUIRES(mutex_);
  void TakeBatch(AlertBatch batch);
  void Journal(const AlertList& alerts, int64_t now_ns);
  std::string Snapshot() const;

  const Clock& clock_;
  Logger& logger_;
  DurableState& state_;
  const size_t per_alertname_limit_;

  mutable Mutex mutex_;
  std::unordered_map<uint64_t, AlertPtr> alerts_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, size_t> count_by_name_ GUARDED_BY(mutex_);
  uint64_t limited_ GUARDED_BY(mutex_) = 0;
  int64_t last_written_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::alertmanager
