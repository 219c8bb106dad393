#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::tsdb {

// The names inside a block's directory, which itself is named by the block's ULID.
inline constexpr std::string_view kMetaFileName = "meta.json";
inline constexpr std::string_view kIndexFileName = "index";
inline constexpr std::string_view kTombstonesFileName = "tombstones";
inline constexpr std::string_view kChunksDirectoryName = "chunks";

/// Suffixes of directories that are being made or removed; both are rubbish at start.
inline constexpr std::string_view kForCreationSuffix = ".tmp-for-creation";
inline constexpr std::string_view kForDeletionSuffix = ".tmp-for-deletion";

/// The chunks of a block are in files of at most this size: upstream's, and what 32 bits of a
/// chunk's reference can address with room to spare.
inline constexpr uint64_t kMaxChunkSegmentBytes = uint64_t{512} << 20;

/// `directory`/`name`.
inline std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path(directory);
  path += '/';
  path += name;
  return path;
}

/// Where a chunk of a series lies and what time it spans.
struct ChunkMeta {
  uint64_t ref =
      0;  ///< Index of the chunk file, from 0, in the upper 32 bits; offset in the lower.
  int64_t min_time_ms = 0;  ///< Of the first sample.
  int64_t max_time_ms = 0;  ///< Of the last.
  friend bool operator==(const ChunkMeta&, const ChunkMeta&) = default;
};

/// A chunk that somebody else holds: what storage::EncodedChunk owns.
struct ChunkView {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint8_t encoding = 0;
  std::string_view bytes;  ///< Without encoding byte, length and checksum.
};

}  // namespace tocsin::tsdb
