#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::tsdb {

// The format of one file of chunks_head/ (docs/formats/head_chunks.md), as Prometheus has it.

inline constexpr uint32_t kHeadChunkMagic = 0x0130BC91;
inline constexpr uint8_t kHeadChunkVersion = 1;
inline constexpr size_t kHeadChunkFileHeaderBytes = 8;
/// Upstream's largest; references have 32 bits for the offset.
inline constexpr uint64_t kMaxHeadChunkFileBytes = uint64_t{128} << 20;
/// Series, times, encoding, the longest length, checksum.
inline constexpr size_t kMaxHeadChunkOverheadBytes = 8 + 8 + 8 + 1 + 5 + 4;
/// Marks out-of-order chunks in the encoding byte.
inline constexpr uint8_t kOutOfOrderFlag = 0x80;

/// Where a chunk is: the file's number in the high half, the offset of its first byte in the low
/// one. Rises in the order of writing. Prometheus' own form, as its out-of-order log has it.
struct HeadChunkRef {
  uint64_t packed = 0;
  uint32_t file() const { return static_cast<uint32_t>(packed >> 32); }
  uint32_t offset() const { return static_cast<uint32_t>(packed); }
  static HeadChunkRef Of(uint32_t file, uint64_t offset) { return {uint64_t{file} << 32 | offset}; }
  friend bool operator==(const HeadChunkRef&, const HeadChunkRef&) = default;
};

/// A chunk in a file. Borrows its bytes.
struct HeadChunk {
  uint64_t series_ref = 0;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint8_t encoding = 0;  ///< Without the flag.
  bool is_out_of_order = false;
  std::string_view bytes;
};

/// "000001".
std::string HeadChunkFileName(uint32_t number);
std::optional<uint32_t> ParseHeadChunkFileName(std::string_view name);

void AppendHeadChunkFileHeader(std::string& out);
/// Appends the chunk with length and checksum. The encoding is one of Prometheus': bit 7 is the
/// flag.
void AppendHeadChunk(const HeadChunk& chunk, std::string& out);

/// The chunk at `offset` of `file`, which is the content of a file or a piece of it. kOutOfBounds
/// if it does not lie in there, kCorruption if its checksum is wrong. `end_offset`, if given,
/// becomes that of the byte behind it, also when only the checksum is wrong.
Result<HeadChunk> ParseHeadChunk(std::string_view file, uint64_t offset,
                                 uint64_t* end_offset = nullptr);

}  // namespace tocsin::tsdb
