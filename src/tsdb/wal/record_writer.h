#pragma once

#include <cstdint>
#include <string>

#include "base/varint.h"
#include "tsdb/wal/record_reader.h"

namespace tocsin::tsdb::internal {

inline int64_t Difference(uint64_t a, uint64_t b) { return static_cast<int64_t>(a - b); }
inline int64_t Difference(int64_t a, int64_t b) {
  return Difference(static_cast<uint64_t>(a), static_cast<uint64_t>(b));  // Wraps, as Go's.
}

/// Writes series, time and start of the entries of a V2 record: what V2Cursor reads. Value type.
class V2Writer {
 public:
  void Put(uint64_t ref, int64_t timestamp_ms, int64_t start_ms, std::string& out) {
    PutVarint(out, Difference(ref, ref_));
    PutVarint(out, Difference(timestamp_ms, first_timestamp_ms_));
    if (is_first_) {
      first_timestamp_ms_ = timestamp_ms;
      first_start_ms_ = start_ms;
      PutVarint(out, start_ms);
    } else {
      PutMarker(start_ms, out);
    }
    is_first_ = false;
    ref_ = ref;
    start_ms_ = start_ms;
  }

 private:
  void PutMarker(int64_t start_ms, std::string& out) const {
    const StartMarker marker = start_ms == 0           ? StartMarker::kNone
                               : start_ms == start_ms_ ? StartMarker::kSameAsBefore
                                                       : StartMarker::kExplicit;
    out.push_back(static_cast<char>(marker));
    if (marker == StartMarker::kExplicit) PutVarint(out, Difference(start_ms, first_start_ms_));
  }

  bool is_first_ = true;
  uint64_t ref_ = 0;
  int64_t first_timestamp_ms_ = 0;
  int64_t first_start_ms_ = 0;
  int64_t start_ms_ = 0;
};

}  // namespace tocsin::tsdb::internal
