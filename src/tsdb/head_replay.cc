#include "tsdb/head_replay.h"

#include <algorithm>

#include "tsdb/string_hash.h"

namespace tocsin::tsdb {

Status HeadReplay::OnSeries(SeriesBatch& batch) {
  WriteLock lock(state_.index_mutex);
  for (const SeriesRecord& record : batch.series) {
    const SeriesIndex::Found found = state_.index.FindOrCreate(record.labels());
    if (found.is_new) {
      state_.series.EnsureSize(state_.index.limit());
      state_.series.wal_refs[found.id] = record.ref;
      state_.metrics.series_created.Increment();
    }
    AddRef(record.ref, found.id);
    state_.next_wal_ref = std::max(state_.next_wal_ref, record.ref + 1);
  }
  return {};
}

Status HeadReplay::OnSamples(std::vector<SampleRecord>& samples) {
  SlabArena::Session session(state_.columns.arena());
  int64_t lowest_ms = INT64_MAX;
  int64_t highest_ms = INT64_MIN;
  for (const SampleRecord& sample : samples) {
    const SeriesId id = FindRef(sample.ref);
    if (id == SeriesIndex::kNone) {
      ++unknown_;
      continue;
    }
    // No lock: nobody else is there yet.
    ChunkColumn& column = state_.series.columns[id];
    const auto newest = ChunkColumns::NewestInChunks(column);
    if (newest && sample.timestamp_ms <= newest->timestamp_ms) {
      ++old_;
      continue;
    }
    state_.columns.Encode(session, column, &sample.timestamp_ms, &sample.value, 1);
    lowest_ms = std::min(lowest_ms, sample.timestamp_ms);
    highest_ms = std::max(highest_ms, sample.timestamp_ms);
  }
  state_.NoteTimes(lowest_ms, highest_ms);
  return {};
}

void HeadReplay::OnProgress(const ReplayProgress& progress) {
  if (on_progress_) on_progress_(progress);
}

SeriesId HeadReplay::FindRef(uint64_t ref) const {
  const uint32_t found =
      table_.Find(MixHash(ref, 0), [&](uint32_t index) { return refs_[index].ref == ref; });
  return found == HashSlots::kNone ? SeriesIndex::kNone : refs_[found].id;
}

void HeadReplay::AddRef(uint64_t ref, SeriesId id) {
  const uint32_t found =
      table_.Find(MixHash(ref, 0), [&](uint32_t index) { return refs_[index].ref == ref; });
  if (found != HashSlots::kNone) {
    refs_[found].id = id;
    return;
  }
  table_.Insert(MixHash(ref, 0), static_cast<uint32_t>(refs_.size()));
  refs_.push_back({ref, id});
}

}  // namespace tocsin::tsdb
