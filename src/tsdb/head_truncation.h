#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tsdb/head_state.h"

namespace tocsin::tsdb {

/// Takes old data, and the series that have no other, out of a head. Confined to a thread at a
/// time.
///
/// What a reader may still look at stays: samples until no reader reaches that far back, ids and
/// labels of removed series until all readers are gone that were there when the series was removed.
class HeadTruncation {
 public:
  /// `state` must outlive it.
  explicit HeadTruncation(HeadState& state) : state_(state) {}

  /// Makes samples before `min_time_ms` invisible to readers to come, and frees what nobody can
  /// see.
  void Truncate(int64_t min_time_ms);
  /// The oldest head chunk file that is needed for what the last Truncate left, or for what was
  /// moved to files since.
  uint32_t oldest_chunk_file() const { return oldest_chunk_file_; }
  /// Whether chunks that were in files have gone since the last call.
  bool TakeHasDroppedFileChunks() { return std::exchange(has_dropped_file_chunks_, false); }

 private:
  /// Series removed at a time, and the number of the first reader that cannot have seen them.
  struct Removed {
    std::vector<SeriesId> ids;
    uint64_t first_unaware_entry;
  };

  std::vector<SeriesId> AllSeries() const;
  bool DropSamples(SeriesId id, int64_t min_time_ms, uint64_t visible_to_all);
  void RemoveEmpty(std::vector<SeriesId> candidates);
  bool IsRemovable(SeriesId id);
  void ReleaseForgotten();

  HeadState& state_;
  std::vector<Removed> removed_;
  uint32_t oldest_chunk_file_ = 0;  // Nothing is known before the first Truncate.
  bool has_dropped_file_chunks_ = false;
};

}  // namespace tocsin::tsdb
