#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/any_sample.h"

namespace tocsin::tsdb {

/// The samples of a series that came out of order, until compaction takes them: the newest sorted
/// in a list with the numbers of their commits, older ones in chunks, each of which is sorted but
/// may overlap with others. Of samples at one time the one that came first counts.
/// Plain memory; the series' lock guards it.
class OutOfOrderColumn {
 public:
  /// Samples in the list before they are made a chunk: upstream's OutOfOrderCapMax.
  static constexpr size_t kOpenSamples = 32;

  /// Adds a sample. False: one with its time is among the newest already, and stays. When the list
  /// is full and every reader may see all of it (up to `visible_to_all`), it becomes chunks.
  bool Add(AnySample sample, uint64_t visible_to_all);

  /// Appends the samples with start_ms <= t <= end_ms that `sequence` may see, in order of time.
  Status Read(uint64_t sequence, int64_t start_ms, int64_t end_ms,
              std::vector<AnySample>& out) const;

  /// Forgets samples of commits up to `sequence`; a chunk with later ones stays whole.
  void DropThrough(uint64_t sequence);

  bool empty() const { return open_.empty() && sealed_.empty(); }
  /// INT64_MAX and INT64_MIN when empty.
  int64_t min_time_ms() const;
  int64_t max_time_ms() const;
  size_t chunk_count() const { return sealed_.size() + (open_.empty() ? 0 : 1); }
  size_t heap_bytes() const;

 private:
  struct SealedChunk {
    storage::EncodedChunk chunk;
    uint64_t newest_sequence = 0;
  };

  void Seal();

  std::vector<AnySample> open_;
  std::vector<SealedChunk> sealed_;  // In order of making.
};

}  // namespace tocsin::tsdb
