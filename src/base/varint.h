#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// Appends `value` as a base-128 varint, least significant group first (as Go's encoding/binary).
inline void PutUvarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

/// Appends `value` zig-zag encoded, as Go's PutVarint.
inline void PutVarint(std::string& out, int64_t value) {
  PutUvarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

inline void PutBE32(std::string& out, uint32_t value) {
  const char bytes[4] = {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                         static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(bytes, 4);
}

inline void PutBE64(std::string& out, uint64_t value) {
  PutBE32(out, static_cast<uint32_t>(value >> 32));
  PutBE32(out, static_cast<uint32_t>(value));
}

/// Reads numbers from the front of a borrowed byte range. A read past the end, or a malformed
/// varint, sets failed() and yields 0; all later reads fail too, so callers check once. Confined to
/// a thread.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  size_t remaining() const { return bytes_.size(); }
  std::string_view rest() const { return bytes_; }

  uint8_t ReadByte() {
    if (bytes_.empty()) return static_cast<uint8_t>(Fail());
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  uint64_t ReadUvarint() {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes_.size() && i < 10; ++i) {
      const auto byte = static_cast<uint8_t>(bytes_[i]);
      if (i == 9 && byte > 1) return Fail();
      value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        bytes_.remove_prefix(i + 1);
        return value;
      }
    }
    return Fail();
  }
  int64_t ReadVarint() {
    const uint64_t raw = ReadUvarint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }
  uint32_t ReadBE32() { return static_cast<uint32_t>(ReadBigEndian(4)); }
  uint64_t ReadBE64() { return ReadBigEndian(8); }
  /// The next `size` bytes, borrowed from the range given to the constructor.
  std::string_view ReadBytes(uint64_t size) {
    if (size > bytes_.size()) {
      Fail();
      return {};
    }
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }
  /// A uvarint length and that many bytes.
  std::string_view ReadUvarintBytes() { return ReadBytes(ReadUvarint()); }

 private:
  uint64_t Fail() {
    failed_ = true;
    bytes_ = {};
    return 0;
  }
  uint64_t ReadBigEndian(size_t size) {
    if (bytes_.size() < size) return Fail();
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes_[i]);
    bytes_.remove_prefix(size);
    return value;
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace tocsin
