#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "tsdb/stable_array.h"

namespace tocsin::tsdb {

/// Names a piece of a SlabArena; 0 is none.
using ArenaHandle = uint32_t;

/// Memory for very many small pieces: size-classed slabs, 32-bit handles, no header a piece. A slab
/// whose last piece is freed goes back to the heap. Holds up to 32 GiB.
/// Thread-safe: allocating and freeing need a Session, Get needs nothing; what is inside a piece is
/// its owner's to guard.
class SlabArena {
 public:
  /// Bytes a slab of small pieces takes from the heap: large enough to amortise malloc, small
  /// enough that a class with one piece wastes little (untouched pages stay unbacked).
  static constexpr size_t kSlabBytes = 64 << 10;

  SlabArena();
  ~SlabArena();
  SlabArena(const SlabArena&) = delete;
  SlabArena& operator=(const SlabArena&) = delete;

  /// The right to allocate and free while it lives. Holds the arena's lock, so keep it short; or,
  /// for several that work side by side, takes it for each call.
  class SCOPED_CAPABILITY Session {
   public:
    enum class Locking { kWhole, kEachCall };
    explicit Session(SlabArena& arena, Locking locking = Locking::kWhole)
        ACQUIRE(arena.mutex_) NO_THREAD_SAFETY_ANALYSIS : arena_(arena),
                                                          holds_lock_(locking == Locking::kWhole) {
      if (holds_lock_) arena_.mutex_.Lock();
    }
    ~Session() RELEASE() NO_THREAD_SAFETY_ANALYSIS {
      if (holds_lock_) arena_.mutex_.Unlock();
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// A piece of at least `size_bytes` (> 0), 8-byte aligned, not zeroed.
    ArenaHandle Allocate(size_t size_bytes) NO_THREAD_SAFETY_ANALYSIS {
      if (holds_lock_) return arena_.Allocate(size_bytes);
      MutexLock lock(arena_.mutex_);
      return arena_.Allocate(size_bytes);
    }
    /// Gives a piece back; 0 is ignored.
    void Free(ArenaHandle handle) NO_THREAD_SAFETY_ANALYSIS {
      if (handle == 0) return;
      if (holds_lock_) return arena_.Free(handle);
      MutexLock lock(arena_.mutex_);
      arena_.Free(handle);
    }

   private:
    SlabArena& arena_;
    const bool holds_lock_;
  };

  /// The bytes of a piece: stable until it is freed.
  char* Get(ArenaHandle handle) const {
    return slabs_[handle >> kUnitBits].memory.load(std::memory_order_relaxed) +
           size_t{handle & (kUnitsPerSlab - 1)} * kUnitBytes;
  }
  /// How many bytes a piece really has.
  size_t Capacity(ArenaHandle handle) const { return slabs_[handle >> kUnitBits].piece_bytes; }

  /// The real size of a piece of `size_bytes`.
  static size_t RoundUp(size_t size_bytes);

  /// Bytes in pieces handed out, and bytes taken from the heap for them.
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  size_t reserved_bytes() const { return reserved_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kUnitBits = 13;
  static constexpr uint32_t kUnitBytes = 8;
  static constexpr uint32_t kUnitsPerSlab = uint32_t{1} << kUnitBits;
  static constexpr uint32_t kMaxSlabs = uint32_t{1} << (32 - kUnitBits);
  static_assert(kUnitsPerSlab * kUnitBytes == kSlabBytes);

  struct Slab {
    // Written before the first handle into the slab is handed out; relaxed, because a handle
    // reaches other threads only through a lock.
    std::atomic<char*> memory{nullptr};
    size_t piece_bytes = 0;
    uint32_t class_index = 0;
    uint32_t free_head = 0;   // Unit of the first free piece plus 1; linked through the pieces.
    uint32_t bump_bytes = 0;  // Where the never used part begins.
    uint32_t live = 0;
    uint32_t span = 0;  // Consecutive slab ids a large piece covers.
    bool is_listed = false;
  };

  ArenaHandle Allocate(size_t size_bytes) REQUIRES(mutex_);
  void Free(ArenaHandle handle) REQUIRES(mutex_);
  ArenaHandle AllocateLarge(size_t size_bytes) REQUIRES(mutex_);
  uint32_t SlabWithRoom(uint32_t class_index, size_t piece_bytes) REQUIRES(mutex_);
  uint32_t NewSlab(size_t bytes, uint32_t span) REQUIRES(mutex_);
  void ReleaseSlab(uint32_t slab_id) REQUIRES(mutex_);

  Mutex mutex_;
  StableArray<Slab, 8> slabs_;
  uint32_t slab_count_ GUARDED_BY(mutex_) = 1;  // Slab 0 stays empty: handle 0 is none.
  std::vector<uint32_t> free_slab_ids_ GUARDED_BY(mutex_);
  std::vector<std::vector<uint32_t>> partial_slabs_ GUARDED_BY(mutex_);  // By class.
  std::atomic<size_t> used_bytes_{0};
  std::atomic<size_t> reserved_bytes_{0};
};

}  // namespace tocsin::tsdb
