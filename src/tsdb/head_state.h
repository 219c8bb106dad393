#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "model/labels.h"
#include "storage/appendable.h"
#include "tsdb/chunk_column.h"
#include "tsdb/commit_log.h"
#include "tsdb/exemplar_storage.h"
#include "tsdb/head_metrics.h"
#include "tsdb/head_options.h"
#include "tsdb/isolation.h"
#include "tsdb/record_list.h"
#include "tsdb/row_group.h"
#include "tsdb/sample_verdict.h"
#include "tsdb/series_extras.h"
#include "tsdb/series_index.h"
#include "tsdb/series_limits.h"
#include "tsdb/series_metadata.h"
#include "tsdb/series_order.h"
#include "tsdb/series_table.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {

/// What the appenders, queriers and the maintenance of one head share. Internal to the head:
/// everybody else uses head.h.
///
/// Lock order: commit_mutex, index_mutex, a row group's mutex, a stripe, then the leaves
/// (isolation, order caches, arenas). A group's mutex and a stripe are held together only to move a
/// series between them.
struct HeadState {
  HeadState(CommitLog& commit_log, HeadMetrics& head_metrics, const HeadOptions& options)
      : log(commit_log),
        out_of_order_log(options.out_of_order_log),
        chunk_files(options.chunk_files),
        metrics(head_metrics),
        limits({options.max_series, options.max_series_per_job, options.max_memory_bytes}),
        block_range_ms(options.block_range_ms),
        out_of_order_window_ms(options.out_of_order_window_ms),
        columns(options.chunk_files),
        exemplars(head_metrics.exemplars, options.max_exemplars) {}

  // Constant after construction, or with synchronisation of their own.
  CommitLog& log;
  CommitLog* const out_of_order_log;  // Null: `log` takes samples out of order too.
  HeadChunkFiles* const chunk_files;  // Null: full chunks stay in memory.
  HeadMetrics& metrics;
  SeriesLimits limits;
  MemoryMeter memory;
  const int64_t block_range_ms;  // 0: the age of samples is not bounded by it.
  std::atomic<int64_t> out_of_order_window_ms;
  Isolation isolation;
  ChunkColumns columns;
  SeriesTable series;
  SeriesExtrasTable extras;  // Guarded as the series.
  ExemplarStorage exemplars;
  SeriesMetadata metadata;
  // Of samples in order.
  std::atomic<int64_t> min_time_ms{std::numeric_limits<int64_t>::max()};
  std::atomic<int64_t> max_time_ms{std::numeric_limits<int64_t>::min()};
  // Of samples out of order.
  std::atomic<int64_t> min_out_of_order_ms{std::numeric_limits<int64_t>::max()};
  std::atomic<int64_t> max_out_of_order_ms{std::numeric_limits<int64_t>::min()};
  std::atomic<int64_t> refused_before_ms{std::numeric_limits<int64_t>::min()};

  std::atomic<uint32_t> replays{0};  // Under way: not all is there that the log has.
  // Of the samples that are still to be replayed; what is appended meanwhile must be newer.
  std::atomic<int64_t> log_end_ms{std::numeric_limits<int64_t>::min()};

  mutable SharedMutex index_mutex;
  SeriesIndex index GUARDED_BY(index_mutex);
  SeriesOrder order;  // Guards itself; to be used with index_mutex held.
  std::vector<SeriesId> unlogged GUARDED_BY(index_mutex);  // Series without a record in the log.
  uint64_t next_wal_ref GUARDED_BY(index_mutex) = 1;
  /// A second reference of the log to a series: it was removed and came back while samples under
  /// the old one were still in the log. `series` says which use of the id is meant.
  struct WalAlias {
    uint64_t wal_ref;
    storage::SeriesRef series;
  };
  std::vector<WalAlias> wal_aliases GUARDED_BY(index_mutex);
  uint32_t group_limit GUARDED_BY(index_mutex) = 1;  // Group 0 is none.
  std::vector<uint32_t> free_groups GUARDED_BY(index_mutex);

  Mutex commit_mutex;  // Held from the verdict on samples to their publication.
  // Buffers of the commit under way.
  std::string series_record GUARDED_BY(commit_mutex);
  std::string row_record GUARDED_BY(commit_mutex);
  std::vector<uint64_t> ref_buffer GUARDED_BY(commit_mutex);
  std::vector<std::string_view> log_views GUARDED_BY(commit_mutex);
  RecordList early_records GUARDED_BY(commit_mutex);         // Go before row_record.
  RecordList more_records GUARDED_BY(commit_mutex);          // Go after row_record.
  RecordList out_of_order_records GUARDED_BY(commit_mutex);  // Of the log for those.

  /// The series with these labels, made if need be, and pinned: the caller takes the pin off again.
  /// kTooLarge when the limit refuses a new one.
  Result<SeriesId> PinSeries(const Labels& labels) EXCLUDES(index_mutex);
  /// Bytes in use, without a walk over all.
  uint64_t MemoryBytesNow() const REQUIRES_SHARED(index_mutex);
  /// The series that a reference names, pinned, if it is still that series and, unless they are
  /// empty, has these labels; else kNone.
  SeriesId PinRef(storage::SeriesRef ref, const Labels& labels) EXCLUDES(index_mutex);
  /// The series with these labels, pinned, or kNone.
  SeriesId PinExisting(const Labels& labels) EXCLUDES(index_mutex);
  /// The labels of a series that is pinned, or that a reader keeps from being released.
  Labels LabelsOf(SeriesId id) const NO_THREAD_SAFETY_ANALYSIS { return index.LabelsOf(id); }
  /// The reference to a series: its id and which use of the id it is.
  storage::SeriesRef RefOf(SeriesId id) const {
    const uint64_t generation = series.entries[id].generation.load(std::memory_order_relaxed);
    return generation << 32 | (uint64_t{id} + 1);
  }
  void Unpin(SeriesId id) { series.entries[id].pins.fetch_sub(1, std::memory_order_release); }

  /// Begins the records of a commit.
  void ClearRecords() REQUIRES(commit_mutex);
  /// Writes out_of_order_records; then the records of new series and all others that are not empty.
  Status WriteLog() REQUIRES(commit_mutex) EXCLUDES(index_mutex);

  /// All references of the log to series there are, rising. Forgets those to others.
  std::vector<uint64_t> WalRefs() EXCLUDES(index_mutex);

  /// Adds a committed sample to the column of its series, wherever the series' newest samples are.
  /// Returns how many are pending there.
  size_t AddPending(SeriesId id, const PendingSample& sample) REQUIRES(commit_mutex);
  /// Encodes the pending samples of a series that every reader may see, and its rows as far as they
  /// are in the way.
  void FlushSeries(SeriesId id);

  /// Pending samples at which a series is flushed: fewer touch the chunk more often, more cost 24
  /// bytes each.
  static constexpr size_t kFlushPending = 4;

  /// Widens min_time_ms and max_time_ms.
  void NoteTimes(int64_t lowest_ms, int64_t highest_ms);

  /// Adds a committed histogram that is newer than all other samples of its series.
  void AddHistogram(SeriesId id, int64_t timestamp_ms, int64_t start_timestamp_ms,
                    const HistogramRef& histogram, uint64_t sequence) REQUIRES(commit_mutex);
  /// Adds a committed sample out of order, if none of its time is among those lately added.
  void AddOutOfOrder(SeriesId id, AnySample sample) REQUIRES(commit_mutex);
  /// Notes when the counter of a float began to count; 0: not known.
  void NoteStart(SeriesId id, int64_t timestamp_ms, int64_t start_timestamp_ms)
      REQUIRES(commit_mutex);

  /// The newest sample in order of a series, of any kind. Not to be called under its lock.
  std::optional<NewestSample> NewestOf(SeriesId id);
  /// The same under the lock of the series; `group` is null for one without rows.
  std::optional<NewestSample> NewestLocked(SeriesId id, const RowGroup* group, uint32_t slot) const;
  /// Whether `histogram` is the newest sample of a series once more.
  bool IsNewestHistogram(SeriesId id, const HistogramRef& histogram);

  /// Which times are welcome now. The last word is spoken under the commit lock.
  AppendBounds BoundsNow() const;
  /// Whether samples in order at this time are behind the retention, or in a block. The last word
  /// is spoken under the commit lock.
  bool IsOutOfBounds(int64_t timestamp_ms) const {
    return timestamp_ms < isolation.min_time_ms() ||
           timestamp_ms < refused_before_ms.load(std::memory_order_relaxed);
  }
};

}  // namespace tocsin::tsdb
