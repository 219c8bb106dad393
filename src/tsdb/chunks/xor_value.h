#pragma once

#include <bit>
#include <cstdint>

#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/bit_reader.h"

namespace tocsin::tsdb {

/// A number of a histogram as Gorilla encodes it: the XOR with the one before, in a window of
/// meaningful bits (docs/formats/xor_chunk.md, "change"). Value type.
struct XorValue {
  static constexpr uint8_t kNoWindow = 0xff;
  static constexpr uint8_t kMaxLeading = 31;  // What five bits hold.

  uint64_t bits = 0;
  uint8_t leading = kNoWindow;
  uint8_t trailing = 0;

  XorValue() = default;
  explicit XorValue(double first) : bits(std::bit_cast<uint64_t>(first)) {}
  double value() const { return std::bit_cast<double>(bits); }

  /// Whether a change of `delta` fits the window in force; if not, begins another.
  bool FitWindow(uint64_t delta) {
    auto new_leading = static_cast<uint8_t>(std::countl_zero(delta));
    const auto new_trailing = static_cast<uint8_t>(std::countr_zero(delta));
    if (new_leading > kMaxLeading) new_leading = kMaxLeading;
    if (leading != kNoWindow && new_leading >= leading && new_trailing >= trailing) return true;
    leading = new_leading;
    trailing = new_trailing;
    return false;
  }
  uint32_t window_length() const { return 64u - leading - trailing; }

  void PutWindow(BitBuffer& out) const {
    out.Put(uint64_t{leading} << 6 | (window_length() & 0x3f), 11);
  }
  /// False if the window makes no sense.
  bool ReadWindow(BitReader& in) {
    const uint64_t window = in.Read(11);
    const auto new_leading = static_cast<uint32_t>(window >> 6);
    uint32_t length = window & 0x3f;
    if (length == 0) length = 64;
    if (new_leading + length > 64) return false;
    leading = static_cast<uint8_t>(new_leading);
    trailing = static_cast<uint8_t>(64 - new_leading - length);
    return true;
  }
  void PutMeaningful(BitBuffer& out, uint64_t delta) const {
    out.Put(delta >> trailing, window_length());
  }
  /// False before there is a window.
  bool ReadMeaningful(BitReader& in) {
    if (leading == kNoWindow) return false;
    bits ^= in.Read(window_length()) << trailing;
    return true;
  }

  void Put(BitBuffer& out, double next) {
    const uint64_t delta = std::bit_cast<uint64_t>(next) ^ bits;
    bits ^= delta;
    if (delta == 0) return out.Put(0, 1);
    if (FitWindow(delta)) {
      out.Put(0b10, 2);
    } else {
      out.Put(0b11, 2);
      PutWindow(out);
    }
    PutMeaningful(out, delta);
  }
  /// False if the bits make no sense.
  bool Read(BitReader& in) {
    if (in.Read(1) == 0) return true;
    if (in.Read(1) == 1 && !ReadWindow(in)) return false;
    return ReadMeaningful(in);
  }
};

}  // namespace tocsin::tsdb
