#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "alertmanager/durable_state.h"
#include "alertmanager/notification_entry.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// What was notified to whom, so that nothing is sent twice and a resolved notice follows its
/// alert. Each entry is on stable storage when Log returns. Thread-safe.
class NotificationLog {
 public:
  /// Keeps references to `clock` and `state`. An entry is kept for `retention_ms` at most.
  NotificationLog(const Clock& clock, DurableState& state, int64_t retention_ms);

  Status Load();

  /// Remembers a notification, stamped with the time of the call. `repeat_interval_ms` bounds how
  /// long the entry is kept: twice as long.
  Status Log(NotificationEntry entry, int64_t repeat_interval_ms);

  /// The last notification of the group to the integration, or nullptr. Entries past their expiry
  /// count until Maintain() drops them, as upstream.
  std::shared_ptr<const NotificationEntry> Find(std::string_view group_key,
                                                const ReceiverKey& receiver) const;

  /// Forgets expired entries and folds the journal into the snapshot.
  Status Maintain();

  size_t size() const;
  /// Time of the newest entry, 0 without any: a sign that the process lived then.
  int64_t newest_timestamp_ns() const;

 private:
  Status Take(std::string_view message);
  std::string Snapshot() const;

  const Clock& clock_;
  DurableState& state_;
  const int64_t retention_ms_;

  mutable Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const NotificationEntry>> entries_
      GUARDED_BY(mutex_);
};

}  // namespace tocsin::alertmanager
