#pragma once

#include <memory>
#include <vector>

#include "tsdb/block/block_reader.h"
#include "tsdb/compaction/series_stream.h"

namespace tocsin::tsdb {

/// The series of a block, with its tombstones as of construction. Chunks are views of the mapped
/// files. Keeps the block alive. Confined to a thread.
class BlockStream final : public SeriesStream {
 public:
  explicit BlockStream(std::shared_ptr<const BlockReader> block);

  Status AppendSymbols(std::vector<std::string_view>& out) override;
  Result<bool> Next() override;
  const Labels& labels() const override { return labels_; }
  std::span<const ChunkView> chunks() const override { return chunks_; }
  std::span<const Tombstone> deleted() const override { return deleted_; }

 private:
  const std::shared_ptr<const BlockReader> block_;  // Shared with the database's list of blocks.
  const std::shared_ptr<const Tombstones> tombstones_;
  PostingsView postings_;
  size_t next_ = 0;
  bool has_begun_ = false;
  Labels labels_;
  std::vector<ChunkMeta> metas_;
  std::vector<ChunkView> chunks_;
  std::span<const Tombstone> deleted_;
};

}  // namespace tocsin::tsdb
