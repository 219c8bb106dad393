#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::tsdb {

/// Records are cut into fragments so that none crosses a page: a reader that lost its place finds
/// it again at the next multiple of this.
inline constexpr size_t kWalPageBytes = 32 * 1024;
/// Type byte, length (BE16), CRC-32C of the fragment's payload (BE32).
inline constexpr size_t kFragmentHeaderBytes = 7;

/// Fragment types, the low three bits of the first header byte.
enum class FragmentType : uint8_t { kPageEnd = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
inline constexpr uint8_t kFragmentTypeMask = 0x07;
inline constexpr uint8_t kSnappyFlag = 0x08;
inline constexpr uint8_t kZstdFlag = 0x10;

/// How records are compressed before they are cut; readers take all kinds.
enum class WalCompression { kNone, kSnappy, kZstd };

/// A place in a log: everything before `offset` of segment `segment`, and all earlier segments, is
/// behind.
struct WalPosition {
  int64_t segment = 0;
  uint64_t offset = 0;
  friend bool operator==(const WalPosition&, const WalPosition&) = default;
};

/// A segment file of a directory.
struct SegmentFile {
  int64_t index = 0;
  std::string path;
  uint64_t size_bytes = 0;
};

/// "00000042".
std::string SegmentName(int64_t index);
/// "checkpoint.00000042": stands for all segments up to and including 42.
std::string CheckpointName(int64_t index);

/// The number that `text` is if it consists of digits alone.
std::optional<int64_t> ParseSegmentIndex(std::string_view text);

/// The segments of `directory` in order of index. Files of other names are not looked at.
Result<std::vector<SegmentFile>> ListSegments(Fs& fs, const std::string& directory);

/// A checkpoint directory.
struct CheckpointDirectory {
  int64_t index = 0;
  std::string path;
};

/// The finished checkpoints in `directory`, oldest first.
Result<std::vector<CheckpointDirectory>> ListCheckpoints(Fs& fs, const std::string& directory);

}  // namespace tocsin::tsdb
