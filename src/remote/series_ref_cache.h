#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/mutex.h"
#include "storage/appendable.h"

namespace tocsin::remote {

/// What identifies a series by the bytes in which a sender names it: 128 bits of a hash with a
/// secret of this process, so that nobody can make two names meet, and chance will not.
struct SeriesKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

/// Hashes bytes to a SeriesKey (XXH3 with `secret` as seed).
SeriesKey MakeSeriesKey(std::string_view bytes, uint64_t secret);

/// Remembers the storage reference of series that were written before, so that their labels need
/// not be decoded again. Bounded; an entry may be lost at any time, and a reference that storage no
/// longer knows is replaced when found out. 16 bytes a place, two thirds of the places used at most
/// until the bound is reached. Thread-safe.
class SeriesRefCache {
 private:
  // Invariants of the lock-free reads:
  // 1. A slot holds `mixed` = key.high ^ ref and `ref`; ref 0 is an empty slot.
  // 2. Writers (one at a time) store both words, in any order readers may see.
  // 3. A reader that sees the words of two different writes finds mixed ^ ref unequal to its key,
  //    save with the chance that two random 64-bit numbers are equal: a miss, never a wrong hit.
  // 4. References are numbers that storage checks itself, so nothing is published through a slot
  //    and relaxed order is enough.
  struct Slot {
    std::atomic<uint64_t> mixed{0};
    std::atomic<uint64_t> ref{0};
  };
  static constexpr size_t kSlotsPerLine = 4;
  static constexpr size_t kProbedSlots = 16;  // Four lines: at 2/3 full none overflows in practice.
  struct alignas(64) Line {
    Slot slots[kSlotsPerLine];
  };

  struct FreeLines {
    void operator()(Line* lines) const;
  };

  struct Table {
    explicit Table(size_t slot_count)
        : mask(slot_count - 1), lines(MakeLines(slot_count / kSlotsPerLine)) {}
    size_t Start(const SeriesKey& key) const { return key.low & mask & ~(kSlotsPerLine - 1); }
    /// Of the slots beginning at `start`, which wrap around at the end.
    Slot& At(size_t start, size_t offset) const {
      const size_t index = (start + offset) & mask;
      return lines[index / kSlotsPerLine].slots[index % kSlotsPerLine];
    }
    const size_t mask;
    const std::unique_ptr<Line[], FreeLines> lines;
  };

 public:
  /// `max_series` bounds the entries (rounded up to a power of two).
  explicit SeriesRefCache(size_t max_series);

  /// The cache as one request sees it. Thread-safe; cheap to copy.
  class View {
   public:
    /// Starts loading the line that Find will look at first.
    void Prefetch(const SeriesKey& key) const {
      __builtin_prefetch(&table_->At(table_->Start(key), 0));
    }
    /// The reference, or 0.
    storage::SeriesRef Find(const SeriesKey& key) const;

   private:
    friend class SeriesRefCache;
    explicit View(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
    std::shared_ptr<const Table> table_;  // Shared with the cache until that grows.
  };
  View MakeView() const;

  /// Adds or replaces an entry. When full, another one goes. Views made before may not see it.
  void Insert(const SeriesKey& key, storage::SeriesRef ref);

 private:
  static std::unique_ptr<Line[], FreeLines> MakeLines(size_t count);
  void GrowLocked() REQUIRES(mutex_);

  const size_t max_slots_;
  mutable Mutex mutex_;
  std::shared_ptr<Table> table_ GUARDED_BY(mutex_);  // Views of running requests share it.
  size_t used_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::remote
