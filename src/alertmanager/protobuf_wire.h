#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/varint.h"

namespace tocsin::alertmanager {

// The protobuf wire format as far as the Alertmanager's files use it:
//
//   message   := field*
//   field     := key value         key := uvarint(number << 3 | wire_type)
//   value     := uvarint           wire type 0: integers, booleans, enumerations
//              | 8 bytes           wire type 1
//              | uvarint bytes     wire type 2: strings, messages, packed integers
//              | 4 bytes           wire type 5

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// Appends fields to a message. Fields with the default value are left out, as proto3 does.
class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string& out) : out_(out) {}

  void Uint(uint32_t field, uint64_t value) {
    if (value != 0) Key(field, WireType::kVarint), PutUvarint(out_, value);
  }
  void Bytes(uint32_t field, std::string_view bytes) {
    if (!bytes.empty()) Message(field, bytes);
  }
  /// A double, present even when it is 0.
  void Double(uint32_t field, double value) {
    Key(field, WireType::kFixed64);
    PutBE64(out_, __builtin_bswap64(std::bit_cast<uint64_t>(value)));
  }
  /// A message, present even when it is empty.
  void Message(uint32_t field, std::string_view bytes) {
    Key(field, WireType::kBytes);
    PutUvarint(out_, bytes.size());
    out_.append(bytes);
  }

 private:
  void Key(uint32_t field, WireType type) {
    PutUvarint(out_, uint64_t{field} << 3 | static_cast<uint64_t>(type));
  }

  std::string& out_;
};

/// Steps through the fields of a message. Borrows its bytes. Malformed input ends the walk and sets
/// failed().
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : bytes_(message) {}

  /// Moves to the next field; false at the end or when the message is malformed.
  bool Next();
  bool failed() const { return failed_; }
  uint32_t field() const { return field_; }
  bool is_varint() const { return type_ == WireType::kVarint; }
  bool is_bytes() const { return type_ == WireType::kBytes; }
  /// Of the current field (fixed64 as its bits); 0 and "" when it has another wire type.
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return value_; }

 private:
  ByteReader bytes_;
  bool failed_ = false;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view value_;
};

/// google.protobuf.Timestamp{seconds = 1, nanos = 2} of nanoseconds since the epoch.
std::string EncodeTimestamp(int64_t unix_ns);
/// Its inverse; false when malformed or beyond what nanoseconds hold (years 1678 to 2262).
bool DecodeTimestamp(std::string_view message, int64_t& unix_ns);

}  // namespace tocsin::alertmanager
