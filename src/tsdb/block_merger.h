#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tsdb/upkeep_environment.h"

namespace tocsin::tsdb {

/// Makes better blocks of blocks: larger ones, and ones without what is deleted or beyond a
/// retention rule. The old ones leave the list when the new one is in it. For one thread at a time.
class BlockMerger {
 public:
  explicit BlockMerger(const UpkeepEnvironment& environment) : environment_(environment) {}

  /// Carries out one planned compaction. False when there is none to do. If a block is to blame for
  /// a failure, all that took part are marked, and left alone from then on.
  Result<bool> Step(std::span<const int64_t> ranges_ms, const RetentionRules& rules,
                    int64_t now_ms);

  /// Writes one block anew that is wholly older than the rules keep some of its series. False when
  /// there is none.
  Result<bool> ApplyRules(const RetentionRules& rules, int64_t now_ms);
  /// To be called when the rules change.
  void ForgetRules() { checked_.clear(); }

  /// Writes all blocks with tombstones anew.
  Status CleanTombstones();

 private:
  using BlockPointer = std::shared_ptr<BlockReader>;

  std::vector<BlockPointer> Plan(std::span<const int64_t> ranges_ms) const;
  Status Merge(std::span<const BlockPointer> blocks, BlockMeta meta, const RetentionRules& rules,
               int64_t now_ms);
  Status Rewrite(const BlockPointer& block, const RetentionRules& rules, int64_t now_ms);
  Status RemoveEmpty(std::span<const BlockPointer> blocks);
  void NoteFailure(std::span<const BlockPointer> blocks, const Error& error);
  Result<bool> HasSeriesBeyond(const BlockPointer& block, const RetentionRules& rules,
                               size_t rule_index, int64_t now_ms) const;

  const UpkeepEnvironment& environment_;
  std::set<std::pair<Ulid, size_t>> checked_;  // Blocks that have nothing a rule wants gone.
};

}  // namespace tocsin::tsdb
