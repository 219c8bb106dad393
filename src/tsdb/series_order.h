#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "tsdb/series_index.h"

namespace tocsin::tsdb {

/// Sorts series by labels. Sorting compares ranks of label pairs, not texts; and for metrics of
/// which many series are asked for at once the order is kept, so that the next time is one pass
/// over it. Thread-safe; the index may not change during a call.
class SeriesOrder {
 public:
  /// Sorts `ids` (rising, distinct, linked in `index`) by label sets.
  void Sort(const SeriesIndex& index, std::vector<SeriesId>& ids);

  size_t memory_bytes() const;

 private:
  void SortMetric(const SeriesIndex& index, PairId metric, std::vector<SeriesId>& ids);
  static void AddMissing(const SeriesIndex& index, PairId metric, std::vector<SeriesId>& sorted);

  mutable Mutex mutex_;
  // All series of a metric in order; those created since are missing.
  std::unordered_map<PairId, std::vector<SeriesId>> by_metric_ GUARDED_BY(mutex_);
  uint64_t removed_count_ GUARDED_BY(mutex_) = 0;  // Of the index, when the orders were made.
};

}  // namespace tocsin::tsdb
