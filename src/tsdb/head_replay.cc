#include "tsdb/head_replay.h"

#include <algorithm>
#include <thread>

namespace tocsin::tsdb {
namespace {

// Samples ahead whose series' state is fetched.
constexpr size_t kPrefetchDistance = 8;

// Beyond this many threads the one that decodes is what the others wait for.
constexpr unsigned kMaxThreads = 4;

size_t ThreadCount() { return std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads); }

// What the references stand for that a head knows already: from its checkpoint, or from a
// HeadSeriesReplay.
WalRefs KnownRefs(HeadState& state) {
  WalRefs refs;
  ReadLock lock(state.index_mutex);
  std::vector<SeriesId> ids;
  state.index.all().AppendTo(ids);
  for (const SeriesId id : ids) refs.Set(state.series.wal_refs[id], id);
  for (const HeadState::WalAlias& alias : state.wal_aliases) {
    refs.Set(alias.wal_ref, static_cast<uint32_t>(alias.series) - 1);
  }
  return refs;
}

// Makes the series of a record known. A reference that is not its first is noted as another.
void AddSeries(HeadState& state, const SeriesBatch& batch, WalRefs& refs) {
  WriteLock lock(state.index_mutex);
  for (const SeriesRecord& record : batch.series) {
    const SeriesIndex::Found found = state.index.FindOrCreate(record.labels());
    if (found.is_new) {
      state.series.EnsureSize(state.index.limit());
      state.series.wal_refs[found.id] = record.ref;
      state.metrics.series_created.Increment();
    } else if (state.series.wal_refs[found.id] != record.ref && refs.Find(record.ref) != found.id) {
      state.wal_aliases.push_back({record.ref, state.RefOf(found.id)});
    }
    refs.Set(record.ref, found.id);
    state.next_wal_ref = std::max(state.next_wal_ref, record.ref + 1);
  }
}

void TellDeleted(HeadState& state, const WalRefs& refs, std::span<const TombstoneRecord> tombstones,
                 const std::function<void(const HeadDeletion&)>& on_deleted) {
  if (!on_deleted) return;
  for (const TombstoneRecord& tombstone : tombstones) {
    const SeriesId id = refs.Find(tombstone.ref);
    if (id == SeriesIndex::kNone) continue;
    HeadDeletion deletion{{}, tombstone.start_ms, tombstone.end_ms};
    {
      ReadLock lock(state.index_mutex);
      deletion.labels = state.index.LabelsOf(id);
    }
    on_deleted(deletion);
  }
}

}  // namespace

HeadReplay::HeadReplay(HeadState& state, std::function<void(const ReplayProgress&)> on_progress,
                       std::function<void(const HeadDeletion&)> on_deleted)
    : state_(state),
      on_progress_(std::move(on_progress)),
      on_deleted_(std::move(on_deleted)),
      ticket_(state.isolation.Enter()),
      pool_("replay", ThreadCount() - 1),
      refs_(KnownRefs(state)),
      shards_(ThreadCount()) {
  state_.replays.fetch_add(1);
}

HeadReplay::~HeadReplay() {
  Flush();
  state_.isolation.Leave(ticket_);
  state_.replays.fetch_sub(1);
}

Status HeadReplay::OnSeries(SeriesBatch& batch) {
  AddSeries(state_, batch, refs_);
  return {};
}

HeadSeriesReplay::HeadSeriesReplay(HeadState& state,
                                   std::function<void(const HeadDeletion&)> on_deleted)
    : state_(state), on_deleted_(std::move(on_deleted)), refs_(KnownRefs(state)) {}

Status HeadSeriesReplay::OnSeries(SeriesBatch& batch) {
  AddSeries(state_, batch, refs_);
  return {};
}

template <typename Record>
Status HeadSeriesReplay::NoteTimes(const std::vector<Record>& records) {
  int64_t end_ms = state_.log_end_ms.load(std::memory_order_relaxed);
  for (const Record& record : records) end_ms = std::max(end_ms, record.timestamp_ms);
  state_.log_end_ms.store(end_ms, std::memory_order_relaxed);
  return {};
}

Status HeadSeriesReplay::OnSamples(std::vector<SampleRecord>& samples) {
  return NoteTimes(samples);
}

Status HeadSeriesReplay::OnHistograms(std::vector<HistogramRecord>& histograms) {
  return NoteTimes(histograms);
}

Status HeadSeriesReplay::OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) {
  return NoteTimes(histograms);
}

Status HeadSeriesReplay::OnTombstones(std::vector<TombstoneRecord>& tombstones) {
  TellDeleted(state_, refs_, tombstones, on_deleted_);
  return {};
}

Status HeadReplay::OnSamples(std::vector<SampleRecord>& samples) {
  for (const SampleRecord& sample : samples) {
    const SeriesId id = FindRef(sample.ref);
    if (id == SeriesIndex::kNone) {
      ++unknown_;
      continue;
    }
    shards_[id / kSeriesPerTurn % shards_.size()].push_back(
        {id, sample.timestamp_ms, sample.value});
    ++gathered_;
  }
  if (gathered_ >= kGathered) Flush();
  return {};
}

void HeadReplay::Flush() {
  if (gathered_ == 0) return;
  pool_.ParallelFor(shards_.size(), [&](size_t shard) { StoreShard(shards_[shard]); });
  for (std::vector<GatheredSample>& shard : shards_) shard.clear();
  gathered_ = 0;
}

void HeadReplay::StoreShard(const std::vector<GatheredSample>& samples) {
  int64_t lowest_ms = INT64_MAX;
  int64_t highest_ms = INT64_MIN;
  uint64_t old = 0;
  SlabArena::Session session(state_.columns.arena(), SlabArena::Session::Locking::kEachCall);
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i + kPrefetchDistance < samples.size()) {
      __builtin_prefetch(&state_.series.columns[samples[i + kPrefetchDistance].series]);
    }
    if (!Store(session, samples[i])) {
      ++old;
      continue;
    }
    lowest_ms = std::min(lowest_ms, samples[i].timestamp_ms);
    highest_ms = std::max(highest_ms, samples[i].timestamp_ms);
  }
  old_.fetch_add(old, std::memory_order_relaxed);
  state_.NoteTimes(lowest_ms, highest_ms);
}

bool HeadReplay::Store(SlabArena::Session& session, const GatheredSample& sample) {
  if (state_.IsOutOfBounds(sample.timestamp_ms)) return false;
  return state_.series.WithWriteLock(
      sample.series, [&](RowGroup* group, uint32_t) NO_THREAD_SAFETY_ANALYSIS {
        ChunkColumn& column = state_.series.columns[sample.series];
        const auto newest = state_.columns.NewestInChunks(column);
        if (newest && sample.timestamp_ms <= newest->timestamp_ms) return false;
        const SeriesExtras* const extras = state_.extras.Find(sample.series);
        if (extras != nullptr && !extras->histograms.empty() &&
            sample.timestamp_ms <= extras->histograms.newest_ms()) {
          return false;
        }
        // What was appended meanwhile must stay the newer.
        if (group != nullptr && !group->rows.empty() &&
            sample.timestamp_ms >= group->rows.front()->timestamp_ms) {
          return false;
        }
        if (column.pending != 0 &&
            sample.timestamp_ms >= state_.columns.Pending(column).front().timestamp_ms) {
          return false;
        }
        state_.columns.Encode(session, column, &sample.timestamp_ms, &sample.value, 1);
        return true;
      });
}

Status HeadReplay::OnTombstones(std::vector<TombstoneRecord>& tombstones) {
  TellDeleted(state_, refs_, tombstones, on_deleted_);
  return {};
}

void HeadReplay::OnProgress(const ReplayProgress& progress) {
  // The last call is at the end.
  if (progress.bytes_done == progress.bytes_total) Flush();
  if (on_progress_) on_progress_(progress);
}

}  // namespace tocsin::tsdb
