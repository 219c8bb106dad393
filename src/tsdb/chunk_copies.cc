// Chunks of the head as blocks hold them.
#include <algorithm>

#include "tsdb/chunk_column.h"

namespace tocsin::tsdb {
namespace {

// Where a chunk ends is written nowhere but in its bits.
Result<storage::EncodedChunk> CopyOf(std::string_view bits, size_t sample_count) {
  int64_t timestamps_ms[kSamplesPerChunk];
  double values[kSamplesPerChunk];
  TOCSIN_RETURN_IF_ERROR(XorDecode(bits, sample_count, timestamps_ms, values));
  storage::EncodedChunk chunk;
  chunk.min_time_ms = timestamps_ms[0];
  chunk.max_time_ms = timestamps_ms[sample_count - 1];
  chunk.encoding = 1;
  chunk.bytes.reserve(kXorHeaderBytes + bits.size());
  chunk.bytes.push_back(static_cast<char>(sample_count >> 8));
  chunk.bytes.push_back(static_cast<char>(sample_count));
  chunk.bytes.append(bits);
  return chunk;
}

}  // namespace

Status ChunkColumns::CopyChunks(const ChunkColumn& column, int64_t start_ms, int64_t end_ms,
                                std::vector<storage::EncodedChunk>& out) const {
  if (const auto newest = NewestInChunks(column); !newest || newest->timestamp_ms < start_ms) {
    return {};
  }
  const auto copy = [&](std::string_view bits, size_t sample_count) -> Status {
    TOCSIN_ASSIGN_OR_RETURN(storage::EncodedChunk chunk, CopyOf(bits, sample_count));
    if (chunk.min_time_ms <= end_ms && chunk.max_time_ms >= start_ms) {
      out.push_back(std::move(chunk));
    }
    return {};
  };
  const std::span<const SealedChunk> sealed = Sealed(column);
  // The chunk before the first that begins after start_ms may reach into the range.
  auto at = std::ranges::upper_bound(sealed, start_ms, {}, &SealedChunk::first_timestamp_ms);
  if (at != sealed.begin()) --at;
  SealedChunkReader reader = MakeSealedReader();
  for (; at != sealed.end() && at->first_timestamp_ms() <= end_ms; ++at) {
    TOCSIN_ASSIGN_OR_RETURN(const SealedContents chunk, reader.Read(*at));
    TOCSIN_RETURN_IF_ERROR(copy(chunk.bits, chunk.sample_count));
  }
  if (at != sealed.end() || column.open == 0) return {};
  return copy(OpenBits(column), column.cursor.sample_count());
}

}  // namespace tocsin::tsdb
