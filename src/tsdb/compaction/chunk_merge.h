#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/tombstones.h"

namespace tocsin::tsdb {

/// Makes one run of chunks, rising and without overlap, of the chunks that several sources have of
/// a series: Begin, Add for each source, Merge. Used again for the next series. Confined to a
/// thread.
class ChunkMerge {
 public:
  /// Samples outside [start_ms, end_ms], both inclusive, stay out.
  void Begin(int64_t start_ms, int64_t end_ms);

  /// Adds a source's chunks but for what is deleted. They are borrowed until the next Begin.
  Status Add(std::span<const ChunkView> chunks, std::span<const Tombstone> deleted);

  /// The result, valid until the next Begin. Of several samples at the same time that of the source
  /// added first remains; equal chunks are taken once.
  Result<std::span<const ChunkView>> Merge();

 private:
  struct Part {
    ChunkView chunk;
    uint32_t source = 0;
  };

  Status AddCut(const ChunkView& chunk, std::span<const Tombstone> deleted);
  Status MergeOverlapping(std::span<const Part> parts);
  ChunkView Own(storage::EncodedChunk chunk);

  int64_t start_ms_ = 0;
  int64_t end_ms_ = 0;
  uint32_t source_count_ = 0;
  std::vector<Part> parts_;
  std::deque<storage::EncodedChunk> owned_;  // What was encoded anew.
  std::vector<ChunkView> merged_;
};

}  // namespace tocsin::tsdb
