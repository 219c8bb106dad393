#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/buffered_file.h"

namespace tocsin::tsdb {

/// Writes the chunks of a block into the files 000001, 000002, … of a directory, in order of the
/// calls. After an error only destruction is allowed. Confined to a thread.
class ChunkSegmentWriter {
 public:
  /// `fs` must outlive it; `directory` must exist. A file is begun with the first chunk that no
  /// longer fits the one before.
  ChunkSegmentWriter(Fs& fs, std::string directory,
                     uint64_t max_segment_bytes = kMaxChunkSegmentBytes);
  ~ChunkSegmentWriter();

  /// Appends a chunk and returns what the index says of it. kInvalidArgument if it is empty or ends
  /// before it starts.
  Result<ChunkMeta> Add(const ChunkView& chunk);
  /// Syncs and closes.
  Status Finish();

  uint64_t size_bytes() const;

 private:
  Status BeginSegment();
  Status EndSegment();

  Fs& fs_;
  const std::string directory_;
  const uint64_t max_segment_bytes_;
  std::unique_ptr<BufferedFile> segment_;
  uint64_t segment_count_ = 0;
  uint64_t finished_bytes_ = 0;
};

}  // namespace tocsin::tsdb
