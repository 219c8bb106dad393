#include "tsdb/head_replay.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

// Samples ahead whose series' state is fetched.
constexpr size_t kPrefetchDistance = 8;

}  // namespace

// Of a head that was filled from its checkpoint.
void HeadReplay::KnowSeries() {
  ReadLock lock(state_.index_mutex);
  std::vector<SeriesId> ids;
  state_.index.all().AppendTo(ids);
  for (const SeriesId id : ids) refs_.Set(state_.series.wal_refs[id], id);
  for (const HeadState::WalAlias& alias : state_.wal_aliases) {
    refs_.Set(alias.wal_ref, static_cast<uint32_t>(alias.series) - 1);
  }
}

Status HeadReplay::OnSeries(SeriesBatch& batch) {
  WriteLock lock(state_.index_mutex);
  for (const SeriesRecord& record : batch.series) {
    const SeriesIndex::Found found = state_.index.FindOrCreate(record.labels());
    if (found.is_new) {
      state_.series.EnsureSize(state_.index.limit());
      state_.series.wal_refs[found.id] = record.ref;
      state_.metrics.series_created.Increment();
    } else if (state_.series.wal_refs[found.id] != record.ref && FindRef(record.ref) != found.id) {
      state_.wal_aliases.push_back({record.ref, state_.RefOf(found.id)});
    }
    refs_.Set(record.ref, found.id);
    state_.next_wal_ref = std::max(state_.next_wal_ref, record.ref + 1);
  }
  return {};
}

Status HeadReplay::OnSamples(std::vector<SampleRecord>& samples) {
  ids_.clear();
  for (const SampleRecord& sample : samples) ids_.push_back(FindRef(sample.ref));
  SlabArena::Session session(state_.columns.arena());
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i + kPrefetchDistance < samples.size() &&
        ids_[i + kPrefetchDistance] != SeriesIndex::kNone) {
      __builtin_prefetch(&state_.series.columns[ids_[i + kPrefetchDistance]]);
    }
    if (ids_[i] == SeriesIndex::kNone) {
      ++unknown_;
    } else {
      Store(session, ids_[i], samples[i]);
    }
  }
  state_.NoteTimes(lowest_ms_, highest_ms_);
  return {};
}

void HeadReplay::Store(SlabArena::Session& session, SeriesId id, const SampleRecord& sample) {
  // No lock: nobody else is there yet.
  if (state_.IsOutOfBounds(sample.timestamp_ms)) {
    ++old_;
    return;
  }
  ChunkColumn& column = state_.series.columns[id];
  const auto newest = state_.columns.NewestInChunks(column);
  const SeriesExtras* const extras = state_.extras.Find(id);
  if ((newest && sample.timestamp_ms <= newest->timestamp_ms) ||
      (extras != nullptr && !extras->histograms.empty() &&
       sample.timestamp_ms <= extras->histograms.newest_ms())) {
    ++old_;
    return;
  }
  state_.columns.Encode(session, column, &sample.timestamp_ms, &sample.value, 1);
  lowest_ms_ = std::min(lowest_ms_, sample.timestamp_ms);
  highest_ms_ = std::max(highest_ms_, sample.timestamp_ms);
}

Status HeadReplay::OnTombstones(std::vector<TombstoneRecord>& tombstones) {
  if (!on_deleted_) return {};
  for (const TombstoneRecord& tombstone : tombstones) {
    const SeriesId id = FindRef(tombstone.ref);
    if (id == SeriesIndex::kNone) continue;
    ReadLock lock(state_.index_mutex);
    on_deleted_({state_.index.LabelsOf(id), tombstone.start_ms, tombstone.end_ms});
  }
  return {};
}

void HeadReplay::OnProgress(const ReplayProgress& progress) {
  if (on_progress_) on_progress_(progress);
}

}  // namespace tocsin::tsdb
