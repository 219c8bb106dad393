#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "model/sample.h"
#include "storage/queryable.h"
#include "tsdb/chunks/xor_chunk.h"
#include "tsdb/packed_cursor.h"
#include "tsdb/sealed_chunk.h"
#include "tsdb/slab_arena.h"

namespace tocsin::tsdb {

/// A sample that is committed but not yet in a chunk: `sequence` says to which readers it is
/// visible.
struct PendingSample {
  int64_t timestamp_ms;
  double value;
  uint64_t sequence;
};

/// The samples of one series but those in rows. Three parts, each older than the next:
/// sealed chunks (120 samples), the open chunk, pending samples.
/// Invariant: what is in a chunk is visible to every live and future reader.
/// Plain memory; ChunkColumns works on it, and the series' lock guards it.
struct ChunkColumn {
  PackedCursor cursor;      // Of the open chunk; after sealing its newest sample stays to be seen.
  ArenaHandle open = 0;     // kXorHeaderBytes, then the bits.
  ArenaHandle sealed = 0;   // List of SealedChunk.
  ArenaHandle pending = 0;  // List of PendingSample.

  bool empty() const { return open == 0 && sealed == 0 && pending == 0; }
};
static_assert(sizeof(ChunkColumn) == 32, "half a cache line a series");

/// The operations on columns; the memory of all is one arena, and full chunks may be in files.
/// Thread-safe as far as the columns given are guarded by their callers.
class ChunkColumns {
 public:
  /// `files` has the sealed chunks that are in files; must outlive it. Null: there are none.
  explicit ChunkColumns(const HeadChunkFiles* files = nullptr) : files_(files) {}

  SlabArena& arena() { return arena_; }
  const SlabArena& arena() const { return arena_; }

  /// Encodes samples newer than everything in the column's chunks, and that all readers may see.
  void Encode(SlabArena::Session& session, ChunkColumn& column, const int64_t* timestamps_ms,
              const double* values, size_t count);

  void AddPending(SlabArena::Session& session, ChunkColumn& column, const PendingSample& sample);
  std::span<const PendingSample> Pending(const ChunkColumn& column) const;
  /// Forgets the oldest `count` pending samples.
  void RemovePending(SlabArena::Session& session, ChunkColumn& column, size_t count);
  /// Encodes those pending samples that every reader may see: with a sequence up to
  /// `visible_to_all`.
  void DrainPending(SlabArena::Session& session, ChunkColumn& column, uint64_t visible_to_all);

  /// The newest sample, if there is any.
  std::optional<Sample> Newest(const ChunkColumn& column) const;
  /// The newest sample in chunks, found without decoding them; visible to all.
  std::optional<Sample> NewestInChunks(const ChunkColumn& column) const;

  /// Appends the samples of the chunks with start_ms <= t <= end_ms.
  Status ReadChunks(const ChunkColumn& column, int64_t start_ms, int64_t end_ms,
                    storage::SampleBuffer& out) const;
  /// Appends the chunks with samples in [start_ms, end_ms], whole, as a block would hold them.
  Status CopyChunks(const ChunkColumn& column, int64_t start_ms, int64_t end_ms,
                    std::vector<storage::EncodedChunk>& out) const;
  /// The newest sample in chunks with start_ms <= t <= end_ms, or timestamp kNoSample.
  Result<Sample> LatestInChunks(const ChunkColumn& column, int64_t start_ms, int64_t end_ms) const;

  /// The parts of a column, for who copies it.
  XorCursor CursorOf(const ChunkColumn& column) const;
  std::span<const SealedChunk> Sealed(const ChunkColumn& column) const;
  std::string_view OpenBits(const ChunkColumn& column) const;
  SealedChunkReader MakeSealedReader() const { return {arena_, files_}; }
  /// Puts copied parts into an empty column: the open chunk, then sealed chunks, oldest first.
  void Restore(SlabArena::Session& session, ChunkColumn& column, const XorCursor& cursor,
               std::string_view open_bits);
  void RestoreSealed(SlabArena::Session& session, ChunkColumn& column, int64_t first_timestamp_ms,
                     uint32_t sample_count, std::string_view bits);
  /// The same for one that is in a file.
  void RestoreSealed(SlabArena::Session& session, ChunkColumn& column, const SealedChunk& chunk);
  /// The sealed chunk at `index` is in a file from now on; gives its memory back.
  void MoveToFile(SlabArena::Session& session, ChunkColumn& column, size_t index, HeadChunkRef ref);

  /// Drops sealed chunks all of whose samples are older than `min_ms`, and everything when the
  /// newest sample is.
  void DropBefore(SlabArena::Session& session, ChunkColumn& column, int64_t min_ms);
  void Clear(SlabArena::Session& session, ChunkColumn& column);

  /// Chunks there are, open ones included.
  uint64_t chunk_count() const { return chunk_count_.load(std::memory_order_relaxed); }

 private:
  ArenaHandle NewChunk(SlabArena::Session& session, uint32_t sample_count, std::string_view bits);
  void SetCursor(SlabArena::Session& session, ChunkColumn& column, const XorCursor& cursor);
  void EncodeSome(SlabArena::Session& session, ChunkColumn& column, XorCursor& cursor,
                  const int64_t* timestamps_ms, const double* values, size_t count);
  void Seal(SlabArena::Session& session, ChunkColumn& column, XorCursor& cursor);

  const HeadChunkFiles* const files_;
  SlabArena arena_;
  std::atomic<uint64_t> chunk_count_{0};
};

}  // namespace tocsin::tsdb
