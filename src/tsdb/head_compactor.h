#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tsdb/head.h"
#include "tsdb/head_deletions.h"
#include "tsdb/upkeep_environment.h"

namespace tocsin::tsdb {

/// Turns the older part of the head into blocks of one range each, and takes it out of the head.
/// For one thread at a time.
class HeadCompactor {
 public:
  /// `range_ms`: the length of the shortest blocks. All must outlive it.
  HeadCompactor(const UpkeepEnvironment& environment, Head& head, HeadDeletions& deletions,
                int64_t range_ms)
      : environment_(environment), head_(head), deletions_(deletions), range_ms_(range_ms) {}

  /// Where the blocks that were made of the head end: from a start that found them on disk.
  void BeginAt(int64_t begin_ms);
  int64_t begin_ms() const { return begin_ms_; }

  /// Whether the head covers more than one and a half ranges. Samples later than `now_ms` do not
  /// count: one of them must not drive everything else out of the head.
  bool IsDue(int64_t now_ms) const;

  /// Makes one block of the oldest range, if it is due, puts it into the store and truncates the
  /// head. False when nothing was to be done. After an error everything is as before; only appends
  /// that old are refused.
  Result<bool> Step(int64_t now_ms, const RetentionRules& rules);

  /// Makes blocks, one a range, of the samples that came out of order, and takes them out of the
  /// head. Returns how many.
  Result<size_t> CompactOutOfOrder();

  /// Makes a block of all the head holds, in `directory`; nullopt if that is nothing.
  Result<std::optional<BlockMeta>> WriteSnapshot(const std::string& directory);

  /// The head without what is deleted, over [start_ms, end_ms].
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) const;

 private:
  int64_t OldestTime() const;
  Result<BlockJob> MakeJob(int64_t start_ms, int64_t end_ms) const;
  Result<BlockJob> MakeJob(std::shared_ptr<storage::Querier> querier, int64_t start_ms,
                           int64_t end_ms) const;
  Result<int64_t> FirstSampleTime(int64_t start_ms) const;
  Status SkipGap(int64_t end_ms, int64_t limit_ms);
  void TruncateTo(int64_t end_ms);

  const UpkeepEnvironment& environment_;
  Head& head_;
  HeadDeletions& deletions_;
  const int64_t range_ms_;
  int64_t begin_ms_ = INT64_MIN;  // Everything before is in blocks, or nowhere.
};

}  // namespace tocsin::tsdb
