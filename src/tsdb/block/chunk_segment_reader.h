#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {

/// A chunk in a mapped file.
struct StoredChunk {
  uint8_t encoding = 0;
  std::string_view bytes;
};

/// The memory-mapped chunk files of a block. Opening checks their headers; each chunk's checksum is
/// verified when it is read. Errors are kCorruption and name file, offset and reason. Immutable;
/// what it returns is valid as long as it lives.
class ChunkSegmentReader {
 public:
  /// `directory` is the block's `chunks`.
  static Result<std::unique_ptr<ChunkSegmentReader>> Open(Fs& fs, const std::string& directory);

  Result<StoredChunk> Chunk(uint64_t ref) const;

  /// kCorruption: "`path` at `offset`: `reason`", for a chunk that Chunk has returned.
  Error Corrupt(uint64_t ref, std::string_view reason) const;

  size_t segment_count() const { return segments_.size(); }
  const std::string& segment_path(size_t index) const { return segments_[index].path; }
  std::string_view segment_bytes(size_t index) const { return segments_[index].file->bytes(); }
  uint64_t size_bytes() const;

 private:
  struct Segment {
    std::string path;
    std::unique_ptr<MappedFile> file;
  };
  ChunkSegmentReader() = default;

  std::vector<Segment> segments_;
};

}  // namespace tocsin::tsdb
