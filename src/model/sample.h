#pragma once

#include <bit>
#include <cstdint>

namespace tocsin {

/// The NaN that marks the end of a series (model/value/value.go); compare bits, never values.
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002;
/// The NaN that Prometheus writes for any other NaN.
inline constexpr uint64_t kNormalNanBits = 0x7ff8000000000001;

inline constexpr double kStaleNan = std::bit_cast<double>(kStaleNanBits);
inline constexpr double kNormalNan = std::bit_cast<double>(kNormalNanBits);

inline bool IsStaleNan(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }

/// A value of a series at a time.
struct Sample {
  int64_t timestamp_ms = 0;
  double value = 0;
};

}  // namespace tocsin
