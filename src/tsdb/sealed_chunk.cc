#include "tsdb/sealed_chunk.h"

#include "tsdb/chunks/xor_chunk.h"

namespace tocsin::tsdb {

Result<SealedContents> SealedChunkReader::Read(const SealedChunk& chunk) {
  std::string_view bytes;
  if (chunk.is_in_file()) {
    TOCSIN_ASSIGN_OR_RETURN(bytes, ReadFile(chunk));
  } else {
    bytes = {arena_.Get(chunk.handle()), chunk.size_bytes()};
  }
  SealedContents contents;
  contents.sample_count =
      static_cast<uint16_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
  contents.bits = bytes.substr(kXorHeaderBytes);
  contents.bytes = bytes;
  return contents;
}

Result<std::string_view> SealedChunkReader::ReadFile(const SealedChunk& chunk) {
  if (files_ == nullptr) return Error(ErrorCode::kNotFound, "there are no head chunk files");
  if (!reader_) reader_.emplace(files_->MakeReader());
  const Result<HeadChunk> found = reader_->Read(chunk.ref());
  if (!found) {
    return Errorf(found.error().code(), "head chunk file {}: {}",
                  HeadChunkFileName(chunk.ref().file()), found.error().message());
  }
  if (found->min_time_ms != chunk.first_timestamp_ms() || found->bytes.size() < kXorHeaderBytes) {
    return Errorf(ErrorCode::kCorruption, "head chunk file {} has another chunk at byte {}",
                  HeadChunkFileName(chunk.ref().file()), chunk.ref().offset());
  }
  return found->bytes;
}

}  // namespace tocsin::tsdb
