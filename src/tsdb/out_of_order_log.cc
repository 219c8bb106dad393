#include "tsdb/out_of_order_log.h"

#include "tsdb/wal/checkpoint.h"

namespace tocsin::tsdb {

Status OutOfOrderLog::OpenLocked() {
  if (wal_) return {};
  TOCSIN_ASSIGN_OR_RETURN(wal_, Wal::Open({fs_, clock_, logger_, registry_}, directory_, options_));
  return {};
}

Status OutOfOrderLog::Replay(ReplayVisitor& visitor) {
  if (!fs_.Exists(directory_)) return {};
  Wal* wal = nullptr;
  {
    MutexLock lock(mutex_);
    TOCSIN_RETURN_IF_ERROR(OpenLocked());
    wal = wal_.get();  // From here on it stays.
  }
  // Not under the lock: commits may come meanwhile.
  TOCSIN_ASSIGN_OR_RETURN(const ReplayReport report, wal->Replay(visitor));
  logger_.Info("WBL replay completed", {{"samples", std::to_string(report.samples)},
                                        {"corruptions", std::to_string(report.corruption_count)}});
  return {};
}

Status OutOfOrderLog::Log(std::span<const std::string_view> records) {
  MutexLock lock(mutex_);
  TOCSIN_RETURN_IF_ERROR(OpenLocked());
  return wal_->Log(records);
}

int64_t OutOfOrderLog::CurrentSegment() const {
  MutexLock lock(mutex_);
  return wal_ ? wal_->position().segment : 0;
}

Status OutOfOrderLog::RemoveSegmentsBefore(int64_t segment) {
  if (segment <= 0) return {};
  return RemoveSegmentsUpTo(fs_, directory_, segment - 1);
}

Status OutOfOrderLog::Close() {
  MutexLock lock(mutex_);
  return wal_ ? wal_->Close() : Status();
}

}  // namespace tocsin::tsdb
