#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::tsdb::internal {

// Numbers of the dense encoding that writer and reader share.

/// How the values of a dense chunk are written: its first byte.
enum class DenseValues : uint8_t {
  kConstant = 0,  ///< One value.
  kDecimal = 1,   ///< Whole numbers over a power of ten, deltas bit-packed.
  kXor = 2,       ///< Each XORed with the one before.
};

/// Digits after the point that are tried; beyond, XOR is as small.
inline constexpr uint32_t kMaxDenseExponent = 15;
/// Whole numbers lie below this, so that adding them to kIntegerMagic is exact.
inline constexpr int64_t kMaxDenseInteger = int64_t{1} << 51;

/// Powers of ten are exact up to 10^22, so number / power is the double nearest to the decimal.
inline constexpr double kPowersOfTen[kMaxDenseExponent + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/// Width of timestamps that are written as they are.
inline constexpr uint8_t kPlainTimestamps = 64;

}  // namespace tocsin::tsdb::internal
