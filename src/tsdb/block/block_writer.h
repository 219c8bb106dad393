#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"
#include "model/labels.h"
#include "storage/queryable.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/block_meta.h"

namespace tocsin::tsdb {

class ChunkSegmentWriter;
class IndexWriter;

/// Writes a block: AddSymbols once, AddSeries for each series in order of labels, then Finish.
/// Works in `ULID.tmp-for-creation` and renames it to `ULID` when all is on stable storage, so a
/// block is there wholly or not at all. Destruction without Finish, or after an error, removes the
/// directory. Confined to a thread.
class BlockWriter {
 public:
  struct Options {
    uint64_t max_segment_bytes = kMaxChunkSegmentBytes;
  };

  /// Begins a block in `parent`, which must exist. `fs` must outlive it.
  static Result<std::unique_ptr<BlockWriter>> Create(Fs& fs, const std::string& parent,
                                                     const Ulid& ulid, const Options& options);
  static Result<std::unique_ptr<BlockWriter>> Create(Fs& fs, const std::string& parent,
                                                     const Ulid& ulid) {
    return Create(fs, parent, ulid, Options());
  }
  ~BlockWriter();
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;

  /// As IndexWriter::AddSymbols.
  Status AddSymbols(std::span<const std::string_view> sorted);

  /// Adds a series with its chunks, at least one, which rise in time and do not overlap. Chunks are
  /// written as they are; they are not decoded.
  Status AddSeries(const Labels& labels, std::span<const ChunkView> chunks);
  Status AddSeries(const Labels& labels, std::span<const storage::EncodedChunk> chunks);

  /// Completes the block. `meta` gives range and compaction; name and stats are filled in here, and
  /// a level-1 block without sources gets itself. Returns what was written. kInvalidArgument if a
  /// chunk lies outside [min_time_ms, max_time_ms) of `meta`.
  Result<BlockMeta> Finish(BlockMeta meta);

  /// Of what was added so far.
  const BlockStats& stats() const { return stats_; }
  uint64_t size_bytes() const;
  /// Of all samples so far; meaningless without any.
  int64_t min_time_ms() const { return min_time_ms_; }
  int64_t max_time_ms() const { return max_time_ms_; }

 private:
  BlockWriter(Fs& fs, std::string parent, const Ulid& ulid);
  std::string unfinished_directory() const;

  Fs& fs_;
  const std::string parent_;
  const Ulid ulid_;
  std::unique_ptr<ChunkSegmentWriter> chunks_;
  std::unique_ptr<IndexWriter> index_;
  BlockStats stats_;
  int64_t min_time_ms_ = INT64_MAX;
  int64_t max_time_ms_ = INT64_MIN;
  bool is_finished_ = false;
};

}  // namespace tocsin::tsdb
