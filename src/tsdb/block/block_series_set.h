#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/block/block_reader.h"

namespace tocsin::tsdb {

/// The series that a selection found in a block: four bytes each; all else is read from the mapped
/// files when it is asked for. Labels that cannot be read are reported by the reads of that series.
/// Const methods are thread-safe.
class BlockSeriesSet final : public storage::SeriesSet {
 public:
  /// `ids` rise; those whose entry is unreadable may be among them. `block` and `tombstones` must
  /// outlive it: the querier holds them.
  BlockSeriesSet(const BlockReader& block, const Tombstones& tombstones, std::vector<PostingId> ids)
      : block_(block), tombstones_(tombstones), ids_(std::move(ids)) {}

  size_t size() const override { return ids_.size(); }
  Labels LabelsOf(size_t index) const override;
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override;
  /// Chunks that no tombstone touches come as they are stored, also with more than 120 samples.
  Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                    std::vector<storage::EncodedChunk>& out) const override;
  Status ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                    std::span<Latest> out) const override;
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override;

 private:
  const BlockReader& block_;
  const Tombstones& tombstones_;
  const std::vector<PostingId> ids_;
};

}  // namespace tocsin::tsdb
