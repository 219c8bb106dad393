#include "tsdb/database.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/mutex.h"
#include "tsdb/head.h"

namespace tocsin::tsdb {
namespace {

// The log is shortened when so much more time has become old: a checkpoint rewrites what it keeps.
constexpr int64_t kLogStepMs = 2 * 60 * 60 * 1000;

class WalCommitLog final : public CommitLog {
 public:
  explicit WalCommitLog(Wal& wal) : wal_(wal) {}
  Status Log(std::span<const std::string_view> records) override { return wal_.Log(records); }

 private:
  Wal& wal_;
};

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

}  // namespace

struct Database::State {
  State(DatabaseOptions database_options, const Clock& database_clock, Logger& database_logger,
        telemetry::Registry& database_registry, std::unique_ptr<Wal> opened_wal)
      : options(std::move(database_options)),
        clock(database_clock),
        logger(database_logger),
        registry(database_registry),
        wal(std::move(opened_wal)),
        log(*wal),
        metrics(registry),
        head(log, metrics, {options.max_series}) {
    metrics.retention_limit_seconds.Set(static_cast<double>(options.retention_ms) / 1000);
    refresh_id = registry.AddRefresh([this] { head.RefreshMetrics(); });
  }
  ~State() { registry.RemoveRefresh(refresh_id); }

  Status Replay(ReplayBoard board);
  void ShortenLog(int64_t min_time_ms);

  const DatabaseOptions options;
  const Clock& clock;
  Logger& logger;
  telemetry::Registry& registry;
  const std::unique_ptr<Wal> wal;
  WalCommitLog log;
  HeadMetrics metrics;
  Head head;
  uint64_t refresh_id = 0;
  ReplayReport replay_report;  // Constant after Open.

  Mutex maintain_mutex;
  int64_t log_begins_ms GUARDED_BY(maintain_mutex) = INT64_MIN;
};

Result<std::unique_ptr<Database>> Database::Open(DatabaseOptions options, Fs& fs,
                                                 const Clock& clock, Logger& logger,
                                                 telemetry::Registry& registry) {
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(options.directory));
  const std::string wal_directory = options.directory + "/wal";
  TOCSIN_ASSIGN_OR_RETURN(auto wal,
                          Wal::Open({fs, clock, logger, registry}, wal_directory, options.wal));
  TOCSIN_ASSIGN_OR_RETURN(auto segments, ListSegments(fs, wal_directory));
  ReplayBoard board(options.replay_status, std::move(segments));
  auto state = std::make_unique<State>(std::move(options), clock, logger, registry, std::move(wal));
  TOCSIN_RETURN_IF_ERROR(state->Replay(std::move(board)));
  return std::unique_ptr<Database>(new Database(std::move(state)));
}

Status Database::State::Replay(ReplayBoard board) {
  const int64_t start_ns = clock.MonotonicNs();
  const auto visitor =
      head.MakeReplay([&](const ReplayProgress& progress) { board.Show(progress); });
  TOCSIN_ASSIGN_OR_RETURN(replay_report, wal->Replay(*visitor));
  const double seconds = static_cast<double>(clock.MonotonicNs() - start_ns) / 1e9;
  metrics.replay_duration_seconds.Set(seconds);
  logger.Info("WAL replay completed",
              {{"series", fmt::format("{}", head.Statistics(0).series_count)},
               {"samples", fmt::format("{}", replay_report.samples)},
               {"bytes", fmt::format("{}", replay_report.bytes)},
               {"corruptions", fmt::format("{}", replay_report.corruption_count)},
               {"duration", fmt::format("{:.3f}s", seconds)}});
  return {};
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

std::unique_ptr<storage::Appender> Database::MakeAppender() { return state_->head.MakeAppender(); }

std::unique_ptr<storage::RowAppender> Database::MakeRowAppender() {
  return state_->head.MakeRowAppender();
}

Result<std::unique_ptr<storage::Querier>> Database::MakeQuerier(int64_t start_ms, int64_t end_ms) {
  return state_->head.MakeQuerier(start_ms, end_ms);
}

void Database::Maintain(int64_t now_ms) {
  MutexLock lock(state_->maintain_mutex);
  const int64_t max_time_ms = state_->head.max_time_ms();
  int64_t horizon_ms = INT64_MIN;
  if (max_time_ms != INT64_MIN && state_->options.retention_ms > 0) {
    horizon_ms = std::min(max_time_ms, now_ms) - state_->options.retention_ms;
  }
  const bool is_something_old = state_->head.min_time_ms() < horizon_ms;
  state_->head.Truncate(horizon_ms);
  if (!is_something_old) return;
  if (state_->log_begins_ms != INT64_MIN && horizon_ms - state_->log_begins_ms < kLogStepMs) return;
  state_->log_begins_ms = horizon_ms;
  state_->ShortenLog(horizon_ms);
}

void Database::State::ShortenLog(int64_t min_time_ms) {
  const std::vector<uint64_t> refs = head.WalRefs();
  const Status status = wal->Truncate(
      min_time_ms, [&](uint64_t ref) { return std::ranges::binary_search(refs, ref); });
  if (!status) logger.Error("WAL truncation failed", {{"err", status.error().message()}});
}

HeadStatistics Database::Statistics(size_t limit) const { return state_->head.Statistics(limit); }
int64_t Database::min_time_ms() const { return state_->head.min_time_ms(); }
int64_t Database::max_time_ms() const { return state_->head.max_time_ms(); }
int64_t Database::retention_ms() const { return state_->options.retention_ms; }
uint64_t Database::memory_bytes() const { return state_->head.memory_bytes(); }
const ReplayReport& Database::replay_report() const { return state_->replay_report; }
Status Database::Close() { return state_->wal->Close(); }

}  // namespace tocsin::tsdb
