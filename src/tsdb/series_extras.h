#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/mutex.h"
#include "tsdb/histogram_column.h"
#include "tsdb/out_of_order_column.h"
#include "tsdb/series_index.h"
#include "tsdb/start_times.h"

namespace tocsin::tsdb {

/// What few series have besides floats in order. Guarded as the series: by its group's mutex or its
/// stripe.
struct SeriesExtras {
  HistogramColumn histograms;
  OutOfOrderColumn out_of_order;
  StartTimes starts;  // Of the floats in order.

  bool empty() const { return histograms.empty() && out_of_order.empty() && starts.empty(); }
  size_t memory_bytes() const {
    return sizeof(SeriesExtras) + histograms.heap_bytes() + out_of_order.heap_bytes() +
           starts.heap_bytes();
  }
};

/// The extras of those series that have some; the others cost nothing but a share of a pointer to
/// 64 of them. Looking up takes no lock and, while there are no extras at all, one load.
/// Thread-safe; what Find returns lives as long as the lock of its series is held, and is made and
/// erased only with that lock held for writing.
class SeriesExtrasTable {
 public:
  SeriesExtrasTable();
  ~SeriesExtrasTable();
  SeriesExtrasTable(const SeriesExtrasTable&) = delete;
  SeriesExtrasTable& operator=(const SeriesExtrasTable&) = delete;

  /// Null when the series has none.
  SeriesExtras* Find(SeriesId id) const {
    if (size_.load(std::memory_order_relaxed) == 0) return nullptr;
    const Block* const block = blocks_[id / kBlockSize].load(std::memory_order_acquire);
    return block ? block->extras[id % kBlockSize].load(std::memory_order_acquire) : nullptr;
  }
  SeriesExtras& FindOrMake(SeriesId id);
  void EraseIfEmpty(SeriesId id);

  /// How many series have extras.
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Calls `visit(id)` for each series that had extras at some moment of the call.
  template <typename Visit>
  void ForEachId(SeriesId limit, Visit visit) const {
    if (size() == 0) return;
    for (SeriesId begin = 0; begin < limit; begin += kBlockSize) {
      const Block* const block = blocks_[begin / kBlockSize].load(std::memory_order_acquire);
      if (block == nullptr) continue;
      for (SeriesId i = 0; i < kBlockSize; ++i) {
        if (block->extras[i].load(std::memory_order_relaxed) != nullptr) visit(begin + i);
      }
    }
  }

 private:
  static constexpr SeriesId kBlockSize = 64;
  static constexpr SeriesId kMaxBlocks = (SeriesId{1} << 28) / kBlockSize;
  struct Block {
    std::atomic<SeriesExtras*> extras[kBlockSize] = {};
  };

  // calloc: what nobody touches takes no memory. A null pointer is all zeros, as elsewhere here.
  std::atomic<Block*>* const blocks_;
  std::atomic<size_t> size_{0};
  Mutex mutex_;               // Of making blocks.
  SeriesId block_limit_ = 0;  // Guarded by mutex_, but for the destructor.
};

}  // namespace tocsin::tsdb
