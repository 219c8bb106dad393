#include "tsdb/block/block_writer.h"

#include <algorithm>

#include "tsdb/block/chunk_segment_writer.h"
#include "tsdb/block/index_writer.h"
#include "tsdb/block/tombstones.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {

BlockWriter::BlockWriter(Fs& fs, std::string parent, const Ulid& ulid)
    : fs_(fs), parent_(std::move(parent)), ulid_(ulid) {}

BlockWriter::~BlockWriter() {
  if (is_finished_) return;
  index_.reset();
  chunks_.reset();
  // What cannot be removed now is removed at the next start, for its name.
  (void)fs_.RemoveAll(unfinished_directory());
}

std::string BlockWriter::unfinished_directory() const {
  return JoinPath(parent_, ulid_.ToString()) + std::string(kForCreationSuffix);
}

Result<std::unique_ptr<BlockWriter>> BlockWriter::Create(Fs& fs, const std::string& parent,
                                                         const Ulid& ulid, const Options& options) {
  std::unique_ptr<BlockWriter> writer(new BlockWriter(fs, parent, ulid));
  const std::string directory = writer->unfinished_directory();
  const std::string chunks = JoinPath(directory, kChunksDirectoryName);
  TOCSIN_RETURN_IF_ERROR(fs.RemoveAll(directory));
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(chunks));
  writer->chunks_ = std::make_unique<ChunkSegmentWriter>(fs, chunks, options.max_segment_bytes);
  TOCSIN_ASSIGN_OR_RETURN(writer->index_,
                          IndexWriter::Create(fs, JoinPath(directory, kIndexFileName)));
  return writer;
}

Status BlockWriter::AddSymbols(std::span<const std::string_view> sorted) {
  return index_->AddSymbols(sorted);
}

Status BlockWriter::AddSeries(const Labels& labels, std::span<const ChunkView> chunks) {
  if (chunks.empty()) {
    return Errorf(ErrorCode::kInvalidArgument, "series {} without chunks", labels.ToString());
  }
  std::vector<ChunkMeta> metas;
  metas.reserve(chunks.size());
  for (const ChunkView& chunk : chunks) {
    TOCSIN_ASSIGN_OR_RETURN(const ChunkMeta meta, chunks_->Add(chunk));
    metas.push_back(meta);
    TOCSIN_ASSIGN_OR_RETURN(const uint32_t samples, ChunkSampleCount(chunk.encoding, chunk.bytes));
    stats_.sample_count += samples;
    (IsHistogramEncoding(chunk.encoding) ? stats_.histogram_sample_count
                                         : stats_.float_sample_count) += samples;
    min_time_ms_ = std::min(min_time_ms_, chunk.min_time_ms);
    max_time_ms_ = std::max(max_time_ms_, chunk.max_time_ms);
  }
  TOCSIN_RETURN_IF_ERROR(index_->AddSeries(labels, metas));
  stats_.chunk_count += chunks.size();
  ++stats_.series_count;
  return {};
}

Status BlockWriter::AddSeries(const Labels& labels, std::span<const storage::EncodedChunk> chunks) {
  std::vector<ChunkView> views;
  views.reserve(chunks.size());
  for (const storage::EncodedChunk& chunk : chunks) {
    views.push_back({chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, chunk.bytes});
  }
  return AddSeries(labels, std::span<const ChunkView>(views));
}

Result<BlockMeta> BlockWriter::Finish(BlockMeta meta) {
  const bool is_inside = min_time_ms_ >= meta.min_time_ms && max_time_ms_ < meta.max_time_ms;
  if (stats_.chunk_count > 0 && !is_inside) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "samples from {} to {} are outside of block [{}, {})", min_time_ms_, max_time_ms_,
                  meta.min_time_ms, meta.max_time_ms);
  }
  meta.ulid = ulid_;
  meta.stats = stats_;
  if (meta.compaction.level == 1 && meta.compaction.sources.empty()) {
    meta.compaction.sources.push_back(ulid_);
  }
  const std::string directory = unfinished_directory();
  TOCSIN_RETURN_IF_ERROR(chunks_->Finish());
  TOCSIN_RETURN_IF_ERROR(index_->Finish());
  TOCSIN_RETURN_IF_ERROR(WriteTombstones(fs_, directory, Tombstones()));
  TOCSIN_RETURN_IF_ERROR(WriteBlockMeta(fs_, directory, meta));
  TOCSIN_RETURN_IF_ERROR(fs_.SyncDirectory(directory));
  TOCSIN_RETURN_IF_ERROR(fs_.Rename(directory, JoinPath(parent_, ulid_.ToString())));
  is_finished_ = true;
  TOCSIN_RETURN_IF_ERROR(fs_.SyncDirectory(parent_));
  return meta;
}

uint64_t BlockWriter::size_bytes() const { return chunks_->size_bytes() + index_->size_bytes(); }

}  // namespace tocsin::tsdb
