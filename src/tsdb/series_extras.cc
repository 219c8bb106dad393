#include "tsdb/series_extras.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace tocsin::tsdb {

SeriesExtrasTable::SeriesExtrasTable()
    : blocks_(static_cast<std::atomic<Block*>*>(std::calloc(kMaxBlocks, sizeof(*blocks_)))) {
  CHECK(blocks_ != nullptr, "no memory for a table of blocks");
}

SeriesExtrasTable::~SeriesExtrasTable() {
  // Nothing was ever made in most heads: then no page of the table is touched.
  for (SeriesId at = 0; at < block_limit_; ++at) {
    Block* const block = blocks_[at].load(std::memory_order_relaxed);
    if (block == nullptr) continue;
    for (auto& extras : block->extras) delete extras.load(std::memory_order_relaxed);
    delete block;
  }
  std::free(blocks_);
}

SeriesExtras& SeriesExtrasTable::FindOrMake(SeriesId id) {
  if (SeriesExtras* const found = Find(id)) return *found;
  Block* block = nullptr;
  {
    MutexLock lock(mutex_);
    auto& place = blocks_[id / kBlockSize];
    block = place.load(std::memory_order_relaxed);
    if (block == nullptr) {
      block = new Block;
      place.store(block, std::memory_order_release);
      block_limit_ = std::max(block_limit_, id / kBlockSize + 1);
    }
  }
  // The series' lock is held for writing: nobody else makes or erases this one.
  auto* const made = new SeriesExtras;
  block->extras[id % kBlockSize].store(made, std::memory_order_release);
  size_.fetch_add(1, std::memory_order_relaxed);
  return *made;
}

void SeriesExtrasTable::EraseIfEmpty(SeriesId id) {
  SeriesExtras* const found = Find(id);
  if (found == nullptr || !found->empty()) return;
  blocks_[id / kBlockSize]
      .load(std::memory_order_relaxed)
      ->extras[id % kBlockSize]
      .store(nullptr, std::memory_order_release);
  size_.fetch_sub(1, std::memory_order_relaxed);
  delete found;
}

}  // namespace tocsin::tsdb
