#include "tsdb/head_state.h"

#include <algorithm>
#include <array>

namespace tocsin::tsdb {
namespace {

void Lower(std::atomic<int64_t>& bound, int64_t value) {
  int64_t old = bound.load(std::memory_order_relaxed);
  while (value < old && !bound.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
}

void Raise(std::atomic<int64_t>& bound, int64_t value) {
  int64_t old = bound.load(std::memory_order_relaxed);
  while (value > old && !bound.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
}

}  // namespace

Result<SeriesId> HeadState::PinSeries(const Labels& labels) {
  {
    ReadLock lock(index_mutex);
    const SeriesId found = index.Find(labels);
    if (found != SeriesIndex::kNone) {
      series.entries[found].pins.fetch_add(1, std::memory_order_relaxed);
      return found;
    }
  }
  WriteLock lock(index_mutex);
  if (max_series != 0 && index.size() >= max_series && index.Find(labels) == SeriesIndex::kNone) {
    return Errorf(ErrorCode::kTooLarge, "limit of {} series reached, new series refused: {}",
                  max_series, labels.ToString());
  }
  const SeriesIndex::Found found = index.FindOrCreate(labels);
  if (found.is_new) {
    series.EnsureSize(index.limit());
    series.wal_refs[found.id] = next_wal_ref++;
    unlogged.push_back(found.id);
    metrics.series_created.Increment();
  }
  series.entries[found.id].pins.fetch_add(1, std::memory_order_relaxed);
  return found.id;
}

SeriesId HeadState::PinRef(storage::SeriesRef ref, const Labels& labels) {
  const auto id_plus_one = static_cast<uint32_t>(ref);
  ReadLock lock(index_mutex);
  if (id_plus_one == 0 || id_plus_one > index.limit()) return SeriesIndex::kNone;
  const SeriesId id = id_plus_one - 1;
  if (RefOf(id) != ref || !index.IsLinked(id)) return SeriesIndex::kNone;
  if (!labels.empty() && !index.HasLabels(id, labels)) return SeriesIndex::kNone;
  series.entries[id].pins.fetch_add(1, std::memory_order_relaxed);
  return id;
}

Status HeadState::WriteLog() {
  std::array<std::string_view, 3> records;
  size_t count = 0;
  size_t logged = 0;
  {
    ReadLock lock(index_mutex);
    logged = unlogged.size();
    if (logged > 0) {
      series_record.clear();
      BeginSeriesRecord(series_record);
      for (const SeriesId id : unlogged) {
        AppendSeries(series.wal_refs[id], index.LabelsOf(id), series_record);
      }
      records[count++] = series_record;
    }
  }
  // Samples with a time of their own are older than a marker of the same series in the row.
  if (!samples_record.empty()) records[count++] = samples_record;
  if (!row_record.empty()) records[count++] = row_record;
  if (count > 0) {
    if (auto status = log.Log({records.data(), count}); !status) {
      return status.error().WithContext("write WAL");
    }
  }
  if (logged > 0) {
    WriteLock lock(index_mutex);
    // Only commits take from this list, and the commit lock is held: it can only have grown.
    unlogged.erase(unlogged.begin(), unlogged.begin() + static_cast<ptrdiff_t>(logged));
    if (unlogged.empty()) unlogged.shrink_to_fit();
  }
  return {};
}

std::vector<uint64_t> HeadState::WalRefs() {
  std::vector<uint64_t> refs;
  {
    WriteLock lock(index_mutex);
    std::vector<SeriesId> ids;
    index.all().AppendTo(ids);
    refs.reserve(ids.size() + wal_aliases.size());
    for (const SeriesId id : ids) refs.push_back(series.wal_refs[id]);
    std::erase_if(wal_aliases, [&](const WalAlias& alias) NO_THREAD_SAFETY_ANALYSIS {
      const SeriesId id = static_cast<uint32_t>(alias.series) - 1;
      return RefOf(id) != alias.series || !index.IsLinked(id);
    });
    for (const WalAlias& alias : wal_aliases) refs.push_back(alias.wal_ref);
  }
  std::ranges::sort(refs);
  return refs;
}

size_t HeadState::AddPending(SeriesId id, const PendingSample& sample) {
  return series.WithWriteLock(id, [&](RowGroup* group, uint32_t) {
    ChunkColumn& column = series.columns[id];
    {
      SlabArena::Session session(columns.arena());
      columns.AddPending(session, column, sample);
    }
    if (group != nullptr) {
      group->may_have_pending = true;
      group->newest_ms = std::max(group->newest_ms, sample.timestamp_ms);
    }
    return columns.Pending(column).size();
  });
}

void HeadState::FlushSeries(SeriesId id) {
  const uint64_t visible_to_all = isolation.OldestSequence();
  series.WithWriteLock(id, [&](RowGroup* group, uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
    ChunkColumn& column = series.columns[id];
    if (group != nullptr) {
      group->FlushSlot(slot, column, columns, visible_to_all);
    } else {
      SlabArena::Session session(columns.arena());
      columns.DrainPending(session, column, visible_to_all);
    }
  });
}

void HeadState::NoteTimes(int64_t lowest_ms, int64_t highest_ms) {
  Lower(min_time_ms, lowest_ms);
  Raise(max_time_ms, highest_ms);
}

}  // namespace tocsin::tsdb
