#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/block/chunk_segment_reader.h"
#include "tsdb/block/tombstones.h"

namespace tocsin::tsdb {

/// Appends the samples of `chunk` that are not deleted as new chunks; integer histograms stay such
/// and start timestamps are kept. kCorruption if it does not decode.
Status RewriteChunk(const StoredChunk& chunk, std::span<const Tombstone> deleted,
                    std::vector<storage::EncodedChunk>& out);

}  // namespace tocsin::tsdb
