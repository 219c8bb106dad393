#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "storage/appendable.h"
#include "storage/exemplar_queryable.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"
#include "tsdb/block/block_meta.h"
#include "tsdb/blocks_directory.h"
#include "tsdb/head_statistics.h"
#include "tsdb/replay_status.h"
#include "tsdb/retention_options.h"
#include "tsdb/series_limits.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

struct DatabaseOptions {
  std::string directory;  ///< Created if need be; the log is in `wal` below it.
  int64_t retention_ms = int64_t{15} * 24 * 60 * 60 * 1000;  ///< 0: keep everything.
  uint64_t retention_bytes = 0;                              ///< As RetentionOptions::size_bytes.
  double retention_percentage = 0;
  std::vector<RetentionRule> retention_rules;
  /// How much older than the newest sample one out of order may be; 0: none is taken.
  int64_t out_of_order_window_ms = 0;
  uint64_t max_exemplars = 0;                          ///< 0: exemplars are dropped.
  int64_t min_block_ms = int64_t{2} * 60 * 60 * 1000;  ///< What the head is cut into.
  int64_t max_block_ms = 0;  ///< What blocks grow to; 0: a tenth of the retention, at most 31 days.
  uint64_t max_series = 0;   ///< Above it new series are refused with kTooLarge; 0: no limit.
  uint64_t max_series_per_job = 0;  ///< The same for those of one `job`.
  uint64_t max_memory_bytes = 0;    ///< The same when the head uses so much.
  bool has_dense_blocks = false;    ///< New blocks hold floats in our own encoding (kDense).
  WalOptions wal;
  /// How often the head is written to its checkpoint; 0: after the log was shortened and at Close.
  int64_t checkpoint_interval_ms = int64_t{5} * 60 * 1000;
  /// Open returns when all series are known, and the samples of the log follow while appends and
  /// queries are served already. See WaitForReplay.
  bool replays_in_background = false;
  ReplayStatus* replay_status = nullptr;  ///< Kept until the replay is done; may be null.
};

/// A block as /api/v1/status/tsdb/blocks shows it.
struct BlockStatus {
  BlockMeta meta;
  uint64_t size_bytes = 0;
};

/// The time series database: blocks of samples on disk, a head in memory for the newest, and a
/// write-ahead log that has every commit before it is published. Appenders and queriers made by it
/// must be gone before it is. Thread-safe.
class Database final : public storage::Appendable, public storage::Queryable {
 public:
  /// Opens or creates a database: opens its blocks and replays its log. What is torn or corrupt is
  /// set aside with a line in the log, never a reason not to start; only a file system that refuses
  /// is. The references are kept and must outlive it.
  static Result<std::unique_ptr<Database>> Open(DatabaseOptions options, Fs& fs, const Clock& clock,
                                                Logger& logger, telemetry::Registry& registry);
  ~Database() override;

  /// Returns when the samples of the log are there. Until then queries do not see all of them,
  /// appenders refuse what is not newer than the log, and Maintain does next to nothing. An error
  /// is one of the file system: what could not be read is missing until the next start.
  Status WaitForReplay() const;

  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  /// To be called every minute or so, from a thread that may be busy for long: makes blocks of what
  /// the head has too much of, larger blocks of blocks, drops what is beyond the retention, gives
  /// memory back and shortens the log. Appends and queries go on meanwhile. In the head the
  /// retention is counted from the newest sample or `now_ms`, whichever is older, so that neither a
  /// stopped source nor a sample from the future makes data go; blocks go whole, counted from the
  /// newest block. Failures are logged, counted, and tried again by a later call.
  void Maintain(int64_t now_ms);
  /// Replaces the retention from the next Maintain on.
  void SetRetention(RetentionOptions retention);

  /// Replaces DatabaseOptions::out_of_order_window_ms and max_exemplars.
  void SetOutOfOrderWindow(int64_t window_ms);
  void SetMaxExemplars(uint64_t max_exemplars);
  /// Lives as long as the database.
  storage::ExemplarQueryable& exemplars();

  /// Deletes the samples in [start_ms, end_ms] of the series that match all of `matchers`. Queriers
  /// made from then on do not see them; the space is given back by CleanTombstones or, in time, by
  /// compaction. Waits for a Maintain under way. After an error part of it may have been done: try
  /// again.
  Status DeleteSeries(int64_t start_ms, int64_t end_ms, std::span<const Matcher> matchers);
  /// Writes the blocks anew that have deleted samples.
  Status CleanTombstones();
  /// Puts a database of all blocks and, `with_head`, of what the head holds into `directory`, which
  /// is created. Blocks are hard links where the file system has them, else copies.
  Status Snapshot(const std::string& directory, bool with_head);

  /// By rising start.
  std::vector<BlockStatus> Blocks() const;
  /// Corrupt blocks that were set aside.
  std::vector<QuarantinedBlock> Quarantined() const;

  /// For /api/v1/status/tsdb; at most `limit` entries a list.
  HeadStatistics Statistics(size_t limit) const;
  /// Of blocks and head; INT64_MAX and INT64_MIN while there are no samples.
  int64_t min_time_ms() const;
  int64_t max_time_ms() const;
  int64_t retention_ms() const;
  uint64_t memory_bytes() const;
  /// Of all blocks, on disk.
  uint64_t blocks_bytes() const;
  /// What the replay at Open found. Waits for it.
  const ReplayReport& replay_report() const;
  /// The limits on series, and what they have refused.
  SeriesLimitStatus limit_status() const;

  /// Ends a Maintain under way, writes the head's checkpoint, makes the log durable and closes it;
  /// later commits fail. Without it the next start replays more of the log.
  Status Close();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::tsdb
