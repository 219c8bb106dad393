#pragma once

#include <bit>
#include <cstdint>

#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/bit_reader.h"

namespace tocsin::tsdb {

// Prometheus' variable-width numbers (tsdb/chunkenc/varbit.go): k ones, a zero, and the value in
// kVarbitWidths[k] bits; eight ones are followed by 64 bits. Signed values of n bits lie in
// (-2^(n-1), 2^(n-1)].

inline constexpr uint8_t kVarbitWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
inline constexpr uint32_t kMaxVarbitOnes = 8;

namespace internal {

inline void PutVarbit(BitBuffer& out, uint64_t value, uint32_t ones) {
  if (ones == 0) return out.Put(0, 1);
  if (ones == kMaxVarbitOnes) {
    out.Put(0xff, kMaxVarbitOnes);
    return out.Put(value, 64);
  }
  const uint32_t width = kVarbitWidths[ones];
  const uint64_t prefix = (uint64_t{1} << (ones + 1)) - 2;
  out.Put(prefix << width | (value & ((uint64_t{1} << width) - 1)), ones + 1 + width);
}

/// Reads the prefix; returns the number of ones.
inline uint32_t ReadVarbitPrefix(BitReader& in) {
  const auto ones = static_cast<uint32_t>(std::countl_one(in.Peek()));
  if (ones >= kMaxVarbitOnes) {
    in.Skip(kMaxVarbitOnes);
    return kMaxVarbitOnes;
  }
  in.Skip(ones + 1);
  return ones;
}

}  // namespace internal

inline void PutVarbitInt(BitBuffer& out, int64_t value) {
  uint32_t ones = value == 0 ? 0 : 1;
  for (; ones != 0 && ones < kMaxVarbitOnes; ++ones) {
    const int64_t half = int64_t{1} << (kVarbitWidths[ones] - 1);
    if (-half < value && value <= half) break;
  }
  internal::PutVarbit(out, static_cast<uint64_t>(value), ones);
}

inline void PutVarbitUint(BitBuffer& out, uint64_t value) {
  uint32_t ones = 0;
  while (ones < kMaxVarbitOnes && value >> kVarbitWidths[ones] != 0) ++ones;
  internal::PutVarbit(out, value, ones);
}

inline int64_t ReadVarbitInt(BitReader& in) {
  const uint32_t ones = internal::ReadVarbitPrefix(in);
  if (ones == 0) return 0;
  const uint32_t width = kVarbitWidths[ones];
  uint64_t bits = in.Read(width);
  if (width < 64 && bits > uint64_t{1} << (width - 1)) bits -= uint64_t{1} << width;
  return static_cast<int64_t>(bits);
}

inline uint64_t ReadVarbitUint(BitReader& in) {
  const uint32_t ones = internal::ReadVarbitPrefix(in);
  return ones == 0 ? 0 : in.Read(kVarbitWidths[ones]);
}

}  // namespace tocsin::tsdb
