#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::tsdb {

// What writer and reader of an index have to agree on (docs/formats/block.md draws the bytes).
inline constexpr uint32_t kIndexMagic = 0xBAAAD700;
inline constexpr size_t kIndexHeaderBytes = 5;
inline constexpr size_t kIndexSectionsBytes = 6 * 8 + 4;  // The table of contents, at the end.
inline constexpr size_t kIndexCrcBytes = 4;
inline constexpr uint64_t kSeriesAlignment = 16;
inline constexpr uint64_t kPostingsTableKeys = 2;  // A name and a value.

}  // namespace tocsin::tsdb
