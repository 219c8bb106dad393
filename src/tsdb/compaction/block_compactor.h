#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/fs.h"
#include "base/result.h"
#include "tsdb/block/block_meta.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/compaction/retention_rules.h"
#include "tsdb/compaction/series_stream.h"

namespace tocsin::tsdb {

/// What to make a block of.
struct BlockJob {
  std::string directory;  ///< Where the block's own directory is made.
  /// Name, range and descent of the block. Samples outside [min_time_ms, max_time_ms) stay out.
  BlockMeta meta;
  /// Where two have a sample at the same time, that of the earlier in the list is kept.
  std::vector<std::unique_ptr<SeriesStream>> sources;
  /// Floats in another of these encodings are written as kXor or kDense; as they come if not set.
  std::optional<ChunkEncoding> floats;
  const RetentionRules* rules = nullptr;  ///< Samples beyond these stay out; may be null.
  int64_t now_ms = 0;                     ///< For `rules`.
  const CancelToken* cancel = nullptr;    ///< Looked at for each series; may be null.
};

/// Streams the sources into one block: chunks that nothing touches are copied as they are, what
/// overlaps, is partly deleted or crosses the range is decoded, merged and cut anew. Holds one
/// series in memory, and what the writer does. The block is complete and on stable storage on
/// return; nullopt if no sample remained, then there is none.
Result<std::optional<BlockMeta>> WriteBlock(Fs& fs, BlockJob job);

}  // namespace tocsin::tsdb
