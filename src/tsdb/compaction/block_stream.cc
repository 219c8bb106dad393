#include "tsdb/compaction/block_stream.h"

namespace tocsin::tsdb {

BlockStream::BlockStream(std::shared_ptr<const BlockReader> block)
    : block_(std::move(block)), tombstones_(block_->tombstones()) {}

Status BlockStream::AppendSymbols(std::vector<std::string_view>& out) {
  out.reserve(out.size() + block_->index().symbol_count());
  block_->index().ForEachSymbol([&](SymbolRef, std::string_view text) { out.push_back(text); });
  return {};
}

Result<bool> BlockStream::Next() {
  if (!has_begun_) {
    TOCSIN_ASSIGN_OR_RETURN(postings_, block_->index().AllPostings());
    has_begun_ = true;
  }
  if (next_ == postings_.size()) return false;
  const PostingId id = postings_[next_++];
  TOCSIN_ASSIGN_OR_RETURN(labels_, block_->index().LabelsOf(id));
  TOCSIN_RETURN_IF_ERROR(block_->index().ChunksOf(id, metas_));
  deleted_ = tombstones_->Of(id);
  chunks_.clear();
  for (const ChunkMeta& meta : metas_) {
    TOCSIN_ASSIGN_OR_RETURN(const StoredChunk chunk, block_->chunks().Chunk(meta.ref));
    chunks_.push_back({meta.min_time_ms, meta.max_time_ms, chunk.encoding, chunk.bytes});
  }
  return true;
}

}  // namespace tocsin::tsdb
