#include "tsdb/head_state.h"

#include <algorithm>

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

SeriesId HeadState::PinExisting(const Labels& labels) {
  ReadLock lock(index_mutex);
  const SeriesId found = index.Find(labels);
  if (found != SeriesIndex::kNone) {
    series.entries[found].pins.fetch_add(1, std::memory_order_relaxed);
  }
  return found;
}

Result<SeriesId> HeadState::PinSeries(const Labels& labels) {
  if (const SeriesId found = PinExisting(labels); found != SeriesIndex::kNone) return found;
  WriteLock lock(index_mutex);
  if (limits.are_set() && index.Find(labels) == SeriesIndex::kNone) {
    const uint64_t memory_bytes = limits.options().max_memory_bytes != 0 ? MemoryBytesNow() : 0;
    if (auto admitted = limits.Admit(labels, index, memory_bytes); !admitted) {
      metrics.series_refused.Increment();
      return std::move(admitted).error();
    }
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

uint64_t HeadState::MemoryBytesNow() const {
  const SeriesIndex::MemoryBytes in_index = index.memory_bytes();
  const uint64_t counted_bytes = in_index.label_sets + in_index.table + in_index.all_series +
                                 series.memory_bytes() + columns.arena().reserved_bytes();
  return memory.Estimate(counted_bytes, index.created_count());
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

void HeadState::ClearRecords() {
  row_record.clear();
  early_records.Clear();
  more_records.Clear();
  out_of_order_records.Clear();
}

Status HeadState::WriteLog() {
  if (!out_of_order_records.empty()) {
    // First: should the other log then refuse, nothing of the commit was promised to anybody.
    log_views.clear();
    out_of_order_records.AppendTo(log_views);
    if (auto status = (out_of_order_log ? *out_of_order_log : log).Log(log_views); !status) {
      return status.error().WithContext("write WBL");
    }
  }
  log_views.clear();
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
      log_views.push_back(series_record);
    }
  }
  // Samples with a time of their own are among these: older than a marker of their series in the
  // row.
  early_records.AppendTo(log_views);
  if (!row_record.empty()) log_views.push_back(row_record);
  more_records.AppendTo(log_views);
  if (!log_views.empty()) {
    if (auto status = log.Log(log_views); !status) {
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

void HeadState::AddHistogram(SeriesId id, int64_t timestamp_ms, int64_t start_timestamp_ms,
                             const HistogramRef& histogram, uint64_t sequence) {
  const uint64_t visible_to_all = isolation.OldestSequence();
  series.WithWriteLock(id, [&](RowGroup* group, uint32_t slot) {
    // After a float the chunk before does not go on, as upstream.
    const auto newest = NewestLocked(id, group, slot);
    HistogramColumn& column = extras.FindOrMake(id).histograms;
    if (newest && newest->kind == SampleKind::kFloat) column.EndChunk();
    if (group != nullptr) {
      group->may_have_pending = true;
      group->newest_ms = std::max(group->newest_ms, timestamp_ms);
    }
    column.Append(timestamp_ms, start_timestamp_ms, histogram, sequence, visible_to_all);
  });
}

void HeadState::AddOutOfOrder(SeriesId id, AnySample sample) {
  const uint64_t visible_to_all = isolation.OldestSequence();
  const int64_t timestamp_ms = sample.timestamp_ms;
  const bool is_added = series.WithWriteLock(id, [&](RowGroup* group, uint32_t) {
    // Readers of a target's rows look into the extras only then.
    if (group != nullptr) group->may_have_pending = true;
    return extras.FindOrMake(id).out_of_order.Add(std::move(sample), visible_to_all);
  });
  if (!is_added) return;
  Lower(min_out_of_order_ms, timestamp_ms);
  Raise(max_out_of_order_ms, timestamp_ms);
}

void HeadState::NoteStart(SeriesId id, int64_t timestamp_ms, int64_t start_timestamp_ms) {
  series.WithWriteLock(id, [&](RowGroup*, uint32_t) {
    if (start_timestamp_ms == 0 && extras.Find(id) == nullptr) return;
    extras.FindOrMake(id).starts.Note(timestamp_ms, start_timestamp_ms);
  });
}

std::optional<NewestSample> HeadState::NewestOf(SeriesId id) {
  return series.WithReadLock(
      id, [&](const RowGroup* group, uint32_t slot) { return NewestLocked(id, group, slot); });
}

std::optional<NewestSample> HeadState::NewestLocked(SeriesId id, const RowGroup* group,
                                                    uint32_t slot) const NO_THREAD_SAFETY_ANALYSIS {
  const auto newest_float =
      group ? group->Newest(slot, series.columns[id], columns) : columns.Newest(series.columns[id]);
  std::optional<NewestSample> newest;
  if (newest_float) newest = NewestSample{newest_float->timestamp_ms, newest_float->value};
  const SeriesExtras* const extra = extras.Find(id);
  if (extra == nullptr || extra->histograms.empty()) return newest;
  const int64_t histogram_ms = extra->histograms.newest_ms();
  if (!newest || histogram_ms > newest->timestamp_ms) {
    newest = NewestSample{histogram_ms, 0, extra->histograms.newest_kind()};
  }
  return newest;
}

bool HeadState::IsNewestHistogram(SeriesId id, const HistogramRef& histogram) {
  return series.WithReadLock(id, [&](const RowGroup*, uint32_t) {
    const SeriesExtras* const extra = extras.Find(id);
    return extra != nullptr && extra->histograms.IsNewest(histogram);
  });
}

AppendBounds HeadState::BoundsNow() const {
  AppendBounds bounds;
  bounds.newest_ms = max_time_ms.load(std::memory_order_relaxed);
  bounds.window_ms = out_of_order_window_ms.load(std::memory_order_relaxed);
  bounds.min_valid_ms =
      std::max(isolation.min_time_ms(), refused_before_ms.load(std::memory_order_relaxed));
  const int64_t log_end = log_end_ms.load(std::memory_order_relaxed);
  if (log_end != INT64_MIN && replays.load(std::memory_order_relaxed) != 0) {
    bounds.min_valid_ms = std::max(bounds.min_valid_ms, log_end + 1);
  }
  if (block_range_ms > 0 && bounds.newest_ms >= std::numeric_limits<int64_t>::min() / 2) {
    bounds.min_valid_ms = std::max(bounds.min_valid_ms, bounds.newest_ms - block_range_ms / 2);
  }
  return bounds;
}

void HeadState::NoteTimes(int64_t lowest_ms, int64_t highest_ms) {
  Lower(min_time_ms, lowest_ms);
  Raise(max_time_ms, highest_ms);
}

}  // namespace tocsin::tsdb
