#include "tsdb/out_of_order_truncation.h"

#include <algorithm>
#include <optional>

namespace tocsin::tsdb {

void OutOfOrderTruncation::Forget(uint64_t sequence) {
  forgotten_.push_back({sequence, state_.isolation.next_entry()});
  FreeForgotten();
}

void OutOfOrderTruncation::FreeForgotten() {
  std::optional<uint64_t> free_through;  // 0 is what the logs held at the start.
  std::erase_if(forgotten_, [&](const Forgotten& forgotten) {
    if (state_.isolation.AnyBefore(forgotten.first_unaware_entry)) return false;
    free_through = std::max(free_through.value_or(0), forgotten.sequence);
    return true;
  });
  if (free_through) Drop(*free_through);
}

void OutOfOrderTruncation::Drop(uint64_t sequence) {
  SeriesId limit = 0;
  {
    ReadLock lock(state_.index_mutex);
    limit = state_.index.limit();
  }
  state_.extras.ForEachId(limit, [&](SeriesId id) {
    state_.series.WithWriteLock(id, [&](RowGroup*, uint32_t) {
      SeriesExtras* const extras = state_.extras.Find(id);
      if (extras == nullptr) return;
      extras->out_of_order.DropThrough(sequence);
      state_.extras.EraseIfEmpty(id);
    });
  });
  MeasureTimes();
}

// What is left, if anything, came while the blocks were made.
void OutOfOrderTruncation::MeasureTimes() {
  MutexLock commit_lock(state_.commit_mutex);
  SeriesId limit = 0;
  {
    ReadLock lock(state_.index_mutex);
    limit = state_.index.limit();
  }
  int64_t min_ms = INT64_MAX;
  int64_t max_ms = INT64_MIN;
  state_.extras.ForEachId(limit, [&](SeriesId id) {
    state_.series.WithReadLock(id, [&](const RowGroup*, uint32_t) {
      const SeriesExtras* const extras = state_.extras.Find(id);
      if (extras == nullptr) return;
      min_ms = std::min(min_ms, extras->out_of_order.min_time_ms());
      max_ms = std::max(max_ms, extras->out_of_order.max_time_ms());
    });
  });
  state_.min_out_of_order_ms.store(min_ms, std::memory_order_relaxed);
  state_.max_out_of_order_ms.store(max_ms, std::memory_order_relaxed);
}

}  // namespace tocsin::tsdb
