#include "tsdb/head_chunks/head_chunk_files.h"

namespace tocsin::tsdb {

HeadChunkReader::HeadChunkReader(const HeadChunkFiles& files)
    : files_(files), tables_{files.table()} {}

/// What `table` has of the file that `ref` is in, and in it the chunk's `offset`; empty if it has
/// not that chunk.
std::string_view HeadChunkReader::BytesOf(const internal::HeadChunkTable& table, HeadChunkRef ref,
                                          uint64_t& offset) const {
  offset = ref.offset();
  const internal::HeadChunkBuffer* const buffer = table.buffer.get();
  if (buffer != nullptr && buffer->file == ref.file() && offset >= buffer->file_offset) {
    offset -= buffer->file_offset;
    const std::string_view bytes(buffer->bytes.get(), buffer->size.load(std::memory_order_acquire));
    return offset < bytes.size() ? bytes : std::string_view();
  }
  const auto found = table.files.find(ref.file());
  if (found == table.files.end()) return {};
  const std::string_view bytes = found->second->bytes();
  const bool is_inside = offset >= kHeadChunkFileHeaderBytes && offset < bytes.size();
  return is_inside ? bytes : std::string_view();
}

Result<HeadChunk> HeadChunkReader::Read(HeadChunkRef ref) {
  uint64_t offset = 0;
  std::string_view bytes = BytesOf(*tables_.back(), ref, offset);
  if (bytes.empty()) {  // Written since.
    std::shared_ptr<const internal::HeadChunkTable> newer = files_.table();
    if (newer != tables_.back()) tables_.push_back(std::move(newer));
    bytes = BytesOf(*tables_.back(), ref, offset);
  }
  if (bytes.empty()) {
    return Errorf(ErrorCode::kNotFound, "head chunk file {} has no chunk at {}",
                  HeadChunkFileName(ref.file()), ref.offset());
  }
  return ParseHeadChunk(bytes, offset);
}

}  // namespace tocsin::tsdb
