#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::tsdb {

// What writer and reader of chunk files have to agree on (chunk_segment_writer.cc draws the bytes).
inline constexpr uint32_t kChunkSegmentMagic = 0x85BD40DD;
inline constexpr uint8_t kChunkSegmentVersion = 1;
inline constexpr size_t kChunkSegmentHeaderBytes = 8;
inline constexpr size_t kChunkCrcBytes = 4;

}  // namespace tocsin::tsdb
