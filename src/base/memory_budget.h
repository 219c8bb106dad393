#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"

namespace tocsin {

/// A bound on bytes that can be taken and given back; a child also takes from its parent, as a
/// query's budget from that of all queries. The parent must outlive its children. Thread-safe.
class MemoryBudget {
 public:
  /// `limit_bytes` 0 means without limit.
  explicit MemoryBudget(uint64_t limit_bytes, MemoryBudget* parent = nullptr)
      : limit_bytes_(limit_bytes), parent_(parent) {}
  ~MemoryBudget() { Release(used_bytes_.load()); }
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Takes `bytes`, or takes nothing and returns kTooLarge.
  Status Take(uint64_t bytes);
  /// Gives back bytes taken before.
  void Release(uint64_t bytes);
  uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  const uint64_t limit_bytes_;
  MemoryBudget* const parent_;
  std::atomic<uint64_t> used_bytes_{0};
};

}  // namespace tocsin
