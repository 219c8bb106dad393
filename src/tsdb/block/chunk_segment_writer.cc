// segment := magic(BE32 0x85BD40DD) version(1) zero(3) chunk*
// chunk   := size(uvarint, of the bytes) encoding(1) bytes crc(BE32, of encoding and bytes)
#include "tsdb/block/chunk_segment_writer.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/buffered_file.h"
#include "tsdb/block/chunk_segment.h"

namespace tocsin::tsdb {

ChunkSegmentWriter::ChunkSegmentWriter(Fs& fs, std::string directory, uint64_t max_segment_bytes)
    : fs_(fs), directory_(std::move(directory)), max_segment_bytes_(max_segment_bytes) {}

ChunkSegmentWriter::~ChunkSegmentWriter() = default;

Result<ChunkMeta> ChunkSegmentWriter::Add(const ChunkView& chunk) {
  if (chunk.bytes.empty() || chunk.max_time_ms < chunk.min_time_ms) {
    return Errorf(ErrorCode::kInvalidArgument, "chunk of {} bytes from {} to {}",
                  chunk.bytes.size(), chunk.min_time_ms, chunk.max_time_ms);
  }
  std::string frame;
  PutUvarint(frame, chunk.bytes.size());
  frame.push_back(static_cast<char>(chunk.encoding));
  const uint32_t encoding_crc = Crc32c(std::string_view(frame).substr(frame.size() - 1));
  const uint64_t size = frame.size() + chunk.bytes.size() + kChunkCrcBytes;
  if (segment_ && segment_->offset() + size > max_segment_bytes_) {
    TOCSIN_RETURN_IF_ERROR(EndSegment());
  }
  if (!segment_) TOCSIN_RETURN_IF_ERROR(BeginSegment());
  const uint64_t offset = segment_->offset();
  TOCSIN_RETURN_IF_ERROR(segment_->Append(frame));
  TOCSIN_RETURN_IF_ERROR(segment_->Append(chunk.bytes));
  frame.clear();
  PutBE32(frame, Crc32c(chunk.bytes, encoding_crc));
  TOCSIN_RETURN_IF_ERROR(segment_->Append(frame));
  return ChunkMeta{(segment_count_ - 1) << 32 | offset, chunk.min_time_ms, chunk.max_time_ms};
}

Status ChunkSegmentWriter::BeginSegment() {
  const std::string path = JoinPath(directory_, fmt::format("{:06}", segment_count_ + 1));
  TOCSIN_ASSIGN_OR_RETURN(segment_, BufferedFile::Create(fs_, path));
  ++segment_count_;
  std::string header;
  PutBE32(header, kChunkSegmentMagic);
  header.push_back(static_cast<char>(kChunkSegmentVersion));
  header.resize(kChunkSegmentHeaderBytes);
  return segment_->Append(header);
}

Status ChunkSegmentWriter::EndSegment() {
  finished_bytes_ += segment_->offset();
  const std::unique_ptr<BufferedFile> segment = std::move(segment_);
  return segment->Finish();
}

Status ChunkSegmentWriter::Finish() {
  if (segment_) TOCSIN_RETURN_IF_ERROR(EndSegment());
  return fs_.SyncDirectory(directory_);
}

uint64_t ChunkSegmentWriter::size_bytes() const {
  return finished_bytes_ + (segment_ ? segment_->offset() : 0);
}

}  // namespace tocsin::tsdb
