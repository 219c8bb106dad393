#include "tsdb/compaction/plan.h"

#include <algorithm>
#include <numeric>

namespace tocsin::tsdb {
namespace {

constexpr int64_t kRangeFactor = 3;
constexpr int64_t kLongestRangeMs = int64_t{31} * 24 * 60 * 60 * 1000;
// Blocks of a tenth of the retention: dropping one whole block at a time stays near the limit.
constexpr int64_t kBlocksPerRetention = 10;
// Rewriting a block pays when so much of it is deleted; upstream's number.
constexpr double kTombstoneShare = 0.05;

using Metas = std::span<const BlockMeta>;
using Indexes = std::vector<size_t>;

int64_t AlignDown(int64_t timestamp_ms, int64_t width_ms) {
  const int64_t quotient = timestamp_ms / width_ms;
  return (timestamp_ms % width_ms < 0 ? quotient - 1 : quotient) * width_ms;
}

Indexes SelectOverlapping(Metas blocks, const Indexes& order) {
  Indexes selected;
  int64_t end_ms = blocks[order[0]].max_time_ms;
  for (size_t i = 1; i < order.size(); ++i) {
    const BlockMeta& block = blocks[order[i]];
    if (block.min_time_ms < end_ms) {
      if (selected.empty()) selected.push_back(order[i - 1]);
      selected.push_back(order[i]);
    } else if (!selected.empty()) {
      break;
    }
    end_ms = std::max(end_ms, block.max_time_ms);
  }
  return selected;
}

// Runs of blocks that lie in the same aligned range; blocks that cross a boundary are in none.
std::vector<Indexes> SplitByRange(Metas blocks, const Indexes& order, int64_t range_ms) {
  std::vector<Indexes> runs;
  for (size_t i = 0; i < order.size();) {
    const int64_t end_ms = AlignDown(blocks[order[i]].min_time_ms, range_ms) + range_ms;
    Indexes run;
    for (; i < order.size() && blocks[order[i]].max_time_ms <= end_ms; ++i) run.push_back(order[i]);
    if (run.empty()) {
      ++i;
    } else {
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

bool IsWorthCompacting(Metas blocks, const Indexes& run, int64_t range_ms, int64_t newest_min_ms) {
  if (run.size() < 2) return false;
  if (std::ranges::any_of(run, [&](size_t at) { return blocks[at].compaction.has_failed; })) {
    return false;
  }
  const int64_t min_ms = blocks[run.front()].min_time_ms;
  const int64_t max_ms = blocks[run.back()].max_time_ms;
  // A range that is not full waits as long as another block may come to lie in it.
  return max_ms - min_ms == range_ms || max_ms <= newest_min_ms;
}

Indexes SelectLevel(Metas blocks, const Indexes& order, std::span<const int64_t> ranges_ms) {
  if (order.empty() || ranges_ms.size() < 2) return {};
  const int64_t newest_min_ms = blocks[order.back()].min_time_ms;
  for (const int64_t range_ms : ranges_ms.subspan(1)) {
    for (Indexes& run : SplitByRange(blocks, order, range_ms)) {
      if (IsWorthCompacting(blocks, run, range_ms, newest_min_ms)) return std::move(run);
    }
  }
  return {};
}

Indexes SelectDeleted(Metas blocks, const Indexes& order, std::span<const int64_t> ranges_ms) {
  const int64_t large_ms = ranges_ms[ranges_ms.size() / 2];
  for (size_t i = order.size(); i-- > 0;) {
    const BlockMeta& block = blocks[order[i]];
    const uint64_t tombstones = block.stats.tombstone_count;
    if (block.max_time_ms - block.min_time_ms < large_ms) {
      if (tombstones > 0 && tombstones >= block.stats.series_count) return {order[i]};
      return {};  // Older ones are larger and soon compacted: upstream stops here too.
    }
    const double share =
        static_cast<double>(tombstones) / static_cast<double>(block.stats.series_count + 1);
    if (share > kTombstoneShare) return {order[i]};
  }
  return {};
}

}  // namespace

std::vector<int64_t> BlockRanges(int64_t min_ms, int64_t max_ms) {
  std::vector<int64_t> ranges = {min_ms};
  while (ranges.back() <= max_ms / kRangeFactor) ranges.push_back(ranges.back() * kRangeFactor);
  return ranges;
}

int64_t MaxBlockRange(int64_t min_ms, int64_t retention_ms) {
  int64_t max_ms = kLongestRangeMs;
  if (retention_ms > 0) max_ms = std::min(max_ms, retention_ms / kBlocksPerRetention);
  return std::max(max_ms, min_ms);
}

int64_t RangeEnd(int64_t timestamp_ms, int64_t width_ms) {
  return AlignDown(timestamp_ms, width_ms) + width_ms;
}

std::vector<size_t> PlanCompaction(std::span<const BlockMeta> blocks,
                                   std::span<const int64_t> ranges_ms) {
  if (blocks.empty() || ranges_ms.empty()) return {};
  Indexes order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t at) { return blocks[at].min_time_ms; });
  if (Indexes overlapping = SelectOverlapping(blocks, order); !overlapping.empty()) {
    return overlapping;
  }
  // The newest block is left as it is: whoever copies new data away finds it whole, for a while.
  order.pop_back();
  if (Indexes level = SelectLevel(blocks, order, ranges_ms); !level.empty()) return level;
  return SelectDeleted(blocks, order, ranges_ms);
}

BlockMeta CompactedMeta(const Ulid& ulid, std::span<const BlockMeta> parents) {
  BlockMeta meta;
  meta.ulid = ulid;
  meta.min_time_ms = parents.front().min_time_ms;
  meta.max_time_ms = parents.front().max_time_ms;
  meta.compaction.level = 0;
  std::vector<Ulid>& sources = meta.compaction.sources;
  for (const BlockMeta& parent : parents) {
    meta.min_time_ms = std::min(meta.min_time_ms, parent.min_time_ms);
    meta.max_time_ms = std::max(meta.max_time_ms, parent.max_time_ms);
    meta.compaction.level = std::max(meta.compaction.level, parent.compaction.level);
    sources.insert(sources.end(), parent.compaction.sources.begin(),
                   parent.compaction.sources.end());
    meta.compaction.parents.push_back(parent.Describe());
  }
  ++meta.compaction.level;
  std::ranges::sort(sources);
  const auto repeated = std::ranges::unique(sources);
  sources.erase(repeated.begin(), repeated.end());
  return meta;
}

}  // namespace tocsin::tsdb
