#include "tsdb/block/chunk_segment_reader.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/chunk_segment.h"

namespace tocsin::tsdb {
namespace {

Error CorruptAt(const std::string& path, uint64_t offset, std::string_view reason) {
  return Errorf(ErrorCode::kCorruption, "{} at {}: {}", path, offset, reason);
}

bool IsSegmentName(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

Status CheckHeader(const std::string& path, std::string_view bytes) {
  if (bytes.size() < kChunkSegmentHeaderBytes) {
    return CorruptAt(path, bytes.size(), "shorter than its header");
  }
  ByteReader header(bytes);
  if (header.ReadBE32() != kChunkSegmentMagic) return CorruptAt(path, 0, "bad magic number");
  if (header.ReadByte() != kChunkSegmentVersion) return CorruptAt(path, 4, "unknown version");
  return {};
}

}  // namespace

Result<std::unique_ptr<ChunkSegmentReader>> ChunkSegmentReader::Open(Fs& fs,
                                                                     const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  std::unique_ptr<ChunkSegmentReader> reader(new ChunkSegmentReader());
  // As upstream, the files' order makes their index, not their number.
  for (const DirectoryEntry& entry : entries) {
    if (entry.is_directory || !IsSegmentName(entry.name)) continue;
    Segment segment;
    segment.path = JoinPath(directory, entry.name);
    TOCSIN_ASSIGN_OR_RETURN(segment.file, fs.Map(segment.path));
    TOCSIN_RETURN_IF_ERROR(CheckHeader(segment.path, segment.file->bytes()));
    reader->segments_.push_back(std::move(segment));
  }
  return reader;
}

Result<StoredChunk> ChunkSegmentReader::Chunk(uint64_t ref) const {
  const uint64_t index = ref >> 32;
  const uint64_t offset = ref & 0xffffffff;
  if (index >= segments_.size()) {
    return Errorf(ErrorCode::kCorruption, "chunk reference {}: there are only {} chunk files", ref,
                  segments_.size());
  }
  const Segment& segment = segments_[index];
  const std::string_view bytes = segment.file->bytes();
  if (offset < kChunkSegmentHeaderBytes || offset >= bytes.size()) {
    return CorruptAt(segment.path, offset, "chunk reference outside the file");
  }
  ByteReader reader(bytes.substr(offset));
  const uint64_t size = reader.ReadUvarint();
  // The encoding byte and the chunk, which the checksum is about.
  const std::string_view summed = reader.ReadBytes(size < bytes.size() ? size + 1 : UINT64_MAX);
  const uint32_t crc = reader.ReadBE32();
  if (reader.failed()) return CorruptAt(segment.path, offset, "chunk ends early");
  if (Crc32c(summed) != crc) return CorruptAt(segment.path, offset, "checksum does not match");
  return StoredChunk{static_cast<uint8_t>(summed[0]), summed.substr(1)};
}

Error ChunkSegmentReader::Corrupt(uint64_t ref, std::string_view reason) const {
  return CorruptAt(segments_[ref >> 32].path, ref & 0xffffffff, reason);
}

uint64_t ChunkSegmentReader::size_bytes() const {
  uint64_t size = 0;
  for (const Segment& segment : segments_) size += segment.file->bytes().size();
  return size;
}

}  // namespace tocsin::tsdb
