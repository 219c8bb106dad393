#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "storage/appendable.h"
#include "storage/queryable.h"
#include "tsdb/commit_log.h"
#include "tsdb/head_checkpoint.h"
#include "tsdb/head_metrics.h"
#include "tsdb/head_statistics.h"

namespace tocsin::tsdb {

class HeadTruncation;
class ReplayVisitor;
struct ReplayProgress;

/// The newest part of the database, in memory: series, their labels and samples. Appenders and
/// queriers made by it must be gone before it is. Thread-safe.
class Head final : public storage::Appendable, public storage::Queryable {
 public:
  struct Options {
    uint64_t max_series = 0;  ///< Above it new series are refused with kTooLarge; 0: no limit.
  };

  /// `log` and `metrics` must outlive it.
  Head(CommitLog& log, HeadMetrics& metrics, Options options);
  ~Head() override;

  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  /// Takes the contents of a log, while nobody else uses the head. Must not outlive it.
  std::unique_ptr<ReplayVisitor> MakeReplay(std::function<void(const ReplayProgress&)> on_progress);

  /// Refuses samples before `min_time_ms` from now on, replayed ones too. When it returns, no commit
  /// is under way that was judged before: what the head holds of that time can only become less.
  /// Readers see it as before.
  void RefuseBefore(int64_t min_time_ms);

  /// Forgets samples before `min_time_ms` and series without samples. Does not wait for readers:
  /// what they may see is freed by a later call.
  void Truncate(int64_t min_time_ms);

  /// Fills an empty head from its checkpoint, while nobody else uses it; the log is then to be
  /// replayed from the position returned. After any error the head is still empty. See
  /// LoadHeadCheckpoint.
  Result<HeadCheckpointReport> LoadCheckpoint(const HeadCheckpointPlace& place);
  /// See WriteHeadCheckpoint. Excludes Truncate.
  Result<HeadCheckpointReport> WriteCheckpoint(const HeadCheckpointPlace& place,
                                               const std::function<WalPosition()>& position);

  /// References to the series there are, in the log's numbering, rising; a series may have several.
  std::vector<uint64_t> WalRefs() const;

  HeadStatistics Statistics(size_t limit) const;
  /// INT64_MAX while there are no samples.
  int64_t min_time_ms() const;
  /// INT64_MIN while there are no samples.
  int64_t max_time_ms() const;
  uint64_t memory_bytes() const { return Memory().total(); }
  HeadMemory Memory() const;
  /// Sets the gauges among the metrics, but for memory, which Truncate sets.
  void RefreshMetrics();

 private:
  const std::unique_ptr<struct HeadState> state_;
  HeadMetrics& metrics_;
  Mutex truncation_mutex_;
  const std::unique_ptr<HeadTruncation> truncation_ PT_GUARDED_BY(truncation_mutex_);
};

}  // namespace tocsin::tsdb
