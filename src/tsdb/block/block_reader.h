#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/fs.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/matcher.h"
#include "tsdb/block/block_meta.h"
#include "tsdb/block/chunk_segment_reader.h"
#include "tsdb/block/index_reader.h"
#include "tsdb/block/tombstones.h"

namespace tocsin::tsdb {

/// An open block: its files mapped, its meta and tombstones in memory. Shared by the database and
/// by every querier that reads it. To delete a block, drop it from the database's list, keep a
/// weak_ptr, and remove the directory once that has expired: then nobody reads it any more.
///
/// Open checks magic numbers, versions, the checksums of tables and that the parts fit together;
/// what it does not touch is checked when it is read, and all of it by VerifyBlock. Errors name
/// file, offset and reason: kCorruption is the block's fault and a reason to set it aside,
/// kUnavailable the disk's. Thread-safe; `fs` must outlive it.
class BlockReader {
 public:
  static Result<std::shared_ptr<BlockReader>> Open(Fs& fs, const std::string& directory);

  const std::string& directory() const { return directory_; }
  const Ulid& ulid() const { return ulid_; }
  int64_t min_time_ms() const { return min_time_ms_; }
  int64_t max_time_ms() const { return max_time_ms_; }  ///< Exclusive.
  /// Whether the block may have samples in [start_ms, end_ms], both inclusive.
  bool Overlaps(int64_t start_ms, int64_t end_ms) const {
    return start_ms < max_time_ms_ && end_ms >= min_time_ms_;
  }
  /// Of all files, on disk.
  uint64_t size_bytes() const;

  const IndexReader& index() const { return *index_; }
  const ChunkSegmentReader& chunks() const { return *chunks_; }
  /// As of now; changes of the block make a new one.
  std::shared_ptr<const BlockMeta> meta() const;
  std::shared_ptr<const Tombstones> tombstones() const;

  /// Marks the samples in [start_ms, end_ms] of all series that match as deleted, in file and
  /// memory. Queriers that exist do not see it. Returns how many series were touched.
  Result<size_t> Delete(std::span<const Matcher> matchers, int64_t start_ms, int64_t end_ms);
  /// Replaces the tombstones, in file and memory, and their number in meta.json.
  Status SetTombstones(Tombstones tombstones);
  /// Says in meta.json that compacting this block failed, so that it is left alone.
  Status SetCompactionFailed();

 private:
  BlockReader(Fs& fs, std::string directory, BlockMeta meta, Tombstones tombstones,
              std::unique_ptr<IndexReader> index, std::unique_ptr<ChunkSegmentReader> chunks);
  Status SetTombstonesLocked(Tombstones tombstones) REQUIRES(change_mutex_);
  Status SetMetaLocked(BlockMeta meta) REQUIRES(change_mutex_);

  // Constant after construction.
  Fs& fs_;
  const std::string directory_;
  const Ulid ulid_;
  const int64_t min_time_ms_;
  const int64_t max_time_ms_;
  const std::unique_ptr<IndexReader> index_;
  const std::unique_ptr<ChunkSegmentReader> chunks_;

  // Held over writing files; taken before state_mutex_.
  Mutex change_mutex_;
  mutable Mutex state_mutex_;
  std::shared_ptr<const BlockMeta> meta_ GUARDED_BY(state_mutex_);         // Other owners: callers.
  std::shared_ptr<const Tombstones> tombstones_ GUARDED_BY(state_mutex_);  // And queriers.
};

}  // namespace tocsin::tsdb
