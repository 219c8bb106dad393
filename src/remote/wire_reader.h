#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/result.h"

namespace tocsin::remote {

// The protobuf wire format (docs/formats/remote.md):
//
//   message := field*
//   field   := key value          key := uvarint(number << 3 | wire type)
//   value   := uvarint            wire type 0: integers, enumerations; sint: zig-zag
//            | 8 bytes            wire type 1: doubles, little endian
//            | uvarint bytes      wire type 2: strings, messages, packed numbers
//            | 4 bytes            wire type 5

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// Steps through the fields of a message of a peer: after each Next() call exactly one of the
/// functions that take the value. Borrows its bytes and never reads beyond them, allocates nothing,
/// throws nothing. The first malformed field ends the walk; status() says what was wrong. Confined
/// to a thread.
class WireReader {
 public:
  explicit WireReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  /// Moves to the next field; false at the end, or when the message is malformed.
  bool Next() {
    if (at_ == end_) return false;
    const uint64_t key = ReadVarint();
    if (failed()) return false;
    field_ = static_cast<uint32_t>(key >> 3);
    type_ = static_cast<uint8_t>(key & 7);
    if (field_ == 0 || key >> 32 != 0) Fail(Failure::kIllegalTag, "");
    return !failed();
  }
  uint32_t field() const { return field_; }
  /// The bytes not read yet, for readers of their own.
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }

  // The value of the field. A wire type that does not fit fails the reader and yields 0 or "";
  // `name` is what the error calls the field.
  uint64_t Varint(const char* name) {
    if (type_ == static_cast<uint8_t>(WireType::kVarint)) return ReadVarint();
    return Fail(Failure::kWrongType, name);
  }
  int64_t ZigZag(const char* name) { return DecodeZigZag(Varint(name)); }
  double Double(const char* name) {
    if (type_ == static_cast<uint8_t>(WireType::kFixed64)) return ReadDouble();
    return static_cast<double>(Fail(Failure::kWrongType, name));
  }
  std::string_view Bytes(const char* name) {
    if (type_ == static_cast<uint8_t>(WireType::kBytes)) return ReadBytes();
    Fail(Failure::kWrongType, name);
    return {};
  }
  /// Passes over a field that nobody knows.
  void Skip();

  /// Calls `visit(number)` for one number or for each of a packed list.
  template <typename Visit>
  void Varints(const char* name, Visit visit) {
    if (type_ != static_cast<uint8_t>(WireType::kBytes)) {
      const uint64_t number = Varint(name);
      if (!failed()) visit(number);
      return;
    }
    WireReader list(ReadBytes());
    while (list.at_ != list.end_) {
      const uint64_t number = list.ReadVarint();
      if (list.failed()) return Absorb(list);
      visit(number);
    }
  }
  template <typename Visit>
  void Doubles(const char* name, Visit visit) {
    if (type_ != static_cast<uint8_t>(WireType::kBytes)) {
      const double number = Double(name);
      if (!failed()) visit(number);
      return;
    }
    WireReader list(ReadBytes());
    while (list.at_ != list.end_) {
      const double number = list.ReadDouble();
      if (list.failed()) return Absorb(list);
      visit(number);
    }
  }

  /// Fails as `inner`, the reader of a message inside this one, has failed; if it has.
  void Absorb(const WireReader& inner) {
    if (!inner.failed()) return;
    failure_ = inner.failure_;
    failed_name_ = inner.failed_name_;
    failed_type_ = inner.failed_type_;
    at_ = end_;
  }
  bool failed() const { return failure_ != Failure::kNone; }
  /// kInvalidArgument with upstream's text.
  Status status() const;

  static int64_t DecodeZigZag(uint64_t raw) {
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }

 private:
  enum class Failure : uint8_t { kNone, kTruncated, kOverflow, kIllegalTag, kWrongType };

  uint64_t Fail(Failure failure, const char* name) {
    if (failed()) return 0;
    failure_ = failure;
    failed_name_ = name;
    failed_type_ = type_;
    at_ = end_;
    return 0;
  }
  uint64_t ReadVarint() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    return ReadLongVarint();
  }
  uint64_t ReadLongVarint();
  double ReadDouble() {
    double value = 0;
    if (end_ - at_ < 8) return static_cast<double>(Fail(Failure::kTruncated, ""));
    std::memcpy(&value, at_, 8);
    at_ += 8;
    return value;
  }
  std::string_view ReadBytes() {
    const uint64_t size = ReadVarint();
    if (size > static_cast<uint64_t>(end_ - at_)) {
      Fail(Failure::kTruncated, "");
      return {};
    }
    const std::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }

  const char* at_;
  const char* end_;
  uint32_t field_ = 0;
  uint8_t type_ = 0;
  Failure failure_ = Failure::kNone;
  uint8_t failed_type_ = 0;
  const char* failed_name_ = "";
};

}  // namespace tocsin::remote
