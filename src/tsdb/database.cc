#include "tsdb/database.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <vector>

#include "storage/merge_querier.h"
#include "tsdb/block/block_querier.h"
#include "tsdb/database_state.h"

namespace tocsin::tsdb {
namespace {

// Turns bytes of log read into the segment that they end in.
class ReplayBoard {
 public:
  ReplayBoard(ReplayStatus* status, std::vector<SegmentFile> segments)
      : status_(status), segments_(std::move(segments)) {
    if (status_ == nullptr || segments_.empty()) return;
    status_->min = status_->current = segments_.front().index;
    status_->max = segments_.back().index;
  }
  void Show(const ReplayProgress& progress) {
    if (status_ == nullptr || segments_.empty()) return;
    // A checkpoint is read first; what it is larger than is counted to the first segment.
    uint64_t left = progress.bytes_total - progress.bytes_done;
    size_t at = segments_.size() - 1;
    while (at > 0 && left > segments_[at].size_bytes) left -= segments_[at--].size_bytes;
    status_->current = segments_[at].index;
  }

 private:
  ReplayStatus* status_;
  std::vector<SegmentFile> segments_;
};

UlidSource MakeUlidSource(const Clock& clock) {
  std::random_device device;
  std::mt19937_64 engine(uint64_t{device()} << 32 | device());
  return UlidSource(clock, [engine]() mutable { return engine(); });
}

HeadOptions MakeHeadOptions(const DatabaseOptions& options, CommitLog& out_of_order_log,
                            HeadChunkFiles& chunk_files) {
  HeadOptions head;
  head.max_series = options.max_series;
  head.max_series_per_job = options.max_series_per_job;
  head.max_memory_bytes = options.max_memory_bytes;
  head.block_range_ms = options.min_block_ms;
  head.out_of_order_window_ms = options.out_of_order_window_ms;
  head.out_of_order_log = &out_of_order_log;
  head.max_exemplars = options.max_exemplars;
  head.chunk_files = &chunk_files;
  return head;
}

// Blocks of samples that came out of order say nothing about how far the head was cut.
int64_t EndOfHeadBlocks(const BlockStore::Blocks& blocks) {
  int64_t end_ms = INT64_MIN;
  for (const auto& block : blocks) {
    if (block->meta()->compaction.HasHint(kFromOutOfOrderHint)) continue;
    end_ms = std::max(end_ms, block->max_time_ms());
  }
  return end_ms;
}

}  // namespace

Database::State::State(DatabaseOptions database_options, Fs& file_system,
                       const Clock& database_clock, Logger& database_logger,
                       telemetry::Registry& database_registry, std::unique_ptr<Wal> opened_wal,
                       std::unique_ptr<HeadChunkFiles> opened_chunk_files)
    : options(std::move(database_options)),
      fs(file_system),
      clock(database_clock),
      logger(database_logger),
      registry(database_registry),
      wal(std::move(opened_wal)),
      log(*wal),
      out_of_order_log(fs, clock, logger, options.directory + "/wbl", options.wal),
      chunk_files(std::move(opened_chunk_files)),
      metrics(registry),
      block_metrics(registry),
      head(log, metrics, MakeHeadOptions(options, out_of_order_log, *chunk_files)),
      store(fs, logger, options.directory),
      closing(clock),
      retention{options.retention_ms, options.retention_bytes, options.retention_percentage,
                options.retention_rules},
      ulids(MakeUlidSource(clock)),
      environment{fs,      clock,
                  logger,  block_metrics,
                  store,   ulids,
                  closing, options.has_dense_blocks ? ChunkEncoding::kDense : ChunkEncoding::kXor},
      head_compactor(environment, head, deletions, options.min_block_ms),
      merger(environment),
      keeper(environment) {
  refresh_id = registry.AddRefresh([this] { RefreshMetrics(); });
}

Database::State::~State() { registry.RemoveRefresh(refresh_id); }

Result<std::unique_ptr<Database>> Database::Open(DatabaseOptions options, Fs& fs,
                                                 const Clock& clock, Logger& logger,
                                                 telemetry::Registry& registry) {
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(options.directory));
  const std::string wal_directory = options.directory + "/wal";
  TOCSIN_ASSIGN_OR_RETURN(auto wal,
                          Wal::Open({fs, clock, logger, registry}, wal_directory, options.wal));
  TOCSIN_ASSIGN_OR_RETURN(auto segments, ListSegments(fs, wal_directory));
  TOCSIN_ASSIGN_OR_RETURN(auto chunk_files,
                          HeadChunkFiles::Open(fs, options.directory + "/chunks_head"));
  ReplayBoard board(options.replay_status, std::move(segments));
  auto state = std::make_unique<State>(std::move(options), fs, clock, logger, registry,
                                       std::move(wal), std::move(chunk_files));
  TOCSIN_RETURN_IF_ERROR(state->OpenBlocks());
  TOCSIN_RETURN_IF_ERROR(
      state->Start([board](const ReplayProgress& progress) mutable { board.Show(progress); }));
  return std::unique_ptr<Database>(new Database(std::move(state)));
}

Status Database::State::OpenBlocks() {
  MutexLock lock(upkeep_mutex);
  TOCSIN_RETURN_IF_ERROR(store.Open());
  const int64_t end_ms = EndOfHeadBlocks(*store.blocks());
  if (end_ms != INT64_MIN) head_compactor.BeginAt(end_ms);
  return {};
}

void Database::State::RefreshMetrics() {
  head.RefreshMetrics();
  const auto blocks = store.blocks();
  block_metrics.blocks_loaded.Set(static_cast<double>(blocks->size()));
  block_metrics.blocks_bytes.Set(static_cast<double>(store.size_bytes()));
  block_metrics.quarantined.Set(static_cast<double>(store.quarantined().size()));
  int64_t lowest_ms = head.min_time_ms();
  if (!blocks->empty()) lowest_ms = std::min(lowest_ms, blocks->front()->min_time_ms());
  block_metrics.lowest_timestamp.Set(static_cast<double>(lowest_ms));
  block_metrics.lowest_timestamp_seconds.Set(static_cast<double>(lowest_ms) / 1000);
  MutexLock lock(retention_mutex);
  block_metrics.retention_limit_seconds.Set(static_cast<double>(retention.time_ms) / 1000);
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

std::unique_ptr<storage::Appender> Database::MakeAppender() { return state_->head.MakeAppender(); }

std::unique_ptr<storage::RowAppender> Database::MakeRowAppender() {
  return state_->head.MakeRowAppender();
}

Result<std::unique_ptr<storage::Querier>> Database::MakeQuerier(int64_t start_ms, int64_t end_ms) {
  // The head first: what is cut out of it is in the list of blocks before.
  TOCSIN_ASSIGN_OR_RETURN(auto head, state_->head.MakeQuerier(start_ms, end_ms));
  head = state_->deletions.Filter(std::move(head));
  std::vector<storage::MergePart> parts;
  const auto blocks = state_->store.blocks();
  for (const std::shared_ptr<BlockReader>& block : *blocks) {
    if (!block->Overlaps(start_ms, end_ms)) continue;
    parts.push_back({std::make_unique<BlockQuerier>(block, start_ms, end_ms), block->min_time_ms(),
                     block->max_time_ms() - 1});
  }
  if (parts.empty()) return head;
  parts.push_back({std::move(head)});
  return std::make_unique<storage::MergeQuerier>(std::move(parts));
}

void Database::SetRetention(RetentionOptions retention) {
  MutexLock lock(state_->retention_mutex);
  state_->retention = std::move(retention);
  state_->is_retention_new = true;
}

void Database::SetOutOfOrderWindow(int64_t window_ms) {
  state_->head.SetOutOfOrderWindow(window_ms);
}
void Database::SetMaxExemplars(uint64_t max_exemplars) {
  state_->head.SetMaxExemplars(max_exemplars);
}
storage::ExemplarQueryable& Database::exemplars() { return state_->head.exemplars(); }

std::vector<BlockStatus> Database::Blocks() const {
  std::vector<BlockStatus> blocks;
  const auto list = state_->store.blocks();
  for (const auto& block : *list) blocks.push_back({*block->meta(), block->size_bytes()});
  return blocks;
}

std::vector<QuarantinedBlock> Database::Quarantined() const { return state_->store.quarantined(); }

HeadStatistics Database::Statistics(size_t limit) const { return state_->head.Statistics(limit); }

int64_t Database::min_time_ms() const {
  int64_t min_ms = state_->head.min_time_ms();
  const auto blocks = state_->store.blocks();
  return blocks->empty() ? min_ms : std::min(min_ms, blocks->front()->min_time_ms());
}

int64_t Database::max_time_ms() const {
  int64_t max_ms = state_->head.max_time_ms();
  const auto blocks = state_->store.blocks();
  for (const auto& block : *blocks) max_ms = std::max(max_ms, block->max_time_ms() - 1);
  return max_ms;
}

int64_t Database::retention_ms() const {
  MutexLock lock(state_->retention_mutex);
  return state_->retention.time_ms;
}

uint64_t Database::memory_bytes() const { return state_->head.memory_bytes(); }
uint64_t Database::blocks_bytes() const { return state_->store.size_bytes(); }
const ReplayReport& Database::replay_report() const {
  state_->is_replayed.wait(false);
  return state_->replay_report;
}
SeriesLimitStatus Database::limit_status() const { return state_->head.limit_status(); }
Status Database::WaitForReplay() const { return state_->WaitForReplay(); }

Status Database::Close() {
  state_->closing.Cancel();
  const bool is_complete = state_->WaitForReplay().ok();
  MutexLock lock(state_->upkeep_mutex);
  state_->store.RemoveUnread();
  if (is_complete) state_->WriteCheckpoint();
  const Status closed = state_->out_of_order_log.Close();
  TOCSIN_RETURN_IF_ERROR(state_->wal->Close());
  return closed;
}

}  // namespace tocsin::tsdb
