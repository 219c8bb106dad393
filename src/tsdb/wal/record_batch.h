#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// Records made ready for a segment: compressed where that makes them smaller. Made outside the
/// writer's lock, so that threads compress side by side. Reused from call to call. Confined to a
/// thread.
class RecordBatch {
 public:
  struct Entry {
    std::string_view
        payload;        ///< Valid until the next Assign, and as long as the records given there.
    uint8_t flags = 0;  ///< kSnappyFlag, kZstdFlag or 0.
  };

  /// Replaces the contents. Uncompressed records are borrowed, compressed ones owned.
  void Assign(std::span<const std::string_view> records, WalCompression compression);

  std::span<const Entry> entries() const { return entries_; }
  /// Bytes that compression took away.
  uint64_t saved_bytes() const { return saved_bytes_; }

 private:
  Entry Compress(std::string_view record, WalCompression compression, std::string& out);

  std::vector<Entry> entries_;
  std::vector<std::string> compressed_;  // One a record, so that views into them stay.
  uint64_t saved_bytes_ = 0;
};

}  // namespace tocsin::tsdb
