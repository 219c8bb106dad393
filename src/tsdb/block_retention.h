#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tsdb/block/ulid.h"

namespace tocsin::tsdb {

/// What retention looks at in a block.
struct BlockExtent {
  Ulid ulid;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;  ///< Exclusive.
  uint64_t size_bytes = 0;
};

/// The blocks that end `retention_ms` (0: never) or more before the newest block does. As
/// Prometheus: blocks go whole, so up to one block's length is kept beyond the limit.
std::vector<Ulid> BeyondTimeRetention(std::span<const BlockExtent> blocks, int64_t retention_ms);

/// The oldest blocks that have to go so that the others and `other_bytes` (log and head chunks)
/// stay within `max_bytes` (0: no limit).
std::vector<Ulid> BeyondSizeRetention(std::span<const BlockExtent> blocks, uint64_t other_bytes,
                                      uint64_t max_bytes);

}  // namespace tocsin::tsdb
