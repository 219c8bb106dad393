#include "tsdb/wal/wal.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "tsdb/wal/checkpoint.h"
#include "tsdb/wal/log_files.h"
#include "tsdb/wal/record_batch.h"
#include "tsdb/wal/repair.h"
#include "tsdb/wal/replay.h"
#include "tsdb/wal/sealer.h"
#include "tsdb/wal/segment_writer.h"
#include "tsdb/wal/wal_metrics.h"

namespace tocsin::tsdb {
namespace {

double SecondsBetween(int64_t begin_ns, int64_t end_ns) {
  return static_cast<double>(end_ns - begin_ns) / 1e9;
}

/// Lends batches, so that their buffers are reused by whichever thread logs next. Thread-safe.
class BatchPool {
 public:
  std::unique_ptr<RecordBatch> Take() {
    MutexLock lock(mutex_);
    if (idle_.empty()) return std::make_unique<RecordBatch>();
    std::unique_ptr<RecordBatch> batch = std::move(idle_.back());
    idle_.pop_back();
    return batch;
  }
  void Return(std::unique_ptr<RecordBatch> batch) {
    MutexLock lock(mutex_);
    idle_.push_back(std::move(batch));
  }

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<RecordBatch>> idle_ GUARDED_BY(mutex_);
};

/// Upstream tells the two logs apart by their directories' names.
std::string_view MetricPrefixOf(std::string_view directory) {
  return directory.substr(directory.rfind('/') + 1) == "wbl" ? "prometheus_tsdb_out_of_order_wbl"
                                                             : "prometheus_tsdb_wal";
}

Status RemoveUnfinished(Fs& fs, const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  for (const DirectoryEntry& entry : entries) {
    const std::string_view name = entry.name;
    if (!entry.is_directory || (!name.ends_with(".tmp") && !name.ends_with(".repair"))) continue;
    TOCSIN_RETURN_IF_ERROR(fs.RemoveAll(directory + "/" + entry.name));
  }
  return {};
}

}  // namespace

struct Wal::State {
  State(WalEnvironment environment_in, std::string directory_in, WalOptions options_in)
      : environment(environment_in),
        directory(std::move(directory_in)),
        options(options_in),
        metrics(environment_in.registry, MetricPrefixOf(directory)) {}
  ~State() { environment.registry.RemoveRefresh(refresh_id); }

  Status Start();
  Status CutTornEnd(const SegmentFile& newest);
  Status Seal(std::unique_ptr<WritableFile> segment);
  Status SealNow(std::unique_ptr<WritableFile> segment);
  void ReportSealed(const Status& status);
  void CountWrite(const SegmentWriterCounts& before, const SegmentWriterCounts& after);
  void LogCorruption(const WalCorruption& corruption);
  Status Replay(Replayer& replayer, const LogFiles& files, WalPosition from);
  void Repair(const Replayer& replayer, WalPosition from);
  Result<std::optional<int64_t>> CutForTruncation();
  Status WriteCheckpoint(int64_t last_segment, int64_t min_time_ms,
                         const std::function<bool(uint64_t)>& keep_series);
  void RemoveObsolete(int64_t last_segment);

  // Constant after Start().
  const WalEnvironment environment;
  const std::string directory;
  const WalOptions options;
  WalMetrics metrics;
  int64_t first_own_segment = 0;  // Replay stops before it.
  uint64_t refresh_id = 0;

  std::atomic<bool> is_closing = false;
  BatchPool batches;
  Mutex maintenance_mutex;  // Replay and Truncate. Taken before writer_mutex.
  Mutex writer_mutex;
  std::optional<SegmentWriter> writer GUARDED_BY(writer_mutex);
  std::unique_ptr<Sealer> sealer;  // Reports to the metrics, so it goes first.
};

Status Wal::State::Start() {
  Fs& fs = environment.fs;
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(directory));
  TOCSIN_RETURN_IF_ERROR(RemoveUnfinished(fs, directory));
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<SegmentFile> segments, ListSegments(fs, directory));
  TOCSIN_ASSIGN_OR_RETURN(const auto checkpoints, ListCheckpoints(fs, directory));
  if (!segments.empty()) {
    TOCSIN_RETURN_IF_ERROR(CutTornEnd(segments.back()));
    first_own_segment = segments.back().index + 1;
  }
  if (!checkpoints.empty()) {
    first_own_segment = std::max(first_own_segment, checkpoints.back().index + 1);
  }
  sealer = std::make_unique<Sealer>(
      [this](std::unique_ptr<WritableFile> segment) { ReportSealed(SealNow(std::move(segment))); });
  SegmentWriter::Options writer_options;
  writer_options.segment_bytes = options.segment_bytes;
  writer_options.sync_every_write = options.fsync == WalFsync::kOnEveryLog;
  writer_options.seal = [this](std::unique_ptr<WritableFile> segment) {
    return Seal(std::move(segment));
  };
  TOCSIN_ASSIGN_OR_RETURN(SegmentWriter made,
                          SegmentWriter::Create(fs, directory, first_own_segment, writer_options));
  MutexLock lock(writer_mutex);
  writer = std::move(made);
  metrics.current_segment.Set(static_cast<double>(first_own_segment));
  refresh_id = environment.registry.AddRefresh([this] {
    const Result<uint64_t> size_bytes = LogSizeBytes(environment.fs, directory);
    if (size_bytes) metrics.storage_size_bytes.Set(static_cast<double>(*size_bytes));
  });
  return {};
}

Status Wal::State::CutTornEnd(const SegmentFile& newest) {
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<TornTail> torn, CutTornTail(environment.fs, newest));
  if (torn) {
    environment.logger.Warn("Cut an incomplete record off the end of the write-ahead log",
                            {{"segment", newest.path},
                             {"offset", std::to_string(torn->offset)},
                             {"bytes", std::to_string(torn->removed_bytes)}});
  }
  return {};
}

Status Wal::State::Seal(std::unique_ptr<WritableFile> segment) {
  switch (options.fsync) {
    case WalFsync::kOff:
      return segment->Close();
    case WalFsync::kOnSegment:
      if (is_closing) return SealNow(std::move(segment));
      sealer->Seal(std::move(segment));
      return {};
    case WalFsync::kOnEveryLog:
      return SealNow(std::move(segment));
  }
  return {};
}

Status Wal::State::SealNow(std::unique_ptr<WritableFile> segment) {
  const int64_t begin_ns = environment.clock.MonotonicNs();
  const Status synced = segment->Sync();
  metrics.fsync_duration_seconds.Observe(SecondsBetween(begin_ns, environment.clock.MonotonicNs()));
  const Status closed = segment->Close();
  const Status listed = environment.fs.SyncDirectory(directory);
  if (!synced) return synced;
  return closed ? listed : closed;
}

void Wal::State::ReportSealed(const Status& status) {
  if (status) return;
  metrics.writes_failed.Increment();
  environment.logger.Error("Could not make a full WAL segment durable",
                           {{"err", status.error().message()}});
}

void Wal::State::CountWrite(const SegmentWriterCounts& before, const SegmentWriterCounts& after) {
  const auto add = [](telemetry::Counter& counter, uint64_t from, uint64_t to) {
    if (to != from) counter.Increment(static_cast<double>(to - from));
  };
  add(metrics.page_flushes, before.page_flushes, after.page_flushes);
  add(metrics.completed_pages, before.completed_pages, after.completed_pages);
  add(metrics.fragments, before.fragments, after.fragments);
  add(metrics.fragment_bytes, before.fragment_bytes, after.fragment_bytes);
}

void Wal::State::LogCorruption(const WalCorruption& corruption) {
  environment.logger.Warn("Passed over unreadable data in the write-ahead log",
                          {{"file", corruption.path},
                           {"offset", std::to_string(corruption.offset)},
                           {"reason", corruption.reason}});
}

Status Wal::State::Replay(Replayer& replayer, const LogFiles& files, WalPosition from) {
  for (const SegmentFile& file : files.checkpoint) {
    TOCSIN_RETURN_IF_ERROR(replayer.ReadSegment(file, 0));
  }
  for (const int64_t index : files.missing_segments) {
    replayer.AddCorruption({directory + "/" + SegmentName(index), 0, "segment is missing"});
  }
  for (const SegmentFile& file : files.segments) {
    const uint64_t offset = file.index == from.segment ? from.offset : 0;
    TOCSIN_RETURN_IF_ERROR(replayer.ReadSegment(file, offset));
  }
  replayer.Finish();
  return {};
}

void Wal::State::Repair(const Replayer& replayer, WalPosition from) {
  for (const Replayer::DamagedFile& damaged : replayer.damaged_files()) {
    // Rewriting moves records: a segment that somebody holds a position in stays as it is.
    if (damaged.file.index == from.segment && from.offset > 0) continue;
    const Status repaired = RewriteWithoutDamage(environment.fs, damaged.file,
                                                 damaged.rejected_offsets, options.compression);
    if (repaired) {
      environment.logger.Warn(
          "Rewrote a damaged WAL segment without the unreadable data",
          {{"segment", damaged.file.path}, {"original", damaged.file.path + ".corrupt"}});
    } else {
      environment.logger.Error(
          "Could not rewrite a damaged WAL segment",
          {{"segment", damaged.file.path}, {"err", repaired.error().message()}});
    }
  }
}

/// The last segment that a checkpoint should now stand for, or none if it is not worth it yet.
Result<std::optional<int64_t>> Wal::State::CutForTruncation() {
  int64_t last = 0;
  {
    MutexLock lock(writer_mutex);
    if (!writer) return Errorf(ErrorCode::kUnavailable, "write-ahead log is closed");
    last = writer->position().segment;
    // So that a log with little traffic is truncated too, as upstream.
    TOCSIN_RETURN_IF_ERROR(writer->Cut());
    metrics.current_segment.Set(static_cast<double>(writer->position().segment));
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<SegmentFile> segments,
                          ListSegments(environment.fs, directory));
  const int64_t first = segments.empty() ? last : segments.front().index;
  // The last third holds mostly samples that are still in memory alone (upstream's truncateWAL).
  const int64_t last_obsolete = first + (last - first) * 2 / 3;
  if (last_obsolete <= first) return std::optional<int64_t>();
  return std::optional<int64_t>(last_obsolete);
}

Status Wal::State::WriteCheckpoint(int64_t last_segment, int64_t min_time_ms,
                                   const std::function<bool(uint64_t)>& keep_series) {
  CheckpointRequest request;
  request.directory = directory;
  request.last_segment = last_segment;
  request.min_time_ms = min_time_ms;
  request.keep_series = keep_series;
  request.compression = options.compression;
  request.segment_bytes = options.segment_bytes;
  metrics.checkpoint_creations.Increment();
  const Result<CheckpointReport> report = tsdb::WriteCheckpoint(environment.fs, request);
  if (!report) {
    metrics.checkpoint_creations_failed.Increment();
    return report.error().WithContext("create checkpoint");
  }
  for (const WalCorruption& corruption : report->corruptions) {
    metrics.corruptions.Increment();
    LogCorruption(corruption);
  }
  return {};
}

void Wal::State::RemoveObsolete(int64_t last_segment) {
  metrics.truncations.Increment();
  // Leftovers are read once more at the next start, or removed at the next truncation: no failure.
  if (const Status removed = RemoveSegmentsUpTo(environment.fs, directory, last_segment);
      !removed) {
    metrics.truncations_failed.Increment();
    environment.logger.Error("Could not remove old WAL segments",
                             {{"err", removed.error().message()}});
  }
  metrics.checkpoint_deletions.Increment();
  if (const Status removed = RemoveCheckpointsBefore(environment.fs, directory, last_segment);
      !removed) {
    metrics.checkpoint_deletions_failed.Increment();
    environment.logger.Error("Could not remove old checkpoints",
                             {{"err", removed.error().message()}});
  }
}

Result<std::unique_ptr<Wal>> Wal::Open(WalEnvironment environment, std::string directory,
                                       WalOptions options) {
  if (options.segment_bytes == 0 || options.segment_bytes % kWalPageBytes != 0) {
    return Errorf(ErrorCode::kInvalidArgument, "WAL segment size is not a multiple of {}: {}",
                  kWalPageBytes, options.segment_bytes);
  }
  auto state = std::make_unique<State>(environment, std::move(directory), options);
  TOCSIN_RETURN_IF_ERROR(state->Start());
  return std::unique_ptr<Wal>(new Wal(std::move(state)));
}

Wal::Wal(std::unique_ptr<State> state) : state_(std::move(state)) {}

Wal::~Wal() { (void)Close(); }

Status Wal::Log(std::span<const std::string_view> records) {
  std::unique_ptr<RecordBatch> batch = state_->batches.Take();
  batch->Assign(records, state_->options.compression);
  Status status = Errorf(ErrorCode::kUnavailable, "write-ahead log is closed");
  {
    MutexLock lock(state_->writer_mutex);
    if (state_->writer) {
      SegmentWriter& writer = *state_->writer;
      const SegmentWriterCounts before = writer.counts();
      const int64_t segment = writer.position().segment;
      status = writer.Write(*batch);
      state_->CountWrite(before, writer.counts());
      if (writer.position().segment != segment) {
        state_->metrics.current_segment.Set(static_cast<double>(writer.position().segment));
      }
    }
  }
  if (status) state_->metrics.saved_bytes.Increment(static_cast<double>(batch->saved_bytes()));
  state_->batches.Return(std::move(batch));
  if (!status) {
    state_->metrics.writes_failed.Increment();
    return status.error().WithContext("write to WAL");
  }
  return {};
}

WalPosition Wal::position() const {
  MutexLock lock(state_->writer_mutex);
  return state_->writer ? state_->writer->position() : WalPosition{state_->first_own_segment, 0};
}

Result<ReplayReport> Wal::Replay(ReplayVisitor& visitor, WalPosition from) {
  MutexLock lock(state_->maintenance_mutex);
  TOCSIN_ASSIGN_OR_RETURN(const LogFiles files,
                          ListLogFiles(state_->environment.fs, state_->directory, from.segment,
                                       state_->first_own_segment - 1));
  Replayer replayer(state_->environment.fs, visitor, files.size_bytes());
  TOCSIN_RETURN_IF_ERROR(state_->Replay(replayer, files, from));
  const ReplayReport& report = replayer.report();
  state_->metrics.corruptions.Increment(static_cast<double>(report.corruption_count));
  for (const WalCorruption& corruption : report.corruptions) state_->LogCorruption(corruption);
  for (const auto& [type, count] : report.skipped_records) {
    state_->environment.logger.Warn(
        "Skipped WAL records of a type that is not supported",
        {{"type", std::to_string(type)}, {"count", std::to_string(count)}});
  }
  state_->Repair(replayer, from);
  return report;
}

Status Wal::Truncate(int64_t min_time_ms, const std::function<bool(uint64_t ref)>& keep_series) {
  MutexLock lock(state_->maintenance_mutex);
  const int64_t begin_ns = state_->environment.clock.MonotonicNs();
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<int64_t> last, state_->CutForTruncation());
  if (!last) return {};
  TOCSIN_RETURN_IF_ERROR(state_->WriteCheckpoint(*last, min_time_ms, keep_series));
  state_->RemoveObsolete(*last);
  state_->metrics.truncate_duration_seconds.Observe(
      SecondsBetween(begin_ns, state_->environment.clock.MonotonicNs()));
  return {};
}

Result<int64_t> Wal::Cut() {
  MutexLock lock(state_->writer_mutex);
  if (!state_->writer) return Errorf(ErrorCode::kUnavailable, "write-ahead log is closed");
  TOCSIN_RETURN_IF_ERROR(state_->writer->Cut());
  const int64_t segment = state_->writer->position().segment;
  state_->metrics.current_segment.Set(static_cast<double>(segment));
  return segment;
}

Status Wal::RemoveBefore(int64_t segment) {
  MutexLock lock(state_->maintenance_mutex);
  const int64_t last = std::min(segment, position().segment) - 1;
  state_->metrics.truncations.Increment();
  const Status removed = RemoveSegmentsUpTo(state_->environment.fs, state_->directory, last);
  if (!removed) state_->metrics.truncations_failed.Increment();
  return removed;
}

Status Wal::Close() {
  std::optional<SegmentWriter> writer;
  {
    MutexLock lock(state_->writer_mutex);
    writer = std::exchange(state_->writer, std::nullopt);
  }
  if (!writer) return {};
  state_->is_closing = true;
  const Status closed = writer->Close();
  state_->sealer.reset();  // Nobody else reaches it without the writer; finishes what waits.
  return closed;
}

const std::string& Wal::directory() const { return state_->directory; }

}  // namespace tocsin::tsdb
