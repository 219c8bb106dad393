#include "tsdb/head.h"

#include <algorithm>

#include "tsdb/batch_appender.h"
#include "tsdb/head_chunk_mapping.h"
#include "tsdb/head_querier.h"
#include "tsdb/head_replay.h"
#include "tsdb/head_state.h"
#include "tsdb/head_truncation.h"
#include "tsdb/out_of_order_replay.h"
#include "tsdb/out_of_order_truncation.h"
#include "tsdb/row_appender.h"
#include "tsdb/series_selector.h"

namespace tocsin::tsdb {

Head::Head(CommitLog& log, HeadMetrics& metrics, Options options)
    : state_(std::make_unique<HeadState>(log, metrics, options)),
      metrics_(metrics),
      truncation_(std::make_unique<HeadTruncation>(*state_)),
      out_of_order_(std::make_unique<OutOfOrderTruncation>(*state_)) {}

Head::~Head() = default;

std::unique_ptr<storage::Appender> Head::MakeAppender() {
  return std::make_unique<HeadBatchAppender>(*state_);
}

std::unique_ptr<storage::RowAppender> Head::MakeRowAppender() {
  return std::make_unique<HeadRowAppender>(*state_);
}

Result<std::unique_ptr<storage::Querier>> Head::MakeQuerier(int64_t start_ms, int64_t end_ms) {
  return std::make_unique<HeadQuerier>(*state_, start_ms, end_ms);
}

std::unique_ptr<ReplayVisitor> Head::MakeReplay(
    std::function<void(const ReplayProgress&)> on_progress,
    std::function<void(const HeadDeletion&)> on_deleted) {
  return std::make_unique<HeadReplay>(*state_, std::move(on_progress), std::move(on_deleted));
}

std::vector<HeadSeriesExtent> Head::ListExtents(std::span<const Matcher> matchers) const {
  return tsdb::ListExtents(*state_, matchers);
}

Result<HeadCheckpointReport> Head::LoadCheckpoint(const HeadCheckpointPlace& place) {
  auto loaded = LoadHeadCheckpoint(*state_, place);
  if (!loaded && state_->chunk_files != nullptr) {
    // What cannot be removed is in nobody's way but Prometheus', which then reads its log.
    (void)state_->chunk_files->Keep({});
  }
  return loaded;
}

Result<HeadCheckpointReport> Head::WriteCheckpoint(const HeadCheckpointPlace& place,
                                                   const HeadCheckpointSource& source) {
  MutexLock lock(truncation_mutex_);
  if (state_->replays != 0) return Error(ErrorCode::kUnavailable, "the log is still being read");
  if (state_->chunk_files != nullptr) {
    // For a small file; without room for it the chunks go into the checkpoint themselves.
    (void)HeadChunkMapping(*state_).MoveAll();
  }
  return WriteHeadCheckpoint(*state_, place, source);
}

Status Head::MapFullChunks() {
  if (state_->chunk_files == nullptr) return {};
  MutexLock lock(truncation_mutex_);
  return HeadChunkMapping(*state_).MoveAll();
}

Status Head::RemoveOldChunkFiles() {
  if (state_->chunk_files == nullptr) return {};
  MutexLock lock(truncation_mutex_);
  if (truncation_->TakeHasDroppedFileChunks()) {
    // So that what is in the file now is not held by what is to come.
    TOCSIN_RETURN_IF_ERROR(state_->chunk_files->CutFile());
  }
  return state_->chunk_files->Truncate(truncation_->oldest_chunk_file());
}

std::unique_ptr<ReplayVisitor> Head::MakeSeriesReplay(
    std::function<void(const HeadDeletion&)> on_deleted) {
  return std::make_unique<HeadSeriesReplay>(*state_, std::move(on_deleted));
}

void Head::RefuseBefore(int64_t min_time_ms) {
  MutexLock lock(state_->commit_mutex);
  const int64_t before_ms = state_->refused_before_ms.load(std::memory_order_relaxed);
  state_->refused_before_ms.store(std::max(before_ms, min_time_ms), std::memory_order_relaxed);
}

void Head::Truncate(int64_t min_time_ms) {
  MutexLock lock(truncation_mutex_);
  // Series that wait for their samples would be taken for empty.
  if (state_->replays != 0) return;
  out_of_order_->FreeForgotten();  // First: series may be left without samples.
  truncation_->Truncate(min_time_ms);
  // Walks all labels, so it is not left to each look at the metrics.
  const HeadMemory memory = Memory();
  metrics_.memory_bytes.Set(static_cast<double>(memory.total()));
  ReadLock index_lock(state_->index_mutex);
  state_->memory.Measured(memory.rows + memory.postings + memory.label_texts,
                          state_->index.created_count());
}

std::unique_ptr<ReplayVisitor> Head::MakeOutOfOrderReplay(
    std::function<void(const ReplayProgress&)> on_progress) {
  return std::make_unique<OutOfOrderReplay>(*state_, std::move(on_progress));
}

void Head::SetOutOfOrderWindow(int64_t window_ms) {
  state_->out_of_order_window_ms.store(window_ms, std::memory_order_relaxed);
}

std::optional<OutOfOrderSnapshot> Head::SnapshotOutOfOrder() {
  auto querier =
      std::make_unique<HeadQuerier>(*state_, INT64_MIN, INT64_MAX, HeadPart::kOutOfOrder);
  OutOfOrderSnapshot snapshot;
  snapshot.sequence = querier->sequence();
  snapshot.min_time_ms = state_->min_out_of_order_ms.load(std::memory_order_relaxed);
  snapshot.max_time_ms = state_->max_out_of_order_ms.load(std::memory_order_relaxed);
  if (snapshot.min_time_ms > snapshot.max_time_ms) return std::nullopt;
  snapshot.querier = std::move(querier);
  return snapshot;
}

void Head::TruncateOutOfOrder(uint64_t snapshot_sequence) {
  MutexLock lock(truncation_mutex_);
  out_of_order_->Forget(snapshot_sequence);
}

storage::ExemplarQueryable& Head::exemplars() { return state_->exemplars; }

void Head::SetMaxExemplars(uint64_t max_exemplars) { state_->exemplars.Resize(max_exemplars); }

std::vector<MetadataOfSeries> Head::MetadataOf(std::span<const Matcher> matchers) const {
  std::vector<MetadataOfSeries> found;
  ReadLock lock(state_->index_mutex);
  for (const SeriesId id : SelectSeries(state_->index, matchers)) {
    if (auto metadata = state_->metadata.Of(id)) {
      found.push_back({state_->index.LabelsOf(id), std::move(*metadata)});
    }
  }
  return found;
}

uint64_t Head::WalRefOf(const Labels& labels) const {
  ReadLock lock(state_->index_mutex);
  const SeriesId id = state_->index.Find(labels);
  return id == SeriesIndex::kNone ? 0 : state_->series.wal_refs[id];
}

std::vector<uint64_t> Head::WalRefs() const { return state_->WalRefs(); }

HeadStatistics Head::Statistics(size_t limit) const { return CollectStatistics(*state_, limit); }

int64_t Head::min_time_ms() const { return state_->min_time_ms.load(std::memory_order_relaxed); }
int64_t Head::max_time_ms() const { return state_->max_time_ms.load(std::memory_order_relaxed); }
SeriesLimitStatus Head::limit_status() const { return state_->limits.Counts(); }
HeadMemory Head::Memory() const { return MeasureMemory(*state_); }

void Head::RefreshMetrics() {
  const auto min_ms = static_cast<double>(min_time_ms());
  const auto max_ms = static_cast<double>(max_time_ms());
  {
    ReadLock lock(state_->index_mutex);
    metrics_.series.Set(static_cast<double>(state_->index.size()));
  }
  metrics_.chunks.Set(static_cast<double>(state_->columns.chunk_count()));
  metrics_.min_time.Set(min_ms);
  metrics_.max_time.Set(max_ms);
  metrics_.min_time_seconds.Set(min_ms / 1000);
  metrics_.max_time_seconds.Set(max_ms / 1000);
  metrics_.lowest_timestamp.Set(min_ms);
  metrics_.lowest_timestamp_seconds.Set(min_ms / 1000);
}

}  // namespace tocsin::tsdb
