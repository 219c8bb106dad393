#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tocsin::tsdb {

/// When the counter of a series began to count, for each of its samples. That changes only when
/// the counter is reset, so what is kept are the times from which on it is another.
/// Thread-compatible.
class StartTimes {
 public:
  /// The sample at `timestamp_ms`, newer than all before, has this start; 0: it is not known.
  void Note(int64_t timestamp_ms, int64_t start_ms) {
    if (runs_.empty() ? start_ms == 0 : runs_.back().start_ms == start_ms) return;
    runs_.push_back({timestamp_ms, start_ms});
  }
  int64_t Of(int64_t timestamp_ms) const {
    const auto after = std::ranges::upper_bound(runs_, timestamp_ms, {}, &Run::from_ms);
    return after == runs_.begin() ? 0 : std::prev(after)->start_ms;
  }
  /// Whether the newest sample's is known.
  bool IsKnownOfNewest() const { return !runs_.empty() && runs_.back().start_ms != 0; }
  /// Whether it is known of any sample since `timestamp_ms`.
  bool IsKnownSince(int64_t timestamp_ms) const {
    return !runs_.empty() && (IsKnownOfNewest() || runs_.back().from_ms > timestamp_ms);
  }
  /// Forgets what is of samples before `min_ms` only.
  void DropBefore(int64_t min_ms) {
    const auto after = std::ranges::upper_bound(runs_, min_ms, {}, &Run::from_ms);
    if (after != runs_.begin()) runs_.erase(runs_.begin(), std::prev(after));
    if (runs_.size() == 1 && runs_.front().start_ms == 0) runs_.clear();
  }
  void Clear() { runs_.clear(); }

  bool empty() const { return runs_.empty(); }
  size_t heap_bytes() const { return runs_.capacity() * sizeof(Run); }

 private:
  struct Run {
    int64_t from_ms;
    int64_t start_ms;
  };
  std::vector<Run> runs_;
};

}  // namespace tocsin::tsdb
