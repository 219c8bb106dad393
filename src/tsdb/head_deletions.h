#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

#include "base/mutex.h"
#include "model/labels.h"
#include "storage/queryable.h"
#include "tsdb/block/tombstones.h"
#include "tsdb/head_extent.h"

namespace tocsin::tsdb {

/// What is deleted of the head: it cannot take samples out of its chunks, so they are hidden until
/// they leave with their chunk. Readers take the state as it is. Thread-safe.
class HeadDeletions {
 public:
  /// By label set; the intervals' series reference is 0.
  using BySeries = std::unordered_map<Labels, Tombstones, LabelsHash>;

  /// Other owners: queriers.
  std::shared_ptr<const BySeries> current() const;
  void Add(std::span<const HeadDeletion> deletions);
  /// Forgets what is before `time_ms`: so has the head.
  void TruncateBefore(int64_t time_ms);

  /// `querier` without what is deleted now; itself if nothing is.
  std::unique_ptr<storage::Querier> Filter(std::unique_ptr<storage::Querier> querier) const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const BySeries> by_series_ GUARDED_BY(mutex_) =
      std::make_shared<const BySeries>();
};

}  // namespace tocsin::tsdb
