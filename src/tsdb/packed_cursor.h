#pragma once

#include <cstdint>
#include <cstring>

#include "tsdb/chunks/xor_chunk.h"

namespace tocsin::tsdb {

/// An XorCursor in 20 bytes instead of 32, since every series has one:
///
///   timestamp_ms 46 (signed) | leading 5 | trailing 6 | sample_count 7      eight bytes
///   value                                                                   eight bytes
///   delta_ms 17 | bit_count 15                                              four bytes
///
/// Times beyond the year 3000 and intervals over two minutes do not fit: such a cursor is *wide*,
/// and the place of its value holds a handle to the whole cursor instead. An open chunk has less
/// than 120 samples of at most 145 bits each, so the counts always fit. Value type.
class PackedCursor {
 public:
  static bool Fits(const XorCursor& cursor) {
    return cursor.timestamp_ms >= -kTimestampLimit && cursor.timestamp_ms < kTimestampLimit &&
           cursor.delta_ms >= 0 && cursor.delta_ms < kWideDelta;
  }

  /// Takes a cursor that fits.
  void Pack(const XorCursor& cursor) {
    PackCounts(cursor, cursor.timestamp_ms, static_cast<uint32_t>(cursor.delta_ms));
    std::memcpy(words_ + 2, &cursor.value, sizeof(cursor.value));
  }
  /// Takes what always fits, and a handle to the whole.
  void PackWide(const XorCursor& cursor, uint32_t handle) {
    PackCounts(cursor, 0, kWideDelta);
    words_[2] = handle;
    words_[3] = 0;
  }

  bool is_wide() const { return words_[4] >> kBitCountBits == kWideDelta; }
  /// Of a wide cursor.
  uint32_t wide_handle() const { return words_[2]; }
  /// Of one that is not wide.
  XorCursor Unpack() const {
    XorCursor cursor;
    const uint64_t word = FirstWord();
    cursor.timestamp_ms = static_cast<int64_t>(word) >> kTimestampShift;
    std::memcpy(&cursor.value, words_ + 2, sizeof(cursor.value));
    cursor.delta_ms = words_[4] >> kBitCountBits;
    cursor.bit_count = bit_count();
    cursor.sample_count = sample_count();
    cursor.leading = static_cast<uint8_t>(word >> kLeadingShift & kMaxLeading);
    cursor.trailing = static_cast<uint8_t>(word >> kTrailingShift & kMaxTrailing);
    // Leading and trailing zeros of something that is not zero are never that many.
    if (cursor.leading == kMaxLeading && cursor.trailing == kMaxTrailing) {
      cursor.leading = XorCursor::kNoWindow;
      cursor.trailing = 0;
    }
    return cursor;
  }

  uint16_t sample_count() const { return static_cast<uint16_t>(FirstWord() & kMaxSampleCount); }
  uint32_t bit_count() const { return words_[4] & ((1u << kBitCountBits) - 1); }
  uint32_t byte_count() const { return (bit_count() + 7) / 8; }

 private:
  static constexpr int kTrailingShift = 7;
  static constexpr int kLeadingShift = 13;
  static constexpr int kTimestampShift = 18;
  static constexpr int kBitCountBits = 15;
  static constexpr int64_t kTimestampLimit = int64_t{1} << 45;
  static constexpr uint32_t kWideDelta = (1u << 17) - 1;
  static constexpr uint32_t kMaxSampleCount = 127;
  static constexpr uint32_t kMaxLeading = 31;
  static constexpr uint32_t kMaxTrailing = 63;

  uint64_t FirstWord() const {
    uint64_t word;
    std::memcpy(&word, words_, sizeof(word));
    return word;
  }
  void PackCounts(const XorCursor& cursor, int64_t timestamp_ms, uint32_t delta) {
    const bool has_window = cursor.leading != XorCursor::kNoWindow;
    const uint64_t word = static_cast<uint64_t>(timestamp_ms) << kTimestampShift |
                          uint64_t{has_window ? cursor.leading : kMaxLeading} << kLeadingShift |
                          uint64_t{has_window ? cursor.trailing : kMaxTrailing} << kTrailingShift |
                          cursor.sample_count;
    std::memcpy(words_, &word, sizeof(word));
    words_[4] = delta << kBitCountBits | cursor.bit_count;
  }

  // Words of four bytes, so that the series' handles stand right behind. At first: no window.
  uint32_t words_[5] = {kMaxLeading << kLeadingShift | kMaxTrailing << kTrailingShift};
};

}  // namespace tocsin::tsdb
