#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/varint.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb::internal {

/// Reads one record and knows where in it a failure was. Confined to a call.
class RecordReader {
 public:
  RecordReader(std::string_view kind, RecordType type, std::string_view record)
      : kind_(kind), size_(record.size()), bytes_(record) {
    if (bytes_.ReadByte() != static_cast<uint8_t>(type)) Fail("wrong record type");
  }
  /// For kinds of several types, one of which the caller has found.
  RecordReader(std::string_view kind, std::string_view record)
      : kind_(kind), size_(record.size()), bytes_(record) {
    bytes_.ReadByte();
  }

  ByteReader& bytes() { return bytes_; }
  bool more() const { return reason_.empty() && !bytes_.failed() && bytes_.remaining() > 0; }

  /// Notes where an entry begins: a read that fails inside it is reported from here.
  void BeginEntry() { entry_offset_ = size_ - bytes_.remaining(); }

  void Fail(std::string_view reason) {
    if (reason_.empty()) reason_ = reason;
  }
  bool ok() const { return reason_.empty() && !bytes_.failed(); }

  Status status() const {
    if (ok()) return {};
    return Errorf(ErrorCode::kCorruption, "{} record, byte {} of {}: {}", kind_, entry_offset_,
                  size_, reason_.empty() ? "entry is cut short or malformed" : reason_);
  }

 private:
  const std::string_view kind_;
  const size_t size_;
  size_t entry_offset_ = 0;
  std::string_view reason_;
  ByteReader bytes_;
};

// Differences wrap, as Go's.
inline int64_t Sum(int64_t base, int64_t delta) {
  return static_cast<int64_t>(static_cast<uint64_t>(base) + static_cast<uint64_t>(delta));
}
inline uint64_t Sum(uint64_t base, int64_t delta) { return base + static_cast<uint64_t>(delta); }

/// How an entry of a V2 record says its start timestamp.
enum class StartMarker : uint8_t { kNone = 0, kSameAsBefore = 1, kExplicit = 2 };

/// Series, time and start of the entries of a V2 record, one after another. Value type.
struct V2Cursor {
  uint64_t ref = 0;
  int64_t timestamp_ms = 0;
  int64_t start_ms = 0;

  void Read(ByteReader& bytes) {
    ref = Sum(ref, bytes.ReadVarint());
    timestamp_ms = Sum(first_timestamp_ms_, bytes.ReadVarint());
    if (is_first_) {
      is_first_ = false;
      first_timestamp_ms_ = timestamp_ms;
      first_start_ms_ = start_ms = bytes.ReadVarint();
      return;
    }
    const uint8_t marker = bytes.ReadByte();
    if (marker == static_cast<uint8_t>(StartMarker::kNone)) start_ms = 0;
    if (marker > static_cast<uint8_t>(StartMarker::kSameAsBefore)) {
      start_ms = Sum(first_start_ms_, bytes.ReadVarint());
    }
  }

 private:
  bool is_first_ = true;
  int64_t first_timestamp_ms_ = 0;
  int64_t first_start_ms_ = 0;
};

}  // namespace tocsin::tsdb::internal
