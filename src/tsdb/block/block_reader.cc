#include "tsdb/block/block_reader.h"

#include <algorithm>

#include "tsdb/block/block_layout.h"
#include "tsdb/block/index_selector.h"

namespace tocsin::tsdb {
namespace {

// What is missing in a block is the block's fault.
template <typename T>
Result<T> Required(Result<T> result) {
  if (!result && result.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kCorruption, result.error().message());
  }
  return result;
}

std::string_view NameOf(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// meta.json has no checksum: what can be told from other places is compared.
Status CheckMeta(const std::string& directory, const BlockMeta& meta) {
  const std::string path = JoinPath(directory, kMetaFileName);
  if (meta.ulid.is_zero()) return Errorf(ErrorCode::kCorruption, "{}: no ulid", path);
  const Result<Ulid> named = Ulid::Parse(NameOf(directory));
  if (named && *named != meta.ulid) {
    return Errorf(ErrorCode::kCorruption, "{}: ulid {} is not the directory's", path,
                  meta.ulid.ToString());
  }
  if (meta.min_time_ms > meta.max_time_ms) {
    return Errorf(ErrorCode::kCorruption, "{}: maxTime {} is before minTime {}", path,
                  meta.max_time_ms, meta.min_time_ms);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<BlockReader>> BlockReader::Open(Fs& fs, const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(BlockMeta meta, Required(ReadBlockMeta(fs, directory)));
  TOCSIN_RETURN_IF_ERROR(CheckMeta(directory, meta));
  TOCSIN_ASSIGN_OR_RETURN(Tombstones tombstones, ReadTombstones(fs, directory));
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<IndexReader> index,
                          Required(IndexReader::Open(fs, JoinPath(directory, kIndexFileName))));
  TOCSIN_ASSIGN_OR_RETURN(
      std::unique_ptr<ChunkSegmentReader> chunks,
      Required(ChunkSegmentReader::Open(fs, JoinPath(directory, kChunksDirectoryName))));
  return std::shared_ptr<BlockReader>(new BlockReader(
      fs, directory, std::move(meta), std::move(tombstones), std::move(index), std::move(chunks)));
}

BlockReader::BlockReader(Fs& fs, std::string directory, BlockMeta meta, Tombstones tombstones,
                         std::unique_ptr<IndexReader> index,
                         std::unique_ptr<ChunkSegmentReader> chunks)
    : fs_(fs),
      directory_(std::move(directory)),
      ulid_(meta.ulid),
      min_time_ms_(meta.min_time_ms),
      max_time_ms_(meta.max_time_ms),
      index_(std::move(index)),
      chunks_(std::move(chunks)),
      meta_(std::make_shared<const BlockMeta>(std::move(meta))),
      tombstones_(std::make_shared<const Tombstones>(std::move(tombstones))) {}

uint64_t BlockReader::size_bytes() const {
  return index_->size_bytes() + chunks_->size_bytes() + FormatBlockMeta(*meta()).size() +
         EncodeTombstones(*tombstones()).size();
}

std::shared_ptr<const BlockMeta> BlockReader::meta() const {
  MutexLock lock(state_mutex_);
  return meta_;
}

std::shared_ptr<const Tombstones> BlockReader::tombstones() const {
  MutexLock lock(state_mutex_);
  return tombstones_;
}

Result<size_t> BlockReader::Delete(std::span<const Matcher> matchers, int64_t start_ms,
                                   int64_t end_ms) {
  if (!Overlaps(start_ms, end_ms)) return size_t{0};
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<PostingId> ids, SelectFromIndex(*index_, matchers));
  std::vector<Tombstone> added;
  std::vector<ChunkMeta> chunks;
  for (const PostingId id : ids) {
    TOCSIN_RETURN_IF_ERROR(index_->ChunksOf(id, chunks));
    const bool is_touched = std::ranges::any_of(chunks, [&](const ChunkMeta& chunk) {
      return chunk.min_time_ms <= end_ms && chunk.max_time_ms >= start_ms;
    });
    if (!is_touched) continue;
    // Not beyond the samples that are there, as upstream.
    added.push_back({id, std::max(start_ms, chunks.front().min_time_ms),
                     std::min(end_ms, chunks.back().max_time_ms)});
  }
  const size_t count = added.size();
  if (count == 0) return count;
  MutexLock lock(change_mutex_);
  Tombstones merged = *tombstones();
  merged.Merge(Tombstones::FromUnsorted(std::move(added)));
  TOCSIN_RETURN_IF_ERROR(SetTombstonesLocked(std::move(merged)));
  return count;
}

Status BlockReader::SetTombstones(Tombstones tombstones) {
  MutexLock lock(change_mutex_);
  return SetTombstonesLocked(std::move(tombstones));
}

Status BlockReader::SetTombstonesLocked(Tombstones tombstones) {
  TOCSIN_RETURN_IF_ERROR(WriteTombstones(fs_, directory_, tombstones));
  BlockMeta meta = *this->meta();
  meta.stats.tombstone_count = tombstones.size();
  {
    // In force now, whatever becomes of the count in meta.json.
    MutexLock lock(state_mutex_);
    tombstones_ = std::make_shared<const Tombstones>(std::move(tombstones));
  }
  return SetMetaLocked(std::move(meta));
}

Status BlockReader::SetCompactionFailed() {
  MutexLock lock(change_mutex_);
  BlockMeta meta = *this->meta();
  meta.compaction.has_failed = true;
  return SetMetaLocked(std::move(meta));
}

Status BlockReader::SetMetaLocked(BlockMeta meta) {
  const Status written = WriteBlockMeta(fs_, directory_, meta);
  MutexLock lock(state_mutex_);
  meta_ = std::make_shared<const BlockMeta>(std::move(meta));
  return written;
}

}  // namespace tocsin::tsdb
