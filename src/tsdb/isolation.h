#pragma once

#include <atomic>
#include <cstdint>
#include <list>

#include "base/mutex.h"

namespace tocsin::tsdb {

/// Who may see what. Commits are numbered; a reader sees those up to the number that was published
/// when it entered, and nothing that changes later.
///
/// Invariants:
/// 1. Sequence numbers are handed out and published one after the other, under the commit lock.
/// 2. Samples carry their commit's sequence until it is <= OldestSequence(); only then may they be
/// moved
///    where no sequence is kept (into chunks). Readers that enter later have at least that
///    sequence.
/// 3. A reader clamps its range to min_time_ms as of its entry; data is dropped only below
///    OldestMinTime(), so no reader misses what it saw before.
/// 4. Readers leave in any order, but their points are listed in order of entry and only grow, so
/// the
///    oldest is the front.
/// Thread-safe.
class Isolation {
 public:
  struct Point {
    uint64_t sequence = 0;    ///< Commits up to this one are visible.
    int64_t min_time_ms = 0;  ///< Samples before this are not.
    uint64_t entry = 0;       ///< Number of this entry, rising.
  };
  using Ticket = std::list<Point>::const_iterator;

  Ticket Enter();
  void Leave(Ticket ticket);

  uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  /// Makes a commit visible. `sequence` is committed() + 1.
  void Publish(uint64_t sequence) { committed_.store(sequence, std::memory_order_release); }

  /// Every reader, now or later, sees commits up to this.
  uint64_t OldestSequence() const;
  /// No reader, now or later, looks at samples before this.
  int64_t OldestMinTime() const;

  int64_t min_time_ms() const { return min_time_ms_.load(std::memory_order_relaxed); }
  /// Raises the lower bound of readers to come; a lower value is ignored.
  void RaiseMinTime(int64_t min_time_ms);

  /// The number the next reader gets.
  uint64_t next_entry() const;
  /// Whether some reader is there that entered before `entry`.
  bool AnyBefore(uint64_t entry) const;

 private:
  mutable Mutex mutex_;
  std::list<Point> points_ GUARDED_BY(mutex_);
  uint64_t next_entry_ GUARDED_BY(mutex_) = 1;
  std::atomic<uint64_t> committed_{0};
  std::atomic<int64_t> min_time_ms_{INT64_MIN};
};

}  // namespace tocsin::tsdb
