#pragma once

#include <cstdint>
#include <vector>

#include "tsdb/head_state.h"

namespace tocsin::tsdb {

/// Takes samples out of order out of a head after compaction has made blocks of them. A reader that
/// began before the blocks could be seen goes on to find them here. Confined to a thread at a time.
class OutOfOrderTruncation {
 public:
  /// `state` must outlive it.
  explicit OutOfOrderTruncation(HeadState& state) : state_(state) {}

  /// Samples of commits up to `sequence` can be had elsewhere by readers to come.
  void Forget(uint64_t sequence);
  /// Frees what is forgotten and nobody looks at any more.
  void FreeForgotten();

 private:
  struct Forgotten {
    uint64_t sequence;
    uint64_t first_unaware_entry;
  };

  void Drop(uint64_t sequence);
  void MeasureTimes();

  HeadState& state_;
  std::vector<Forgotten> forgotten_;
};

}  // namespace tocsin::tsdb
