#pragma once

#include <cstdint>

namespace tocsin::tsdb {

class CommitLog;
class HeadChunkFiles;

struct HeadOptions {
  uint64_t max_series = 0;  ///< Above it new series are refused with kTooLarge; 0: no limit.
  uint64_t max_series_per_job = 0;  ///< The same for those of one `job`.
  uint64_t max_memory_bytes = 0;    ///< The same when the head uses so much.
  /// Samples more than half of it older than the newest are out of bounds, so that what becomes a
  /// block does not change any more; 0: no such bound.
  int64_t block_range_ms = 0;
  /// How much older than the head's newest sample a sample out of order may be; 0: none is taken.
  int64_t out_of_order_window_ms = 0;
  /// Where samples out of order are written, if not to the head's log. Kept; may be null.
  CommitLog* out_of_order_log = nullptr;
  uint64_t max_exemplars = 0;  ///< 0: exemplars are dropped.
  /// Where full chunks go. Kept, and nobody else's; null: they stay in memory.
  HeadChunkFiles* chunk_files = nullptr;
};

}  // namespace tocsin::tsdb
