#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/mutex.h"
#include "tsdb/block_merger.h"
#include "tsdb/block_metrics.h"
#include "tsdb/block_store.h"
#include "tsdb/database.h"
#include "tsdb/head.h"
#include "tsdb/head_chunks/head_chunk_files.h"
#include "tsdb/head_compactor.h"
#include "tsdb/head_deletions.h"
#include "tsdb/out_of_order_log.h"
#include "tsdb/retention_keeper.h"
#include "tsdb/upkeep_environment.h"

namespace tocsin::tsdb {

/// The head's commit log on a write-ahead log, which must outlive it.
class WalCommitLog final : public CommitLog {
 public:
  explicit WalCommitLog(Wal& wal) : wal_(wal) {}
  Status Log(std::span<const std::string_view> records) override { return wal_.Log(records); }

 private:
  Wal& wal_;
};

/// What a database consists of. Internal to it: everybody else uses database.h.
///
/// Lock order: upkeep_mutex, then those of the head, the log and the block store.
struct Database::State {
  State(DatabaseOptions database_options, Fs& file_system, const Clock& database_clock,
        Logger& database_logger, telemetry::Registry& database_registry,
        std::unique_ptr<Wal> opened_wal, std::unique_ptr<HeadChunkFiles> opened_chunk_files);
  ~State();

  /// Opens the blocks; then the head's part begins where they end.
  Status OpenBlocks();
  void RefreshMetrics();

  // Parts of the start, in database_start.cc.
  using OnProgress = std::function<void(const ReplayProgress&)>;
  /// Fills the head from checkpoint and logs, or begins to.
  Status Start(OnProgress on_progress);
  /// Where the log is to be read from.
  WalPosition LoadCheckpoint(std::vector<HeadDeletion>& deleted);
  Status ReplaySeries(WalPosition from, std::vector<HeadDeletion>& deleted);
  struct SampleReplay;
  std::unique_ptr<SampleReplay> MakeSampleReplay(WalPosition from, OnProgress on_progress);
  Status ReplaySamples(SampleReplay& replay);
  /// The same, telling those who wait.
  void FinishReplay(SampleReplay& replay);
  Status WaitForReplay() const;

  // Parts of Maintain.
  void CompactHead(int64_t now_ms, const RetentionRules& rules) REQUIRES(upkeep_mutex);
  void CompactOutOfOrder() REQUIRES(upkeep_mutex);
  void MergeBlocks(int64_t now_ms, const RetentionOptions& retention, const RetentionRules& rules)
      REQUIRES(upkeep_mutex);
  void DropOldHead(int64_t now_ms, const RetentionOptions& retention) REQUIRES(upkeep_mutex);
  void TrimHead(const RetentionOptions& retention) REQUIRES(upkeep_mutex);
  void ShortenLog(int64_t min_time_ms) REQUIRES(upkeep_mutex);
  void MapFullChunks();
  /// Writes the checkpoint if it is time to, and removes what it does not need any more.
  void KeepCheckpoint() REQUIRES(upkeep_mutex);
  void WriteCheckpoint() REQUIRES(upkeep_mutex);
  HeadCheckpointPlace CheckpointPlace() const;
  std::vector<std::string> DeletionRecords() const;
  void NoteFailure(std::string_view what, const Error& error);

  // Parts of the administration.
  Status DeleteFromHead(int64_t start_ms, int64_t end_ms, std::span<const Matcher> matchers)
      REQUIRES(upkeep_mutex);
  Status LinkBlock(const BlockReader& block, const std::string& directory);
  Status LinkFile(const std::string& from, const std::string& to);

  // Constant after construction, or with synchronisation of their own.
  const DatabaseOptions options;
  Fs& fs;
  const Clock& clock;
  Logger& logger;
  telemetry::Registry& registry;
  const std::unique_ptr<Wal> wal;
  WalCommitLog log;
  OutOfOrderLog out_of_order_log;
  const std::unique_ptr<HeadChunkFiles> chunk_files;
  HeadMetrics metrics;
  BlockMetrics block_metrics;
  Head head;
  HeadDeletions deletions;
  BlockStore store;
  CancelToken closing;
  uint64_t refresh_id = 0;
  // Constant when is_replayed.
  ReplayReport replay_report;
  Status replay_result;
  std::atomic<bool> is_replayed{false};

  Mutex retention_mutex;
  RetentionOptions retention GUARDED_BY(retention_mutex);
  bool is_retention_new GUARDED_BY(retention_mutex) = false;  // To the upkeep.

  Mutex upkeep_mutex;  // One compaction, deletion, snapshot or retention at a time.
  UlidSource ulids GUARDED_BY(upkeep_mutex);
  const UpkeepEnvironment environment;
  HeadCompactor head_compactor GUARDED_BY(upkeep_mutex);
  BlockMerger merger GUARDED_BY(upkeep_mutex);
  RetentionKeeper keeper GUARDED_BY(upkeep_mutex);
  int64_t log_begins_ms GUARDED_BY(upkeep_mutex) = INT64_MIN;
  int64_t checkpoint_ns GUARDED_BY(upkeep_mutex) = 0;  // When the last was written, monotonic.
  bool is_checkpoint_due GUARDED_BY(upkeep_mutex) = false;

  std::jthread replay_thread;  // Last: it uses all of the others.
};

}  // namespace tocsin::tsdb
