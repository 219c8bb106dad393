#include "tsdb/head_checkpoint_format.h"

#include <algorithm>

#include "base/crc32c.h"

namespace tocsin::tsdb {
namespace {

// Bytes that go into a fingerprint: records of several commits, with their times and values.
constexpr uint64_t kFingerprintBytes = 4096;

}  // namespace

Result<uint64_t> LogFingerprint(Fs& fs, const std::string& log_directory, WalPosition position) {
  // At the begin of a segment it is the end of the one before that tells, which grows no more.
  const bool is_whole = position.offset == 0;
  const int64_t segment = is_whole ? position.segment - 1 : position.segment;
  TOCSIN_ASSIGN_OR_RETURN(const auto file,
                          fs.OpenForReading(log_directory + "/" + SegmentName(segment)));
  const uint64_t end = is_whole ? file->size_bytes() : position.offset;
  if (file->size_bytes() < end || end == 0) {
    return Errorf(ErrorCode::kNotFound, "segment {} ends before offset {}", segment, end);
  }
  const uint64_t size = std::min(end, kFingerprintBytes);
  std::string bytes(size, '\0');
  TOCSIN_ASSIGN_OR_RETURN(const size_t read, file->ReadAt(end - size, bytes.data(), size));
  if (read != size) return Error(ErrorCode::kNotFound, "the log is shorter than it says");
  return uint64_t{Crc32c(bytes)} << 32 | size;
}

uint32_t BlockCrc(const HeadCheckpointBlockHeader& header, std::string_view payload) {
  const auto* const bytes = reinterpret_cast<const char*>(&header);
  return Crc32c(payload, Crc32c({bytes + sizeof(header.crc), sizeof(header) - sizeof(header.crc)}));
}

}  // namespace tocsin::tsdb
