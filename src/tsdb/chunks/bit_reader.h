#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tocsin::tsdb {

/// Reads bits left to right from borrowed bytes. Past the end it yields zeros; callers compare
/// position() with the size now and then (past_end()). Reads nothing outside the bytes. Value type.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes)
      : bytes_(reinterpret_cast<const uint8_t*>(bytes.data())), size_(bytes.size()) {}

  /// At least 57 valid bits from the position on, left aligned.
  uint64_t Peek() const { return Load(position_ >> 3) << (position_ & 7); }
  void Skip(uint32_t count) { position_ += count; }
  /// 0 < count <= 64.
  uint64_t Read(uint32_t count) {
    uint64_t bits = Peek();
    const auto shift = static_cast<uint32_t>(position_ & 7);
    if (count > 64 - shift) {
      const size_t next = (position_ >> 3) + 8;
      bits |= uint64_t{next < size_ ? bytes_[next] : uint8_t{0}} >> (8 - shift);
    }
    position_ += count;
    return bits >> (64 - count);
  }
  /// Go's encoding/binary varints, at any bit.
  uint64_t ReadUvarint() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 70; shift += 7) {
      const uint64_t byte = Read(8);
      if (shift < 64) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  int64_t ReadVarint() {
    const uint64_t raw = ReadUvarint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }

  bool past_end() const { return position_ > size_ * 8; }
  size_t position() const { return position_; }
  /// Bits that are left, 0 past the end.
  size_t remaining() const { return past_end() ? 0 : size_ * 8 - position_; }

 private:
  uint64_t Load(size_t byte) const {
    if (byte + 8 <= size_) [[likely]] {
      uint64_t word;
      std::memcpy(&word, bytes_ + byte, 8);
      return __builtin_bswap64(word);
    }
    uint64_t word = 0;
    for (size_t i = 0; i < 8; ++i) word = word << 8 | (byte + i < size_ ? bytes_[byte + i] : 0);
    return word;
  }

  const uint8_t* bytes_;
  size_t size_;
  size_t position_ = 0;  // In bits.
};

}  // namespace tocsin::tsdb
