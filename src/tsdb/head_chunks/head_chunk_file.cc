// file  := magic(BE32) version(1) zero(3) chunk* zero*
// chunk := series(BE64) min_time(BE64) max_time(BE64) encoding(1) length(uvarint) bytes crc(BE32)
// The checksum is of everything before it.
#include "tsdb/head_chunks/head_chunk_file.h"

#include <charconv>

#include "base/crc32c.h"
#include "base/varint.h"

namespace tocsin::tsdb {
namespace {
constexpr size_t kNameDigits = 6;
constexpr size_t kChecksumBytes = 4;
}  // namespace

std::string HeadChunkFileName(uint32_t number) { return fmt::format("{:06}", number); }

std::optional<uint32_t> ParseHeadChunkFileName(std::string_view name) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  if (!is_number || name.size() < kNameDigits || number == 0) return std::nullopt;
  return number;
}

void AppendHeadChunkFileHeader(std::string& out) {
  PutBE32(out, kHeadChunkMagic);
  out.push_back(static_cast<char>(kHeadChunkVersion));
  out.append(3, '\0');
}

void AppendHeadChunk(const HeadChunk& chunk, std::string& out) {
  const size_t begin = out.size();
  PutBE64(out, chunk.series_ref);
  PutBE64(out, static_cast<uint64_t>(chunk.min_time_ms));
  PutBE64(out, static_cast<uint64_t>(chunk.max_time_ms));
  const auto flag = chunk.is_out_of_order ? kOutOfOrderFlag : uint8_t{0};
  out.push_back(static_cast<char>(chunk.encoding | flag));
  PutUvarint(out, chunk.bytes.size());
  out.append(chunk.bytes);
  PutBE32(out, Crc32c(std::string_view(out).substr(begin)));
}

Result<HeadChunk> ParseHeadChunk(std::string_view file, uint64_t offset, uint64_t* end_offset) {
  if (offset > file.size()) {
    return Errorf(ErrorCode::kOutOfBounds, "no head chunk at byte {} of {}", offset, file.size());
  }
  ByteReader in(file.substr(offset));
  HeadChunk chunk;
  chunk.series_ref = in.ReadBE64();
  chunk.min_time_ms = static_cast<int64_t>(in.ReadBE64());
  chunk.max_time_ms = static_cast<int64_t>(in.ReadBE64());
  const uint8_t encoding = in.ReadByte();
  chunk.encoding = encoding & static_cast<uint8_t>(~kOutOfOrderFlag);
  chunk.is_out_of_order = (encoding & kOutOfOrderFlag) != 0;
  chunk.bytes = in.ReadUvarintBytes();
  const size_t checked = file.size() - offset - in.remaining();
  const uint32_t checksum = in.ReadBE32();
  if (in.failed()) {
    return Errorf(ErrorCode::kOutOfBounds, "head chunk at byte {} is cut short at {}", offset,
                  file.size());
  }
  if (end_offset != nullptr) *end_offset = offset + checked + kChecksumBytes;
  if (Crc32c(file.substr(offset, checked)) != checksum) {
    return Errorf(ErrorCode::kCorruption, "head chunk at byte {}: wrong checksum", offset);
  }
  return chunk;
}

}  // namespace tocsin::tsdb
