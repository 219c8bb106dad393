#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "tsdb/head_chunks/head_chunk_files.h"
#include "tsdb/slab_arena.h"

namespace tocsin::tsdb {

/// A full chunk: first in memory, then in a head chunk file. Either way its bytes are those that a
/// block would hold. A plain value.
class SealedChunk {
 public:
  static SealedChunk InArena(int64_t first_timestamp_ms, ArenaHandle bytes, size_t size_bytes) {
    return {first_timestamp_ms, uint64_t{size_bytes} << kSizeShift | bytes};
  }
  static SealedChunk InFile(int64_t first_timestamp_ms, HeadChunkRef ref) {
    return {first_timestamp_ms, kInFile | uint64_t{ref.file()} << kOffsetBits | ref.offset()};
  }

  int64_t first_timestamp_ms() const { return first_timestamp_ms_; }
  bool is_in_file() const { return (place_ & kInFile) != 0; }
  HeadChunkRef ref() const {
    return HeadChunkRef::Of(static_cast<uint32_t>(place_ >> kOffsetBits),
                            place_ & ((uint64_t{1} << kOffsetBits) - 1));
  }
  /// Of the piece of memory; 0 if the chunk is in a file.
  ArenaHandle handle() const { return is_in_file() ? 0 : static_cast<ArenaHandle>(place_); }
  size_t size_bytes() const { return (place_ & ~kInFile) >> kSizeShift; }

 private:
  static constexpr uint64_t kInFile = uint64_t{1} << 63;
  static constexpr int kSizeShift = 32;
  static constexpr int kOffsetBits = 28;  // Files have 128 MiB; leaves 32 bits for their number.

  SealedChunk(int64_t first_timestamp_ms, uint64_t place)
      : first_timestamp_ms_(first_timestamp_ms), place_(place) {}

  int64_t first_timestamp_ms_;
  uint64_t place_;
};
static_assert(sizeof(SealedChunk) == 16, "there are hundreds a series");
static_assert(kMaxHeadChunkFileBytes <= uint64_t{1} << 28);

/// What is in a sealed chunk.
struct SealedContents {
  uint16_t sample_count = 0;
  std::string_view bits;   ///< Without the count.
  std::string_view bytes;  ///< As a block holds it.
};

/// Finds the contents of sealed chunks wherever they are. What it returned is valid while it lives
/// and the lock of the chunk's series is held. Confined to a thread.
class SealedChunkReader {
 public:
  /// `files` is null when none are in files.
  SealedChunkReader(const SlabArena& arena, const HeadChunkFiles* files)
      : arena_(arena), files_(files) {}
  /// kNotFound and kCorruption name the file that has lost the chunk.
  Result<SealedContents> Read(const SealedChunk& chunk);

 private:
  Result<std::string_view> ReadFile(const SealedChunk& chunk);

  const SlabArena& arena_;
  const HeadChunkFiles* const files_;
  std::optional<HeadChunkReader> reader_;  // Made when it is needed.
};

}  // namespace tocsin::tsdb
