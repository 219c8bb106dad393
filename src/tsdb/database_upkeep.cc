// What Database::Maintain does, step by step.
#include <algorithm>
#include <string>

#include "tsdb/compaction/plan.h"
#include "tsdb/database_state.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {
namespace {

// The log is shortened when so much more time has become old: a checkpoint rewrites what it keeps.
constexpr int64_t kLogStepMs = 2 * 60 * 60 * 1000;
// Over the cap a quarter of the head's time goes at once, and no more than three quarters in a
// call.
constexpr int64_t kTrimShare = 4;
constexpr int kMaxTrims = 3;

}  // namespace

void Database::Maintain(int64_t now_ms) {
  MutexLock lock(state_->upkeep_mutex);
  if (state_->closing.canceled()) return;
  state_->MapFullChunks();
  // What is not there yet must not be taken for gone, nor what could not be read.
  if (!state_->is_replayed || !state_->replay_result) return;
  RetentionOptions retention;
  {
    MutexLock retention_lock(state_->retention_mutex);
    retention = state_->retention;
    if (state_->is_retention_new) state_->merger.ForgetRules();
    state_->is_retention_new = false;
  }
  const RetentionRules rules(retention.rules);
  state_->store.RemoveUnread();
  state_->block_metrics.reloads.Increment();
  if (const Status reloaded = state_->store.Reload(); !reloaded) {
    state_->block_metrics.reloads_failed.Increment();
    state_->NoteFailure("Reloading blocks failed", reloaded.error());
  }
  state_->DropOldHead(now_ms, retention);
  state_->CompactHead(now_ms, rules);
  state_->keeper.DropBlocks(retention);
  state_->MergeBlocks(now_ms, retention, rules);
  state_->keeper.DropBlocks(retention);
  state_->TrimHead(retention);
  state_->store.RemoveUnread();
  state_->KeepCheckpoint();
}

void Database::State::NoteFailure(std::string_view what, const Error& error) {
  if (error.code() == ErrorCode::kCanceled) return;  // We are being closed.
  logger.Error(what, {{"err", error.message()}});
}

void Database::State::CompactHead(int64_t now_ms, const RetentionRules& rules) {
  bool has_moved = false;
  while (head_compactor.IsDue(now_ms) && !closing.canceled()) {
    block_metrics.compactions_triggered.Increment();
    const Result<bool> step = head_compactor.Step(now_ms, rules);
    if (!step) {
      block_metrics.compactions_failed.Increment();
      NoteFailure("Head compaction failed", step.error());
      break;
    }
    has_moved = true;
  }
  if (!has_moved) return;
  ShortenLog(head_compactor.begin_ms());
  CompactOutOfOrder();
}

void Database::State::CompactOutOfOrder() {
  const int64_t segment = out_of_order_log.CurrentSegment();
  // Waits for the commit under way: then what is in earlier segments is in the snapshot.
  head.RefuseBefore(INT64_MIN);
  const Result<size_t> count = head_compactor.CompactOutOfOrder();
  if (!count) {
    block_metrics.compactions_failed.Increment();
    NoteFailure("Compaction of samples out of order failed", count.error());
    return;
  }
  if (const Status removed = out_of_order_log.RemoveSegmentsBefore(segment); !removed) {
    NoteFailure("WBL truncation failed", removed.error());
  }
}

void Database::State::MergeBlocks(int64_t now_ms, const RetentionOptions& limits,
                                  const RetentionRules& rules) {
  const int64_t max_ms = options.max_block_ms != 0
                             ? options.max_block_ms
                             : MaxBlockRange(options.min_block_ms, limits.time_ms);
  const std::vector<int64_t> ranges_ms = BlockRanges(options.min_block_ms, max_ms);
  // The head goes first when it has become due meanwhile.
  while (!closing.canceled() && !head_compactor.IsDue(now_ms)) {
    Result<bool> step = merger.Step(ranges_ms, rules, now_ms);
    if (step && !*step) step = merger.ApplyRules(rules, now_ms);
    if (!step) {
      block_metrics.compactions_failed.Increment();
      NoteFailure("Compaction failed", step.error());
      return;
    }
    if (!*step) return;
    block_metrics.compactions_triggered.Increment();
    store.RemoveUnread();  // Two copies of everything need twice the disk.
  }
}

void Database::State::DropOldHead(int64_t now_ms, const RetentionOptions& limits) {
  int64_t horizon_ms = head_compactor.begin_ms();
  if (head.max_time_ms() != INT64_MIN && limits.time_ms > 0) {
    horizon_ms = std::max(horizon_ms, std::min(head.max_time_ms(), now_ms) - limits.time_ms);
  }
  const bool is_something_old = head.min_time_ms() < horizon_ms;
  head.Truncate(horizon_ms);
  deletions.TruncateBefore(horizon_ms);
  if (!is_something_old) return;
  if (log_begins_ms != INT64_MIN && horizon_ms - log_begins_ms < kLogStepMs) return;
  ShortenLog(horizon_ms);
}

void Database::State::TrimHead(const RetentionOptions& limits) {
  const uint64_t limit_bytes = keeper.LimitBytes(limits);
  if (limit_bytes == 0) return;
  for (int trim = 0; trim < kMaxTrims && keeper.HeadBytes() > limit_bytes; ++trim) {
    const int64_t min_ms = std::max(head.min_time_ms(), head_compactor.begin_ms());
    const int64_t max_ms = head.max_time_ms();
    if (min_ms >= max_ms) return;
    const int64_t horizon_ms = min_ms + std::max<int64_t>(1, (max_ms - min_ms) / kTrimShare);
    logger.Warn("Dropping the oldest samples of the head to stay within the storage limit",
                {{"limit_bytes", std::to_string(limit_bytes)},
                 {"bytes", std::to_string(keeper.HeadBytes())},
                 {"before_ms", std::to_string(horizon_ms)}});
    block_metrics.size_retentions.Increment();
    head_compactor.BeginAt(horizon_ms);
    head.Truncate(horizon_ms);
    deletions.TruncateBefore(horizon_ms);
    ShortenLog(horizon_ms);
  }
}

void Database::State::ShortenLog(int64_t min_time_ms) {
  log_begins_ms = min_time_ms;
  is_checkpoint_due = true;
  const std::vector<uint64_t> refs = head.WalRefs();
  const Status status = wal->Truncate(
      min_time_ms, [&](uint64_t ref) { return std::ranges::binary_search(refs, ref); });
  if (!status) NoteFailure("WAL truncation failed", status.error());
}

void Database::State::MapFullChunks() {
  if (const Status moved = head.MapFullChunks(); !moved) {
    NoteFailure("Writing head chunks failed", moved.error());
  }
}

void Database::State::KeepCheckpoint() {
  const int64_t age_ms = (clock.MonotonicNs() - checkpoint_ns) / 1'000'000;
  const bool is_old =
      options.checkpoint_interval_ms > 0 && age_ms >= options.checkpoint_interval_ms;
  if (is_checkpoint_due || is_old) WriteCheckpoint();
  // Behind the checkpoint: the one before may refer to them.
  if (const Status removed = head.RemoveOldChunkFiles(); !removed) {
    NoteFailure("Removing head chunk files failed", removed.error());
  }
}

void Database::State::WriteCheckpoint() {
  checkpoint_ns = clock.MonotonicNs();  // After a failure too: the next is as far away.
  is_checkpoint_due = false;
  const auto written = head.WriteCheckpoint(
      CheckpointPlace(),
      {[this] { return wal->position(); }, [this] { return DeletionRecords(); }});
  if (written) {
    logger.Debug("Head checkpoint written", {{"series", std::to_string(written->series)},
                                             {"bytes", std::to_string(written->size_bytes)}});
    return;
  }
  // The head holds what the file has no place for, or there is no log yet: the log is enough.
  const ErrorCode code = written.error().code();
  if (code == ErrorCode::kUnimplemented || code == ErrorCode::kNotFound) {
    logger.Debug("No head checkpoint", {{"reason", written.error().message()}});
    return;
  }
  NoteFailure("Writing the head checkpoint failed", written.error());
}

std::vector<std::string> Database::State::DeletionRecords() const {
  std::vector<TombstoneRecord> records;
  const auto current = deletions.current();
  for (const auto& [labels, tombstones] : *current) {
    const uint64_t ref = head.WalRefOf(labels);
    if (ref == 0) continue;
    for (const Tombstone& tombstone : tombstones.all()) {
      records.push_back({ref, tombstone.start_ms, tombstone.end_ms});
    }
  }
  if (records.empty()) return {};
  std::string record;
  EncodeTombstones(records, record);
  return {std::move(record)};
}

}  // namespace tocsin::tsdb
