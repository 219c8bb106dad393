#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "storage/appendable.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"
#include "tsdb/head_statistics.h"
#include "tsdb/replay_status.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

struct DatabaseOptions {
  std::string directory;  ///< Created if need be; the log is in `wal` below it.
  int64_t retention_ms = int64_t{15} * 24 * 60 * 60 * 1000;  ///< 0: keep everything.
  uint64_t max_series = 0;  ///< Above it new series are refused with kTooLarge; 0: no limit.
  WalOptions wal;
  ReplayStatus* replay_status = nullptr;  ///< Kept during Open only; may be null.
};

/// The time series database: a head in memory, and a write-ahead log that has every commit before
/// it is published. Appenders and queriers made by it must be gone before it is. Thread-safe.
class Database final : public storage::Appendable, public storage::Queryable {
 public:
  /// Opens or creates a database and replays its log. What is torn or corrupt there is set aside
  /// with a line in the log, never a reason not to start; only a file system that refuses is. The
  /// references are kept and must outlive it.
  static Result<std::unique_ptr<Database>> Open(DatabaseOptions options, Fs& fs, const Clock& clock,
                                                Logger& logger, telemetry::Registry& registry);
  ~Database() override;

  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  /// To be called every minute or so: forgets what is older than the retention, gives memory back
  /// and shortens the log. The retention is counted from the newest sample or `now_ms`, whichever
  /// is older, so that neither a stopped source nor a sample from the future makes data go.
  void Maintain(int64_t now_ms);

  /// For /api/v1/status/tsdb; at most `limit` entries a list.
  HeadStatistics Statistics(size_t limit) const;
  /// INT64_MAX and INT64_MIN while there are no samples.
  int64_t min_time_ms() const;
  int64_t max_time_ms() const;
  int64_t retention_ms() const;
  uint64_t memory_bytes() const;
  /// What the replay at Open found.
  const ReplayReport& replay_report() const;

  /// Makes the log durable and closes it; later commits fail. The destructor does it too, and drops
  /// the error.
  Status Close();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::tsdb
