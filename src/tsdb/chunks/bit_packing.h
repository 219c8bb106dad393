#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::tsdb {

// Numbers of one width side by side: number i at bit i * width, low bits first.

/// The widest that is packed: what one unaligned load of eight bytes always holds.
inline constexpr uint32_t kMaxPackedWidth = 57;

constexpr size_t PackedBytes(size_t count, uint32_t width) { return (count * width + 7) / 8; }

/// Appends `count` numbers below 2^width. width <= kMaxPackedWidth.
void PackBits(const uint64_t* values, size_t count, uint32_t width, std::string& out);

/// How many numbers UnpackBits takes at once: its buffer stays in the L1 cache.
inline constexpr size_t kUnpackBlock = 128;

/// Reads `count` <= kUnpackBlock numbers from `packed`, which has PackedBytes(count, width) bytes
/// at least and of which nothing outside is read. `out` has room for kUnpackBlock. 0 < width <=
/// kMaxPackedWidth.
void UnpackBits(std::string_view packed, size_t count, uint32_t width, uint64_t* out);

}  // namespace tocsin::tsdb
