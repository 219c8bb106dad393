#include "tsdb/head_truncation.h"

#include <algorithm>
#include <span>
#include <unordered_set>

namespace tocsin::tsdb {
namespace {

// Series removed under one hold of the locks: appenders and queries wait about 0.2 ms.
constexpr size_t kRemoveBatch = 256;

}  // namespace

void HeadTruncation::Truncate(int64_t min_time_ms) {
  state_.isolation.RaiseMinTime(min_time_ms);
  const int64_t oldest_ms = state_.isolation.OldestMinTime();
  const uint64_t visible_to_all = state_.isolation.OldestSequence();
  std::vector<SeriesId> candidates;
  oldest_chunk_file_ = state_.chunk_files == nullptr ? 0 : state_.chunk_files->next_file();
  for (const SeriesId id : AllSeries()) {
    if (DropSamples(id, oldest_ms, visible_to_all)) candidates.push_back(id);
  }
  RemoveEmpty(std::move(candidates));
  ReleaseForgotten();
  int64_t lowest_ms = state_.min_time_ms.load(std::memory_order_relaxed);
  while (lowest_ms < oldest_ms && !state_.min_time_ms.compare_exchange_weak(lowest_ms, oldest_ms)) {
  }
  state_.metrics.truncations.Increment();
}

std::vector<SeriesId> HeadTruncation::AllSeries() const {
  ReadLock lock(state_.index_mutex);
  std::vector<SeriesId> ids;
  state_.index.all().AppendTo(ids);
  return ids;
}

// True when nothing is left and no target holds the series.
bool HeadTruncation::DropSamples(SeriesId id, int64_t min_time_ms, uint64_t visible_to_all) {
  return state_.series.WithWriteLock(
      id, [&](RowGroup* group, uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
        ChunkColumn& column = state_.series.columns[id];
        if (group != nullptr) {
          const auto newest = state_.NewestLocked(id, group, slot);
          if (!newest || newest->timestamp_ms < min_time_ms) {
            group->is_compaction_wanted.store(true, std::memory_order_relaxed);
          }
        }
        SlabArena::Session session(state_.columns.arena());
        if (group == nullptr) state_.columns.DrainPending(session, column, visible_to_all);
        const auto sealed_before = state_.columns.Sealed(column);
        const size_t count_before = sealed_before.size();
        const bool was_in_file = count_before > 0 && sealed_before.front().is_in_file();
        state_.columns.DropBefore(session, column, min_time_ms);
        const auto sealed = state_.columns.Sealed(column);
        if (was_in_file && sealed.size() < count_before) has_dropped_file_chunks_ = true;
        if (!sealed.empty() && sealed.front().is_in_file()) {
          oldest_chunk_file_ = std::min(oldest_chunk_file_, sealed.front().ref().file());
        }
        if (SeriesExtras* const extras = state_.extras.Find(id)) {
          extras->histograms.DropBefore(min_time_ms);
          extras->starts.DropBefore(min_time_ms);
          state_.extras.EraseIfEmpty(id);
        }
        return group == nullptr && column.empty() && state_.extras.Find(id) == nullptr;
      });
}

void HeadTruncation::RemoveEmpty(std::vector<SeriesId> candidates) {
  for (size_t begin = 0; begin < candidates.size(); begin += kRemoveBatch) {
    const auto batch =
        std::span(candidates).subspan(begin, std::min(kRemoveBatch, candidates.size() - begin));
    MutexLock commit_lock(state_.commit_mutex);
    WriteLock lock(state_.index_mutex);
    std::unordered_set<SeriesId> gone;
    for (const SeriesId id : batch) {
      if (!IsRemovable(id)) continue;
      state_.index.Unlink(id);
      // From here on references to it are void.
      state_.series.entries[id].generation.fetch_add(1, std::memory_order_relaxed);
      state_.metadata.Erase(id);
      gone.insert(id);
    }
    if (gone.empty()) continue;
    std::erase_if(state_.unlogged, [&](SeriesId id) { return gone.contains(id); });
    removed_.push_back({{gone.begin(), gone.end()}, state_.isolation.next_entry()});
    state_.metrics.series_removed.Increment(static_cast<double>(gone.size()));
  }
}

// With the commit lock and the index' held, nobody can come to write to the series who has no pin
// yet.
bool HeadTruncation::IsRemovable(SeriesId id) {
  if (state_.series.entries[id].pins.load(std::memory_order_acquire) != 0) return false;
  return state_.series.WithReadLock(id, [&](const RowGroup* group, uint32_t) {
    return group == nullptr && state_.series.columns[id].empty() &&
           state_.extras.Find(id) == nullptr;
  });
}

void HeadTruncation::ReleaseForgotten() {
  std::erase_if(removed_, [&](const Removed& removed) {
    if (state_.isolation.AnyBefore(removed.first_unaware_entry)) return false;
    WriteLock lock(state_.index_mutex);
    for (const SeriesId id : removed.ids) state_.index.Release(id);
    return true;
  });
}

}  // namespace tocsin::tsdb
