#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/check.h"

namespace tocsin::tsdb {

/// An array indexed by dense 32-bit ids whose elements never move, so that a reader may hold a
/// reference while a writer grows it. Grows in blocks; the table of blocks is reserved once and
/// costs memory only where it is touched. Growing needs one writer at a time; a reader may use any
/// index it learned of through a lock or an atomic that came after the growth. Thread-safe for
/// disjoint elements.
template <typename T, uint32_t kBlockBits = 12>
class StableArray {
 public:
  static constexpr uint32_t kBlockSize = uint32_t{1} << kBlockBits;
  static constexpr uint32_t kMaxSize = uint32_t{1} << 28;

  StableArray() : blocks_(static_cast<Block*>(std::calloc(kMaxBlocks, sizeof(Block)))) {
    CHECK(blocks_ != nullptr, "no memory for a table of blocks");
  }
  ~StableArray() {
    for (uint32_t i = 0; i < block_count_; ++i) delete[] blocks_[i].load(std::memory_order_relaxed);
    std::free(blocks_);
  }
  StableArray(const StableArray&) = delete;
  StableArray& operator=(const StableArray&) = delete;

  /// Makes indexes below `size` valid; new elements are value-initialised.
  void EnsureSize(uint32_t size) {
    CHECK(size <= kMaxSize, "more than 2^28 elements");
    while (block_count_ * kBlockSize < size) {
      // Release: whoever loads the pointer sees initialised elements.
      blocks_[block_count_].store(new T[kBlockSize](), std::memory_order_release);
      ++block_count_;
    }
  }

  T& operator[](uint32_t index) { return At(index); }
  const T& operator[](uint32_t index) const { return At(index); }

  size_t size_bytes() const { return size_t{block_count_} * kBlockSize * sizeof(T); }

 private:
  using Block = std::atomic<T*>;
  static constexpr uint32_t kMaxBlocks = kMaxSize >> kBlockBits;

  T& At(uint32_t index) const {
    return blocks_[index >> kBlockBits].load(std::memory_order_acquire)[index & (kBlockSize - 1)];
  }

  Block* blocks_;  // calloc: untouched pages of the table take no memory.
  uint32_t block_count_ = 0;
};

}  // namespace tocsin::tsdb
