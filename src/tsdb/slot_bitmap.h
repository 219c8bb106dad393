#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin::tsdb {

/// One bit a slot; bits beyond the last word are clear.
using SlotBitmap = std::vector<uint64_t>;

inline bool TestBit(const SlotBitmap& bits, uint32_t slot) {
  return slot / 64 < bits.size() && (bits[slot / 64] >> (slot % 64) & 1) != 0;
}

inline void SetBit(SlotBitmap& bits, uint32_t slot) {
  if (slot / 64 >= bits.size()) bits.resize(slot / 64 + 1);
  bits[slot / 64] |= uint64_t{1} << (slot % 64);
}

inline void ClearBit(uint64_t* bits, uint32_t slot) {
  bits[slot / 64] &= ~(uint64_t{1} << (slot % 64));
}

inline uint64_t WordOf(const SlotBitmap& bits, size_t word) {
  return word < bits.size() ? bits[word] : 0;
}

inline size_t CountBits(const uint64_t* bits, size_t words) {
  size_t count = 0;
  for (size_t word = 0; word < words; ++word)
    count += static_cast<size_t>(std::popcount(bits[word]));
  return count;
}

/// Calls `visit(slot)` for each bit set, rising. `visit` may clear bits.
template <typename Visit>
void ForEachBit(const uint64_t* bits, size_t words, Visit visit) {
  for (size_t word = 0; word < words; ++word) {
    for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
      visit(static_cast<uint32_t>(word * 64 + static_cast<size_t>(std::countr_zero(left))));
    }
  }
}

}  // namespace tocsin::tsdb
