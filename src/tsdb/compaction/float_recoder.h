#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {

/// Writes the floats of a series in another encoding: kDense for blocks that are smaller and faster
/// to read, kXor for blocks that Prometheus reads. The samples stay bit for bit. Chunks with start
/// timestamps (kXor2) and histograms stay as they are. Confined to a thread.
class FloatRecoder {
 public:
  explicit FloatRecoder(ChunkEncoding target) : target_(target) {}

  /// The chunks of one series, which rise and do not overlap, recoded. Valid until the next call.
  Result<std::span<const ChunkView>> Recode(std::span<const ChunkView> chunks);

 private:
  static constexpr uint32_t kSamplesPerDenseChunk = 960;  ///< Upstream's 120 are for XOR.

  bool IsToBeRecoded(const ChunkView& chunk) const;
  void FlushRun();

  const ChunkEncoding target_;
  storage::SampleBuffer samples_;               // Of neighbouring chunks to be recoded.
  std::vector<storage::EncodedChunk> recoded_;  // What FlushRun made, all of the series.
  std::vector<std::pair<bool, size_t>> order_;  // Kept (index of input) or recoded, in order.
  std::vector<ChunkView> views_;
};

}  // namespace tocsin::tsdb
