#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::tsdb {

/// Appends to a file in large pieces and knows where it is. Confined to a thread.
class BufferedFile {
 public:
  /// Creates or replaces `path`.
  static Result<std::unique_ptr<BufferedFile>> Create(Fs& fs, const std::string& path);

  Status Append(std::string_view bytes);
  /// Appends zeros until the offset is a multiple of `alignment`.
  Status PadTo(uint64_t alignment);
  /// Hands everything to the file system.
  Status Flush();
  /// Flush, sync and close.
  Status Finish();
  /// Where the next byte goes.
  uint64_t offset() const { return offset_; }

 private:
  explicit BufferedFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

  const std::unique_ptr<WritableFile> file_;
  std::string buffer_;
  uint64_t offset_ = 0;
};

}  // namespace tocsin::tsdb
