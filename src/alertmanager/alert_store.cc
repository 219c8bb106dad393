#include "alertmanager/alert_store.h"

#include <algorithm>

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
// A journal this large is folded early, so that its replay stays a matter of milliseconds.
constexpr uint64_t kMaxJournalBytes = uint64_t{8} << 20;

}  // namespace

AlertStore::AlertStore(const Clock& clock, Logger& logger, DurableState& state,
                       size_t per_alertname_limit)
    : clock_(clock), logger_(logger), state_(state), per_alertname_limit_(per_alertname_limit) {}

Status AlertStore::Load(int64_t grace_ms, int64_t other_sign_of_life_ns) {
  const auto take_snapshot = [this](std::string_view bytes) -> Status {
    TOCSIN_ASSIGN_OR_RETURN(AlertBatch batch, DecodeAlertFile(bytes));
    TakeBatch(std::move(batch));
    return {};
  };
  const auto take_record = [this](std::string_view bytes) -> Status {
    TOCSIN_ASSIGN_OR_RETURN(AlertBatch batch, DecodeAlertBatch(bytes));
    TakeBatch(std::move(batch));
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(state_.Load(take_snapshot, take_record));
  const int64_t grace_end_ns = clock_.NowNs() + grace_ms * kNanosPerMilli;
  MutexLock lock(mutex_);
  const int64_t sign_of_life_ns = std::max(last_written_ns_, other_sign_of_life_ns);
  for (auto& [fingerprint, alert] : alerts_) {
    ++count_by_name_[std::string(alert->labels.Get(kAlertNameLabel))];
    const bool fired_then = alert->ends_at_ns > sign_of_life_ns;
    if (!fired_then || alert->ends_at_ns >= grace_end_ns) continue;
    StoredAlert extended = *alert;
    extended.ends_at_ns = grace_end_ns;
    extended.is_timeout = true;
    alert = std::make_shared<const StoredAlert>(std::move(extended));
  }
  return {};
}

void AlertStore::TakeBatch(AlertBatch batch) {
  MutexLock lock(mutex_);
  last_written_ns_ = std::max(last_written_ns_, batch.written_at_ns);
  for (StoredAlert& alert : batch.alerts) {
    const uint64_t fingerprint = alert.fingerprint;
    alerts_[fingerprint] = std::make_shared<const StoredAlert>(std::move(alert));
  }
}

AlertList AlertStore::Put(std::vector<StoredAlert> alerts) {
  const int64_t now_ns = clock_.NowNs();
  AlertList stored;
  stored.reserve(alerts.size());
  {
    MutexLock lock(mutex_);
    for (StoredAlert& alert : alerts) {
      if (AlertPtr merged = PutLocked(std::move(alert), now_ns)) {
        stored.push_back(std::move(merged));
      }
    }
  }
  if (!stored.empty()) Journal(stored, now_ns);
  return stored;
}

AlertPtr AlertStore::PutLocked(StoredAlert alert, int64_t now_ns) {
  alert.Finish();
  const auto found = alerts_.find(alert.fingerprint);
  if (found == alerts_.end()) {
    if (IsOverLimitLocked(alert)) return nullptr;
    ++count_by_name_[std::string(alert.labels.Get(kAlertNameLabel))];
  } else if (DoRangesOverlap(*found->second, alert)) {
    alert = MergeAlerts(*found->second, alert, now_ns);
  }
  const uint64_t fingerprint = alert.fingerprint;
  AlertPtr stored = std::make_shared<const StoredAlert>(std::move(alert));
  alerts_[fingerprint] = stored;
  return stored;
}

bool AlertStore::IsOverLimitLocked(const StoredAlert& alert) {
  if (per_alertname_limit_ == 0) return false;
  const auto count = count_by_name_.find(std::string(alert.labels.Get(kAlertNameLabel)));
  if (count == count_by_name_.end() || count->second < per_alertname_limit_) return false;
  ++limited_;
  return true;
}

void AlertStore::Journal(const AlertList& alerts, int64_t now_ns) {
  AlertBatch batch;
  batch.written_at_ns = now_ns;
  for (const AlertPtr& alert : alerts) batch.alerts.push_back(*alert);
  auto status = state_.Append(EncodeAlertBatch(batch), DurableState::Sync::kLater);
  if (status && state_.journal_bytes() > std::max(kMaxJournalBytes, 2 * state_.snapshot_bytes())) {
    status = Maintain();
  }
  if (!status) logger_.Error("Writing alerts failed", {{"err", status.error().message()}});
}

AlertPtr AlertStore::Find(uint64_t fingerprint) const {
  MutexLock lock(mutex_);
  const auto found = alerts_.find(fingerprint);
  return found == alerts_.end() ? nullptr : found->second;
}

AlertList AlertStore::List() const {
  MutexLock lock(mutex_);
  AlertList all;
  all.reserve(alerts_.size());
  for (const auto& [fingerprint, alert] : alerts_) all.push_back(alert);
  return all;
}

uint64_t AlertStore::limited() const {
  MutexLock lock(mutex_);
  return limited_;
}

void AlertStore::Collect() {
  const int64_t now_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    if (!it->second->IsResolvedAt(now_ns)) {
      ++it;
      continue;
    }
    const auto count = count_by_name_.find(std::string(it->second->labels.Get(kAlertNameLabel)));
    if (count != count_by_name_.end() && --count->second == 0) count_by_name_.erase(count);
    it = alerts_.erase(it);
  }
}

Status AlertStore::Maintain() {
  return state_.Fold([this] { return Snapshot(); });
}

std::string AlertStore::Snapshot() const {
  AlertBatch batch;
  batch.written_at_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  for (const auto& [fingerprint, alert] : alerts_) batch.alerts.push_back(*alert);
  return EncodeAlertFile(batch);
}

}  // namespace tocsin::alertmanager
