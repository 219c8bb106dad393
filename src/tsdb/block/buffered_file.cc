#include "tsdb/block/buffered_file.h"

namespace tocsin::tsdb {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;  // Few system calls, and not much memory.

}  // namespace

Result<std::unique_ptr<BufferedFile>> BufferedFile::Create(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                          fs.OpenForWriting(path, /*truncate=*/true));
  return std::unique_ptr<BufferedFile>(new BufferedFile(std::move(file)));
}

Status BufferedFile::Append(std::string_view bytes) {
  offset_ += bytes.size();
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status BufferedFile::PadTo(uint64_t alignment) {
  constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
  const uint64_t past = offset_ % alignment;
  return past == 0 ? Status() : Append(kZeros.substr(0, alignment - past));
}

Status BufferedFile::Flush() {
  TOCSIN_RETURN_IF_ERROR(file_->Append(buffer_));
  buffer_.clear();
  return {};
}

Status BufferedFile::Finish() {
  TOCSIN_RETURN_IF_ERROR(Flush());
  TOCSIN_RETURN_IF_ERROR(file_->Sync());
  return file_->Close();
}

}  // namespace tocsin::tsdb
