#include "tsdb/retention_keeper.h"

#include <fmt/core.h>

#include <vector>

#include "tsdb/block_retention.h"

namespace tocsin::tsdb {
namespace {

// Of all files below; a directory that is not there has none.
uint64_t TreeBytes(Fs& fs, const std::string& directory) {
  const auto entries = fs.List(directory);
  if (!entries) return 0;
  uint64_t total_bytes = 0;
  for (const DirectoryEntry& entry : *entries) {
    total_bytes +=
        entry.is_directory ? TreeBytes(fs, directory + "/" + entry.name) : entry.size_bytes;
  }
  return total_bytes;
}

std::vector<BlockExtent> ExtentsOf(const BlockStore::Blocks& blocks) {
  std::vector<BlockExtent> extents;
  for (const auto& block : blocks) {
    extents.push_back(
        {block->ulid(), block->min_time_ms(), block->max_time_ms(), block->size_bytes()});
  }
  return extents;
}

}  // namespace

uint64_t RetentionKeeper::HeadBytes() const {
  uint64_t total_bytes = 0;
  for (const char* name : {"/wal", "/wbl", "/chunks_head"}) {
    total_bytes += TreeBytes(environment_.fs, environment_.store.directory().path() + name);
  }
  return total_bytes;
}

uint64_t RetentionKeeper::LimitBytes(const RetentionOptions& retention) const {
  if (retention.percentage <= 0) return retention.size_bytes;
  const std::string& path = environment_.store.directory().path();
  const Result<uint64_t> capacity_bytes = environment_.fs.CapacityBytes(path);
  if (!capacity_bytes) {
    environment_.logger.Warn("Cannot tell the size of the disk, retention by percentage is off",
                             {{"err", capacity_bytes.error().message()}});
    return retention.size_bytes;
  }
  return static_cast<uint64_t>(static_cast<double>(*capacity_bytes) * retention.percentage / 100);
}

void RetentionKeeper::DropBlocks(const RetentionOptions& retention) {
  const auto old = BeyondTimeRetention(ExtentsOf(*environment_.store.blocks()), retention.time_ms);
  if (!old.empty()) environment_.metrics.time_retentions.Increment();
  environment_.store.Drop(old);
  const uint64_t limit_bytes = LimitBytes(retention);
  environment_.metrics.retention_limit_bytes.Set(static_cast<double>(limit_bytes));
  if (limit_bytes == 0) return;
  const auto large =
      BeyondSizeRetention(ExtentsOf(*environment_.store.blocks()), HeadBytes(), limit_bytes);
  if (!large.empty()) environment_.metrics.size_retentions.Increment();
  environment_.store.Drop(large);
}

}  // namespace tocsin::tsdb
