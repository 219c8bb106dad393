#include "tsdb/block_retention.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

std::vector<BlockExtent> NewestFirst(std::span<const BlockExtent> blocks) {
  std::vector<BlockExtent> sorted(blocks.begin(), blocks.end());
  std::ranges::stable_sort(sorted, std::greater(), &BlockExtent::max_time_ms);
  return sorted;
}

std::vector<Ulid> NamesFrom(std::span<const BlockExtent> blocks, size_t first) {
  std::vector<Ulid> names;
  for (const BlockExtent& block : blocks.subspan(first)) names.push_back(block.ulid);
  return names;
}

}  // namespace

std::vector<Ulid> BeyondTimeRetention(std::span<const BlockExtent> blocks, int64_t retention_ms) {
  if (blocks.empty() || retention_ms <= 0) return {};
  const std::vector<BlockExtent> sorted = NewestFirst(blocks);
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[0].max_time_ms - sorted[i].max_time_ms >= retention_ms) return NamesFrom(sorted, i);
  }
  return {};
}

std::vector<Ulid> BeyondSizeRetention(std::span<const BlockExtent> blocks, uint64_t other_bytes,
                                      uint64_t max_bytes) {
  if (max_bytes == 0) return {};
  const std::vector<BlockExtent> sorted = NewestFirst(blocks);
  uint64_t total_bytes = other_bytes;
  for (size_t i = 0; i < sorted.size(); ++i) {
    total_bytes += sorted[i].size_bytes;
    if (total_bytes > max_bytes) return NamesFrom(sorted, i);
  }
  return {};
}

}  // namespace tocsin::tsdb
