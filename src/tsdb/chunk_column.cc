#include "tsdb/chunk_column.h"

#include <algorithm>
#include <cstring>

#include "tsdb/arena_list.h"

namespace tocsin::tsdb {
namespace {

// Samples encoded in one go through a buffer on the stack: a block of rows.
constexpr size_t kEncodeBatch = 8;

// Decodes a chunk behind what is in `out` and cuts off what lies outside [start_ms, end_ms].
Status AppendDecoded(std::string_view bits, size_t count, int64_t start_ms, int64_t end_ms,
                     storage::SampleBuffer& out) {
  const size_t before = out.timestamps_ms.size();
  out.timestamps_ms.resize(before + count);
  out.values.resize(before + count);
  int64_t* const timestamps_ms = out.timestamps_ms.data() + before;
  double* const values = out.values.data() + before;
  if (auto status = XorDecode(bits, count, timestamps_ms, values); !status) {
    out.timestamps_ms.resize(before);
    out.values.resize(before);
    return status;
  }
  const auto first = static_cast<size_t>(
      std::lower_bound(timestamps_ms, timestamps_ms + count, start_ms) - timestamps_ms);
  const auto last = static_cast<size_t>(
      std::upper_bound(timestamps_ms + first, timestamps_ms + count, end_ms) - timestamps_ms);
  if (first > 0) {
    std::copy(timestamps_ms + first, timestamps_ms + last, timestamps_ms);
    std::copy(values + first, values + last, values);
  }
  out.timestamps_ms.resize(before + last - first);
  out.values.resize(before + last - first);
  return {};
}

}  // namespace

XorCursor ChunkColumns::CursorOf(const ChunkColumn& column) const {
  if (!column.cursor.is_wide()) [[likely]]
    return column.cursor.Unpack();
  XorCursor cursor;
  std::memcpy(&cursor, arena_.Get(column.cursor.wide_handle()), sizeof(cursor));
  return cursor;
}

void ChunkColumns::SetCursor(SlabArena::Session& session, ChunkColumn& column,
                             const XorCursor& cursor) {
  ArenaHandle wide = column.cursor.is_wide() ? column.cursor.wide_handle() : 0;
  if (PackedCursor::Fits(cursor)) [[likely]] {
    session.Free(wide);
    column.cursor.Pack(cursor);
    return;
  }
  if (wide == 0) wide = session.Allocate(sizeof(cursor));
  std::memcpy(arena_.Get(wide), &cursor, sizeof(cursor));
  column.cursor.PackWide(cursor, wide);
}

void ChunkColumns::Encode(SlabArena::Session& session, ChunkColumn& column,
                          const int64_t* timestamps_ms, const double* values, size_t count) {
  XorCursor cursor = CursorOf(column);
  while (count > 0) {
    const size_t room = kSamplesPerChunk - cursor.sample_count;
    const size_t now = std::min({count, room, kEncodeBatch});
    EncodeSome(session, column, cursor, timestamps_ms, values, now);
    if (cursor.sample_count == kSamplesPerChunk) Seal(session, column, cursor);
    timestamps_ms += now;
    values += now;
    count -= now;
  }
  SetCursor(session, column, cursor);
}

void ChunkColumns::EncodeSome(SlabArena::Session& session, ChunkColumn& column, XorCursor& cursor,
                              const int64_t* timestamps_ms, const double* values, size_t count) {
  char scratch[kEncodeBatch * kMaxXorSampleBytes + 16];
  const size_t whole_bytes = kXorHeaderBytes + cursor.bit_count / 8;
  if (cursor.bit_count % 8 != 0) scratch[0] = arena_.Get(column.open)[whole_bytes];
  XorAppend(cursor, timestamps_ms, values, count, scratch);
  const size_t total_bytes = kXorHeaderBytes + cursor.byte_count();
  if (column.open == 0) {
    chunk_count_.fetch_add(1, std::memory_order_relaxed);
    column.open = session.Allocate(total_bytes);
  } else if (total_bytes > arena_.Capacity(column.open)) {
    const ArenaHandle grown = session.Allocate(total_bytes);
    std::memcpy(arena_.Get(grown), arena_.Get(column.open), whole_bytes);
    session.Free(column.open);
    column.open = grown;
  }
  std::memcpy(arena_.Get(column.open) + whole_bytes, scratch, total_bytes - whole_bytes);
}

void ChunkColumns::Seal(SlabArena::Session& session, ChunkColumn& column, XorCursor& cursor) {
  char* const header = arena_.Get(column.open);
  header[0] = static_cast<char>(cursor.sample_count >> 8);
  header[1] = static_cast<char>(cursor.sample_count);
  const size_t size_bytes = kXorHeaderBytes + cursor.byte_count();
  const std::string_view bits(header + kXorHeaderBytes, cursor.byte_count());
  ArenaListPush(arena_, session, column.sealed,
                SealedChunk::InArena(XorFirstTimestamp(bits), column.open, size_bytes));
  column.open = 0;
  cursor.bit_count = 0;
  cursor.sample_count = 0;
  cursor.leading = XorCursor::kNoWindow;
  cursor.trailing = 0;
}

void ChunkColumns::AddPending(SlabArena::Session& session, ChunkColumn& column,
                              const PendingSample& sample) {
  ArenaListPush(arena_, session, column.pending, sample);
}

std::span<const PendingSample> ChunkColumns::Pending(const ChunkColumn& column) const {
  return ArenaList<PendingSample>(arena_, column.pending);
}

void ChunkColumns::RemovePending(SlabArena::Session& session, ChunkColumn& column, size_t count) {
  ArenaListRemoveFront<PendingSample>(arena_, session, column.pending, count);
}

void ChunkColumns::DrainPending(SlabArena::Session& session, ChunkColumn& column,
                                uint64_t visible_to_all) {
  const std::span<const PendingSample> pending = Pending(column);
  size_t done = 0;
  while (done < pending.size() && pending[done].sequence <= visible_to_all) {
    int64_t timestamps_ms[kEncodeBatch];
    double values[kEncodeBatch];
    size_t count = 0;
    for (;
         count < kEncodeBatch && done < pending.size() && pending[done].sequence <= visible_to_all;
         ++count, ++done) {
      timestamps_ms[count] = pending[done].timestamp_ms;
      values[count] = pending[done].value;
    }
    Encode(session, column, timestamps_ms, values, count);
  }
  RemovePending(session, column, done);
}

std::optional<Sample> ChunkColumns::NewestInChunks(const ChunkColumn& column) const {
  if (column.open == 0 && column.sealed == 0) return std::nullopt;
  const XorCursor cursor = CursorOf(column);
  return Sample{cursor.timestamp_ms, cursor.value};
}

std::optional<Sample> ChunkColumns::Newest(const ChunkColumn& column) const {
  if (column.pending == 0) return NewestInChunks(column);
  const PendingSample& newest = Pending(column).back();
  return Sample{newest.timestamp_ms, newest.value};
}

std::span<const SealedChunk> ChunkColumns::Sealed(const ChunkColumn& column) const {
  return ArenaList<SealedChunk>(arena_, column.sealed);
}

std::string_view ChunkColumns::OpenBits(const ChunkColumn& column) const {
  return {arena_.Get(column.open) + kXorHeaderBytes, column.cursor.byte_count()};
}

Status ChunkColumns::ReadChunks(const ChunkColumn& column, int64_t start_ms, int64_t end_ms,
                                storage::SampleBuffer& out) const {
  if (const auto newest = NewestInChunks(column); !newest || newest->timestamp_ms < start_ms) {
    return {};
  }
  const std::span<const SealedChunk> sealed = Sealed(column);
  // The chunk before the first that begins after start_ms may reach into the range.
  auto at = std::ranges::upper_bound(sealed, start_ms, {}, &SealedChunk::first_timestamp_ms);
  if (at != sealed.begin()) --at;
  SealedChunkReader reader = MakeSealedReader();
  for (; at != sealed.end(); ++at) {
    if (at->first_timestamp_ms() > end_ms) return {};
    TOCSIN_ASSIGN_OR_RETURN(const SealedContents chunk, reader.Read(*at));
    TOCSIN_RETURN_IF_ERROR(AppendDecoded(chunk.bits, chunk.sample_count, start_ms, end_ms, out));
  }
  if (column.open == 0) return {};
  return AppendDecoded(OpenBits(column), column.cursor.sample_count(), start_ms, end_ms, out);
}

Result<Sample> ChunkColumns::LatestInChunks(const ChunkColumn& column, int64_t start_ms,
                                            int64_t end_ms) const {
  const Sample none{storage::SeriesSet::kNoSample, 0};
  const auto newest = NewestInChunks(column);
  if (!newest || newest->timestamp_ms < start_ms) return none;
  if (newest->timestamp_ms <= end_ms) return *newest;
  storage::SampleBuffer buffer;
  TOCSIN_RETURN_IF_ERROR(ReadChunks(column, start_ms, end_ms, buffer));
  if (buffer.timestamps_ms.empty()) return none;
  return Sample{buffer.timestamps_ms.back(), buffer.values.back()};
}

ArenaHandle ChunkColumns::NewChunk(SlabArena::Session& session, uint32_t sample_count,
                                   std::string_view bits) {
  chunk_count_.fetch_add(1, std::memory_order_relaxed);
  const ArenaHandle chunk = session.Allocate(kXorHeaderBytes + bits.size());
  char* const bytes = arena_.Get(chunk);
  bytes[0] = static_cast<char>(sample_count >> 8);
  bytes[1] = static_cast<char>(sample_count);
  std::memcpy(bytes + kXorHeaderBytes, bits.data(), bits.size());
  return chunk;
}

void ChunkColumns::Restore(SlabArena::Session& session, ChunkColumn& column,
                           const XorCursor& cursor, std::string_view open_bits) {
  if (!open_bits.empty()) column.open = NewChunk(session, 0, open_bits);
  SetCursor(session, column, cursor);
}

void ChunkColumns::RestoreSealed(SlabArena::Session& session, ChunkColumn& column,
                                 int64_t first_timestamp_ms, uint32_t sample_count,
                                 std::string_view bits) {
  ArenaListPush(arena_, session, column.sealed,
                SealedChunk::InArena(first_timestamp_ms, NewChunk(session, sample_count, bits),
                                     kXorHeaderBytes + bits.size()));
}

void ChunkColumns::RestoreSealed(SlabArena::Session& session, ChunkColumn& column,
                                 const SealedChunk& chunk) {
  chunk_count_.fetch_add(1, std::memory_order_relaxed);
  ArenaListPush(arena_, session, column.sealed, chunk);
}

void ChunkColumns::MoveToFile(SlabArena::Session& session, ChunkColumn& column, size_t index,
                              HeadChunkRef ref) {
  SealedChunk& chunk = ArenaList<SealedChunk>(arena_, column.sealed)[index];
  session.Free(chunk.handle());
  chunk = SealedChunk::InFile(chunk.first_timestamp_ms(), ref);
}

void ChunkColumns::DropBefore(SlabArena::Session& session, ChunkColumn& column, int64_t min_ms) {
  const auto newest = Newest(column);
  if (!newest) return;
  if (newest->timestamp_ms < min_ms) {
    Clear(session, column);
    return;
  }
  const std::span<const SealedChunk> sealed = Sealed(column);
  size_t dropped = 0;
  for (; dropped < sealed.size(); ++dropped) {
    // A chunk ends before the next begins; what follows the last may be rows, so without an open
    // chunk it stays.
    int64_t next_ms = INT64_MAX;
    if (dropped + 1 < sealed.size()) {
      next_ms = sealed[dropped + 1].first_timestamp_ms();
    } else if (column.open != 0) {
      next_ms = XorFirstTimestamp(OpenBits(column));
    }
    if (next_ms > min_ms) break;
    session.Free(sealed[dropped].handle());
  }
  chunk_count_.fetch_sub(dropped, std::memory_order_relaxed);
  ArenaListRemoveFront<SealedChunk>(arena_, session, column.sealed, dropped);
}

void ChunkColumns::Clear(SlabArena::Session& session, ChunkColumn& column) {
  const std::span<const SealedChunk> sealed = Sealed(column);
  for (const SealedChunk& chunk : sealed) session.Free(chunk.handle());
  chunk_count_.fetch_sub(sealed.size() + (column.open != 0 ? 1 : 0), std::memory_order_relaxed);
  if (column.cursor.is_wide()) session.Free(column.cursor.wide_handle());
  session.Free(column.open);
  session.Free(column.sealed);
  session.Free(column.pending);
  column = {};
}

}  // namespace tocsin::tsdb
