#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/start_timestamps.h"
#include "tsdb/chunks/xor_value.h"

namespace tocsin::tsdb {

/// Writes floats in Prometheus' encoding 4 (tsdb/chunkenc/xor2.go), byte for byte: one bit for a
/// sample in time with the value before, stale markers in five bits, start timestamps where there
/// are any. docs/formats/xor2_chunk.md. Confined to a thread.
class Xor2Encoder {
 public:
  static constexpr uint32_t kMaxSamples = 0xffff;

  /// Timestamps must increase; at most kMaxSamples. A start of 0 is none.
  void Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms = 0);
  uint32_t sample_count() const { return count_; }
  size_t byte_count() const { return kHeaderBytes + bits_.byte_count(); }
  /// The chunk so far.
  std::string Bytes() const;

  /// Count (BE16) and the header of the start timestamps.
  static constexpr size_t kHeaderBytes = 3;

 private:
  void PutJoint(int64_t delta_of_delta, double value);
  void PutValue(double value);

  BitBuffer bits_;
  StartTimestampWriter starts_;
  XorValue value_;  // The last that was no stale marker.
  uint32_t count_ = 0;
  int64_t timestamp_ms_ = 0;
  uint64_t delta_ms_ = 0;
};

/// Decodes a whole chunk, appending to the float arrays of `out`; of its start timestamps only if
/// the chunk has some (then the array is filled up with zeros to this chunk's first sample).
/// kCorruption leaves `out` as it was.
Status Xor2DecodeChunk(std::string_view chunk, storage::SampleBuffer& out);

}  // namespace tocsin::tsdb
