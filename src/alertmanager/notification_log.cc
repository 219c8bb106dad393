#include "alertmanager/notification_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "alertmanager/mesh_format.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

std::string EntryKey(std::string_view group_key, const ReceiverKey& receiver) {
  return fmt::format("{}:{}/{}/{}", group_key, receiver.receiver, receiver.integration,
                     receiver.index);
}

}  // namespace

NotificationLog::NotificationLog(const Clock& clock, DurableState& state, int64_t retention_ms)
    : clock_(clock), state_(state), retention_ms_(retention_ms) {}

Status NotificationLog::Load() {
  const auto take = [this](std::string_view message) { return Take(message); };
  const auto take_snapshot = [&](std::string_view file) -> Status {
    TOCSIN_ASSIGN_OR_RETURN(const auto messages, SplitDelimited(file));
    for (const std::string_view message : messages) TOCSIN_RETURN_IF_ERROR(take(message));
    return {};
  };
  return state_.Load(take_snapshot, take);
}

Status NotificationLog::Take(std::string_view message) {
  TOCSIN_ASSIGN_OR_RETURN(NotificationEntry entry, DecodeMeshEntry(message));
  MutexLock lock(mutex_);
  auto& slot = entries_[EntryKey(entry.group_key, entry.receiver)];
  if (!slot || slot->timestamp_ns <= entry.timestamp_ns) {
    slot = std::make_shared<const NotificationEntry>(std::move(entry));
  }
  return {};
}

Status NotificationLog::Log(NotificationEntry entry, int64_t repeat_interval_ms) {
  const int64_t now_ns = clock_.NowNs();
  const int64_t kept_ms = std::min(retention_ms_, 2 * repeat_interval_ms);
  entry.timestamp_ns = now_ns;
  entry.expires_at_ns = now_ns + kept_ms * kNanosPerMilli;
  std::sort(entry.firing_alerts.begin(), entry.firing_alerts.end());
  std::sort(entry.resolved_alerts.begin(), entry.resolved_alerts.end());
  const std::string record = EncodeMeshEntry(entry);
  {
    MutexLock lock(mutex_);
    auto& slot = entries_[EntryKey(entry.group_key, entry.receiver)];
    // The clock may have been set back; what is newer stays.
    if (slot && slot->timestamp_ns > now_ns) return {};
    slot = std::make_shared<const NotificationEntry>(std::move(entry));
  }
  return state_.Append(record, DurableState::Sync::kNow);
}

std::shared_ptr<const NotificationEntry> NotificationLog::Find(std::string_view group_key,
                                                               const ReceiverKey& receiver) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(EntryKey(group_key, receiver));
  return found == entries_.end() ? nullptr : found->second;
}

Status NotificationLog::Maintain() {
  {
    const int64_t now_ns = clock_.NowNs();
    MutexLock lock(mutex_);
    std::erase_if(entries_,
                  [&](const auto& entry) { return entry.second->expires_at_ns <= now_ns; });
  }
  return state_.Fold([this] { return Snapshot(); });
}

std::string NotificationLog::Snapshot() const {
  MutexLock lock(mutex_);
  std::string out;
  for (const auto& [key, entry] : entries_) AppendDelimited(out, EncodeMeshEntry(*entry));
  return out;
}

size_t NotificationLog::size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

int64_t NotificationLog::newest_timestamp_ns() const {
  MutexLock lock(mutex_);
  int64_t newest_ns = 0;
  for (const auto& [key, entry] : entries_) newest_ns = std::max(newest_ns, entry->timestamp_ns);
  return newest_ns;
}

}  // namespace tocsin::alertmanager
