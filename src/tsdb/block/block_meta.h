#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/block/ulid.h"

namespace tocsin::tsdb {

/// Compaction hints that upstream writes.
inline constexpr std::string_view kFromOutOfOrderHint = "from-out-of-order";
inline constexpr std::string_view kFromStaleSeriesHint = "from-stale-series";

/// How much is in a block. Zeros are left out of the file.
struct BlockStats {
  uint64_t sample_count = 0;  ///< Of all kinds.
  uint64_t float_sample_count = 0;
  uint64_t histogram_sample_count = 0;
  uint64_t series_count = 0;
  uint64_t chunk_count = 0;
  uint64_t tombstone_count = 0;
  friend bool operator==(const BlockStats&, const BlockStats&) = default;
};

/// A block by name and range.
struct BlockDescription {
  Ulid ulid;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;  ///< Exclusive.
  friend bool operator==(const BlockDescription&, const BlockDescription&) = default;
};

/// Where a block comes from.
struct BlockCompaction {
  int64_t level = 0;          ///< 1: from a head; else one more than the highest of its parents.
  std::vector<Ulid> sources;  ///< The level-1 blocks that went into it, sorted; itself at level 1.
  bool is_deletable = false;  ///< It has no samples left: to be removed.
  std::vector<BlockDescription> parents;  ///< The blocks that it was directly made from.
  bool has_failed = false;                ///< Compacting it failed: it is left alone.
  std::vector<std::string> hints;
  bool HasHint(std::string_view hint) const;
  friend bool operator==(const BlockCompaction&, const BlockCompaction&) = default;
};

/// meta.json of a block (upstream: tsdb/block.go, BlockMeta). Value type.
struct BlockMeta {
  Ulid ulid;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;  ///< Exclusive.
  BlockStats stats;
  BlockCompaction compaction;
  friend bool operator==(const BlockMeta&, const BlockMeta&) = default;

  BlockDescription Describe() const { return {ulid, min_time_ms, max_time_ms}; }
};

/// Parses the text of meta.json; members that we do not know are passed over. kCorruption names
/// what is wrong.
Result<BlockMeta> ParseBlockMeta(std::string_view json);

/// The text as upstream writes it, byte for byte.
std::string FormatBlockMeta(const BlockMeta& meta);

/// Reads `directory`/meta.json. Errors name the file.
Result<BlockMeta> ReadBlockMeta(Fs& fs, const std::string& directory);

/// Replaces `directory`/meta.json: after a crash the old or the new one is there.
Status WriteBlockMeta(Fs& fs, const std::string& directory, const BlockMeta& meta);

}  // namespace tocsin::tsdb
