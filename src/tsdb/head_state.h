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
#include "tsdb/head_metrics.h"
#include "tsdb/isolation.h"
#include "tsdb/row_group.h"
#include "tsdb/series_index.h"
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
  HeadState(CommitLog& commit_log, HeadMetrics& head_metrics, uint64_t series_limit)
      : log(commit_log), metrics(head_metrics), max_series(series_limit) {}

  // Constant after construction, or with synchronisation of their own.
  CommitLog& log;
  HeadMetrics& metrics;
  const uint64_t max_series;  // 0: no limit.
  Isolation isolation;
  ChunkColumns columns;
  SeriesTable series;
  std::atomic<int64_t> min_time_ms{std::numeric_limits<int64_t>::max()};
  std::atomic<int64_t> max_time_ms{std::numeric_limits<int64_t>::min()};
  std::atomic<int64_t> refused_before_ms{std::numeric_limits<int64_t>::min()};

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
  std::string samples_record GUARDED_BY(commit_mutex);
  std::vector<SampleRecord> sample_buffer GUARDED_BY(commit_mutex);
  std::vector<uint64_t> ref_buffer GUARDED_BY(commit_mutex);

  /// The series with these labels, made if need be, and pinned: the caller takes the pin off again.
  /// kTooLarge when the limit refuses a new one.
  Result<SeriesId> PinSeries(const Labels& labels) EXCLUDES(index_mutex);
  /// The series that a reference names, pinned, if it is still that series and, unless they are
  /// empty, has these labels; else kNone.
  SeriesId PinRef(storage::SeriesRef ref, const Labels& labels) EXCLUDES(index_mutex);
  /// The reference to a series: its id and which use of the id it is.
  storage::SeriesRef RefOf(SeriesId id) const {
    const uint64_t generation = series.entries[id].generation.load(std::memory_order_relaxed);
    return generation << 32 | (uint64_t{id} + 1);
  }
  void Unpin(SeriesId id) { series.entries[id].pins.fetch_sub(1, std::memory_order_release); }

  /// Writes the records of new series, then samples_record and row_record where not empty.
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

  /// Whether samples at this time are behind the retention, or in a block. The last word is spoken
  /// under the commit lock.
  bool IsOutOfBounds(int64_t timestamp_ms) const {
    return timestamp_ms < isolation.min_time_ms() ||
           timestamp_ms < refused_before_ms.load(std::memory_order_relaxed);
  }
};

}  // namespace tocsin::tsdb
