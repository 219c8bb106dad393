#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/varint.h"

namespace tocsin::tsdb {

/// Collects bits, left to right, in bytes of its own. Value type.
class BitBuffer {
 public:
  /// Appends the low `count` bits of `bits`, 0 < count <= 64; the others are ignored.
  void Put(uint64_t bits, uint32_t count) {
    if (count < 64) bits &= (uint64_t{1} << count) - 1;
    const uint32_t room = 64 - used_;
    if (count < room) {
      word_ |= bits << (room - count);
      used_ += count;
      return;
    }
    word_ |= bits >> (count - room);
    PutBE64(words_, word_);
    used_ = count - room;
    word_ = used_ == 0 ? 0 : bits << (64 - used_);
  }
  /// Go's encoding/binary varint, at any bit.
  void PutVarint(int64_t value) {
    PutUvarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void PutUvarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Put(value | 0x80, 8);
    Put(value, 8);
  }

  size_t byte_count() const { return words_.size() + (used_ + 7) / 8; }

  /// Appends the bits so far, the last byte filled up with zeros.
  void AppendTo(std::string& out) const {
    out.append(words_);
    for (uint32_t at = 0; at < used_; at += 8) out.push_back(static_cast<char>(word_ >> (56 - at)));
  }

  void Clear() {
    words_.clear();
    word_ = 0;
    used_ = 0;
  }

 private:
  std::string words_;  // Whole words, big endian.
  uint64_t word_ = 0;  // The bits after them, left aligned.
  uint32_t used_ = 0;  // How many of them; below 64.
};

}  // namespace tocsin::tsdb
