#include "tsdb/isolation.h"

namespace tocsin::tsdb {

Isolation::Ticket Isolation::Enter() {
  MutexLock lock(mutex_);
  points_.push_back({committed(), min_time_ms(), next_entry_++});
  return std::prev(points_.end());
}

void Isolation::Leave(Ticket ticket) {
  MutexLock lock(mutex_);
  points_.erase(ticket);
}

uint64_t Isolation::OldestSequence() const {
  MutexLock lock(mutex_);
  return points_.empty() ? committed() : points_.front().sequence;
}

int64_t Isolation::OldestMinTime() const {
  MutexLock lock(mutex_);
  return points_.empty() ? min_time_ms() : points_.front().min_time_ms;
}

void Isolation::RaiseMinTime(int64_t min_time) {
  MutexLock lock(mutex_);
  if (min_time > min_time_ms()) min_time_ms_.store(min_time, std::memory_order_relaxed);
}

uint64_t Isolation::next_entry() const {
  MutexLock lock(mutex_);
  return next_entry_;
}

bool Isolation::AnyBefore(uint64_t entry) const {
  MutexLock lock(mutex_);
  return !points_.empty() && points_.front().entry < entry;
}

}  // namespace tocsin::tsdb
