#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/metadata.h"
#include "storage/appendable.h"
#include "storage/exemplar_queryable.h"
#include "storage/queryable.h"
#include "tsdb/commit_log.h"
#include "tsdb/head_checkpoint.h"
#include "tsdb/head_extent.h"
#include "tsdb/head_metrics.h"
#include "tsdb/head_options.h"
#include "tsdb/head_statistics.h"
#include "tsdb/series_limits.h"

namespace tocsin::tsdb {

class HeadTruncation;
class OutOfOrderTruncation;
class ReplayVisitor;
struct ReplayProgress;

/// A series and what HELP, TYPE and UNIT said of it last.
struct MetadataOfSeries {
  Labels labels;
  MetricMetadata metadata;
};

/// The samples out of order of a head at some moment.
struct OutOfOrderSnapshot {
  std::unique_ptr<storage::Querier> querier;  ///< Sees nothing else. Its sets give chunks too.
  uint64_t sequence = 0;                      ///< Of the last commit in it.
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;  ///< Inclusive.
};

/// The newest part of the database, in memory: series, their labels and samples. Appenders and
/// queriers made by it must be gone before it is. Thread-safe.
class Head final : public storage::Appendable, public storage::Queryable {
 public:
  using Options = HeadOptions;

  /// `log` and `metrics` must outlive it.
  Head(CommitLog& log, HeadMetrics& metrics, Options options);
  ~Head() override;

  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  /// Takes the contents of a log, or what is behind a checkpoint, while nobody else uses the head.
  /// When a series replay has passed over the same log before, appends and queries may go on
  /// meanwhile, if they begin after this call. `on_deleted` gets what was deleted: the head itself
  /// goes on to show it. Must not outlive the head.
  std::unique_ptr<ReplayVisitor> MakeReplay(
      std::function<void(const ReplayProgress&)> on_progress,
      std::function<void(const HeadDeletion&)> on_deleted = {});
  /// Takes only the series of a log, while nobody else uses the head, and tells `on_deleted` what
  /// was deleted. It also notes where the log's samples end: while they are replayed, older ones
  /// are out of bounds to appenders.
  std::unique_ptr<ReplayVisitor> MakeSeriesReplay(
      std::function<void(const HeadDeletion&)> on_deleted = {});

  /// Refuses samples before `min_time_ms` from now on, replayed ones too. When it returns, no
  /// commit is under way that was judged before: what the head holds of that time can only become
  /// less. Readers see it as before.
  void RefuseBefore(int64_t min_time_ms);

  /// The series with samples for which all matchers match.
  std::vector<HeadSeriesExtent> ListExtents(std::span<const Matcher> matchers) const;

  /// Forgets samples before `min_time_ms` and series without samples. Does not wait for readers:
  /// what they may see is freed by a later call. Does nothing while a replay is under way.
  void Truncate(int64_t min_time_ms);

  /// Moves full chunks from memory to the head chunk files, if the head has any. To be called every
  /// minute or so; may run beside a replay. What fails stays in memory.
  Status MapFullChunks();
  /// Removes the head chunk files that the last Truncate left without use. A checkpoint that was
  /// written before it becomes worthless.
  Status RemoveOldChunkFiles();

  /// The same for the log of samples out of order, after its own.
  std::unique_ptr<ReplayVisitor> MakeOutOfOrderReplay(
      std::function<void(const ReplayProgress&)> on_progress);

  /// How much older than the newest sample one out of order may be from now on; 0: none is taken.
  void SetOutOfOrderWindow(int64_t window_ms);
  /// All samples out of order there are now, if any: what compaction makes blocks of.
  std::optional<OutOfOrderSnapshot> SnapshotOutOfOrder();
  /// Forgets what a snapshot held, now that readers to come find it elsewhere. What readers that
  /// are there may still see is freed by a later call of Truncate.
  void TruncateOutOfOrder(uint64_t snapshot_sequence);

  /// The exemplars; lives as long as the head.
  storage::ExemplarQueryable& exemplars();
  /// Changes how many there is room for; 0 turns them off.
  void SetMaxExemplars(uint64_t max_exemplars);

  /// The metadata of series for which all matchers match; those without are left out.
  std::vector<MetadataOfSeries> MetadataOf(std::span<const Matcher> matchers) const;

  /// Fills an empty head from its checkpoint, while nobody else uses it; the log is then to be
  /// replayed from the position returned. After any error the head is still empty, and what was in
  /// its chunk files is removed: the log has all of it. See LoadHeadCheckpoint.
  Result<HeadCheckpointReport> LoadCheckpoint(const HeadCheckpointPlace& place);
  /// See WriteHeadCheckpoint. Excludes Truncate; kUnavailable while a replay is under way.
  Result<HeadCheckpointReport> WriteCheckpoint(const HeadCheckpointPlace& place,
                                               const HeadCheckpointSource& source);

  /// The log's reference to the series with these labels; 0 if there is none.
  uint64_t WalRefOf(const Labels& labels) const;
  /// References to the series there are, in the log's numbering, rising; a series may have several.
  std::vector<uint64_t> WalRefs() const;

  HeadStatistics Statistics(size_t limit) const;
  /// INT64_MAX while there are no samples.
  int64_t min_time_ms() const;
  /// INT64_MIN while there are no samples.
  int64_t max_time_ms() const;
  uint64_t memory_bytes() const { return Memory().total(); }
  HeadMemory Memory() const;
  /// The limits on series, and what they have refused.
  SeriesLimitStatus limit_status() const;
  /// Sets the gauges among the metrics, but for memory, which Truncate sets.
  void RefreshMetrics();

 private:
  const std::unique_ptr<struct HeadState> state_;
  HeadMetrics& metrics_;
  Mutex truncation_mutex_;
  const std::unique_ptr<HeadTruncation> truncation_ PT_GUARDED_BY(truncation_mutex_);
  const std::unique_ptr<OutOfOrderTruncation> out_of_order_ PT_GUARDED_BY(truncation_mutex_);
};

}  // namespace tocsin::tsdb
