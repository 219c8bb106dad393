#include "tsdb/head_replay.h"

#include <algorithm>

#include "tsdb/string_hash.h"

namespace tocsin::tsdb {
namespace {

// Samples ahead whose series' state is fetched.
constexpr size_t kPrefetchDistance = 8;

}  // namespace

Status HeadReplay::OnSeries(SeriesBatch& batch) {
  WriteLock lock(state_.index_mutex);
  for (const SeriesRecord& record : batch.series) {
    const SeriesIndex::Found found = state_.index.FindOrCreate(record.labels());
    if (found.is_new) {
      state_.series.EnsureSize(state_.index.limit());
      state_.series.wal_refs[found.id] = record.ref;
      state_.metrics.series_created.Increment();
    } else if (state_.series.wal_refs[found.id] != record.ref) {
      state_.wal_aliases.push_back({record.ref, state_.RefOf(found.id)});
    }
    AddRef(record.ref, found.id);
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
  if (newest && sample.timestamp_ms <= newest->timestamp_ms) {
    ++old_;
    return;
  }
  state_.columns.Encode(session, column, &sample.timestamp_ms, &sample.value, 1);
  lowest_ms_ = std::min(lowest_ms_, sample.timestamp_ms);
  highest_ms_ = std::max(highest_ms_, sample.timestamp_ms);
}

void HeadReplay::OnProgress(const ReplayProgress& progress) {
  if (on_progress_) on_progress_(progress);
}

SeriesId HeadReplay::FindRef(uint64_t ref) {
  if (next_ref_ >= refs_.size() || refs_[next_ref_].ref != ref) {
    const uint32_t found =
        table_.Find(MixHash(ref, 0), [&](uint32_t index) { return refs_[index].ref == ref; });
    if (found == HashSlots::kNone) return SeriesIndex::kNone;
    next_ref_ = found;
  }
  return refs_[next_ref_++].id;
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
