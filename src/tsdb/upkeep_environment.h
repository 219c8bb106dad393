#pragma once

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "tsdb/block/ulid.h"
#include "tsdb/block_metrics.h"
#include "tsdb/block_store.h"
#include "tsdb/compaction/block_compactor.h"

namespace tocsin::tsdb {

/// What the upkeep of a database works with. References outlive whoever is given them. All upkeep
/// of one database runs under its upkeep mutex.
struct UpkeepEnvironment {
  Fs& fs;
  const Clock& clock;
  Logger& logger;
  BlockMetrics& metrics;
  BlockStore& store;
  UlidSource& ulids;
  const CancelToken& cancel;  ///< Ends what takes long.
  /// How blocks hold floats: kXor, which Prometheus reads, or kDense.
  ChunkEncoding floats = ChunkEncoding::kXor;

  /// WriteBlock into the database's directory, timed and counted.
  Result<std::optional<BlockMeta>> Write(BlockJob job) const;
};

}  // namespace tocsin::tsdb
