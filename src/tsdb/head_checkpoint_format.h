#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

// The bytes of a head checkpoint: docs/formats/head_checkpoint.md. Numbers are little-endian and as
// wide in the file as in memory, so that reading is copying.

static_assert(std::endian::native == std::endian::little, "the file is copied as it is");

inline constexpr char kHeadCheckpointMagic[8] = {'T', 'O', 'C', 'S', 'I', 'N', 'H', 'C'};
/// Raised with every change of the format: a file of another version is not read.
inline constexpr uint32_t kHeadCheckpointVersion = 2;

enum class HeadCheckpointBlock : uint32_t {
  kState = 1,    ///< Once, first: a HeadCheckpointState.
  kPairs = 2,    ///< Labels: u32 id, u32 name size, u32 value size, name, value.
  kSeries = 3,   ///< Series: a CheckpointSeries and what it says follows.
  kAliases = 4,  ///< Second references of the log: u64 alias, u64 reference of the series.
  kEnd = 5,      ///< Once, last: a HeadCheckpointEnd.
  /// Records as the log has them (u32 size, record): what else the head holds of exemplars and
  /// metadata.
  kRecords = 6,
  kCallerRecords = 7,  ///< The same, of who asked for the checkpoint.
  kChunkFiles = 8,     ///< HeadChunkExtent: the head chunk files that series refer to.
};

/// Before each block's payload. The checksum (CRC-32C) is of type, size and payload.
struct HeadCheckpointBlockHeader {
  uint32_t crc = 0;
  HeadCheckpointBlock type = HeadCheckpointBlock::kEnd;
  uint64_t size_bytes = 0;
};

/// What holds for the whole. `segment` and `offset` are the place in the log up to which
/// everything is contained.
struct HeadCheckpointState {
  int64_t segment = 0;
  uint64_t offset = 0;
  uint64_t log_fingerprint = 0;  ///< See LogFingerprint.
  uint64_t next_wal_ref = 0;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  int64_t horizon_ms = 0;  ///< What is older was truncated, though chunks may still have it.
};

/// How much there must have been.
struct HeadCheckpointEnd {
  uint64_t pair_count = 0;
  uint64_t series_count = 0;
  uint64_t alias_count = 0;
};

/// A series. Behind it: its labels (u32 ids of pairs, by rising name), the bits of the open chunk,
/// the sealed chunks, and the samples that are in no chunk (times, unless they are those of the
/// series before; then values).
struct CheckpointSeries {
  uint64_t wal_ref = 0;
  // The cursor of the open chunk; its time and value are those of the newest sample in chunks.
  int64_t timestamp_ms = 0;
  double value = 0;
  int64_t delta_ms = 0;
  uint32_t bit_count = 0;
  uint16_t sample_count = 0;
  uint8_t leading = 0;
  uint8_t trailing = 0;
  uint16_t label_count = 0;
  uint16_t sealed_count = 0;
  uint16_t loose_count = 0;
  uint16_t has_times_of_previous = 0;
};

/// A sealed chunk, before its bytes. With a sample_count of 0 it is in a head chunk file, and its
/// reference there (u64) comes instead of bytes.
struct CheckpointChunk {
  int64_t first_timestamp_ms = 0;
  uint32_t size_bytes = 0;
  uint32_t sample_count = 0;
};

template <typename T>
void PutRaw(std::string& out, const T& value) {
  // Structs with gaps would write what happens to be in memory there.
  static_assert(std::has_unique_object_representations_v<T> || std::is_same_v<T, CheckpointSeries>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
static_assert(sizeof(CheckpointSeries) == 48, "no padding");

/// Takes numbers from the front of a borrowed range. A read past the end sets failed() and yields
/// zeros. Confined to a thread.
class RawReader {
 public:
  explicit RawReader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Read() {
    T value{};
    const std::string_view raw = ReadBytes(sizeof(T));
    if (!failed_) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  std::string_view ReadBytes(size_t size) {
    if (size > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }
  bool failed() const { return failed_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

/// A number that tells the log that a checkpoint was made beside from another with a place of the
/// same name: made of the bytes before `position`. kNotFound when the log does not reach that far,
/// or has nothing before.
Result<uint64_t> LogFingerprint(Fs& fs, const std::string& log_directory, WalPosition position);

/// The checksum that a block's header should have.
uint32_t BlockCrc(const HeadCheckpointBlockHeader& header, std::string_view payload);

}  // namespace tocsin::tsdb
