#pragma once

#include <cstdint>

#include "tsdb/chunks/bit_buffer.h"
#include "tsdb/chunks/bit_reader.h"
#include "tsdb/chunks/varbit.h"

namespace tocsin::tsdb {

// Start timestamps behind the samples of encodings 4 to 6 (tsdb/chunkenc/st.go). A header byte says
// what is there: bit 7, whether the first sample has one; bits 0-6, the index of the first sample
// whose start differs from the one before, from which on every sample has one. Written as distance
// to the timestamp of the sample *before*: the first of them whole, later ones as change.

/// Where no later sample's index fits the header, so that starts begin here at the latest.
inline constexpr uint32_t kMaxFirstStartChange = 0x7f;

/// Writes them. Value type.
class StartTimestampWriter {
 public:
  uint8_t header() const {
    return static_cast<uint8_t>((is_first_known_ ? 0x80 : 0) | changed_at_);
  }

  /// To be called after the bits of each sample, `index` counting from 0. `previous_ms` is the
  /// timestamp of the sample before.
  void Put(BitBuffer& out, uint32_t index, int64_t timestamp_ms, int64_t previous_ms,
           int64_t start_ms) {
    if (index == 0) {
      is_first_known_ = start_ms != 0;
      if (is_first_known_) out.PutVarint(Subtract(timestamp_ms, start_ms));
    } else if (changed_at_ > 0) {
      const int64_t distance = Subtract(previous_ms, start_ms);
      PutVarbitInt(out, Subtract(distance, distance_));
      distance_ = distance;
    } else if (start_ms != start_ms_ || index == kMaxFirstStartChange) {
      changed_at_ = static_cast<uint8_t>(index);
      distance_ = Subtract(previous_ms, start_ms);
      PutVarbitInt(out, distance_);
    }
    start_ms_ = start_ms;
  }

  static int64_t Subtract(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  }

 private:
  int64_t start_ms_ = 0;
  int64_t distance_ = 0;
  uint8_t changed_at_ = 0;  // 0: not yet.
  bool is_first_known_ = false;
};

/// Reads them. Value type.
class StartTimestampReader {
 public:
  explicit StartTimestampReader(uint8_t header)
      : changed_at_(header & kMaxFirstStartChange), is_first_known_((header & 0x80) != 0) {}

  bool knows_any() const { return is_first_known_ || changed_at_ > 0; }

  /// The start of sample `index`, 0 if it is not known. To be called for each sample in turn.
  int64_t Read(BitReader& in, uint32_t index, int64_t timestamp_ms, int64_t previous_ms) {
    if (index == 0) {
      if (is_first_known_) {
        start_ms_ = StartTimestampWriter::Subtract(timestamp_ms, in.ReadVarint());
      }
    } else if (changed_at_ > 0 && index >= changed_at_) {
      const auto change = static_cast<uint64_t>(ReadVarbitInt(in));
      distance_ = index == changed_at_ ? change : distance_ + change;
      start_ms_ = StartTimestampWriter::Subtract(previous_ms, static_cast<int64_t>(distance_));
    }
    return start_ms_;
  }

 private:
  int64_t start_ms_ = 0;
  uint64_t distance_ = 0;
  uint32_t changed_at_;
  bool is_first_known_;
};

}  // namespace tocsin::tsdb
