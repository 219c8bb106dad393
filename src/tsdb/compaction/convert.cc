#include "tsdb/compaction/convert.h"

#include <memory>
#include <random>
#include <vector>

#include "tsdb/block/block_layout.h"
#include "tsdb/block/block_reader.h"
#include "tsdb/block/ulid.h"
#include "tsdb/compaction/block_compactor.h"
#include "tsdb/compaction/block_stream.h"

namespace tocsin::tsdb {
namespace {

Status RemoveBlock(Fs& fs, const std::string& path) {
  const std::string hidden = path + std::string(kForDeletionSuffix);
  TOCSIN_RETURN_IF_ERROR(fs.Rename(path, hidden));
  return fs.RemoveAll(hidden);
}

Result<ConvertedBlock> ConvertBlock(Fs& fs, const std::string& directory, const std::string& path,
                                    const Ulid& name, ChunkEncoding floats) {
  ConvertedBlock result;
  result.old_path = path;
  BlockJob job;
  job.directory = directory;
  job.floats = floats;
  {
    TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<BlockReader> block, BlockReader::Open(fs, path));
    result.old_bytes = block->size_bytes();
    job.meta = *block->meta();
    job.meta.ulid = name;
    job.meta.stats = {};
    job.sources.push_back(std::make_unique<BlockStream>(block));
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<BlockMeta> written, WriteBlock(fs, std::move(job)));
  if (written) {
    result.new_path = JoinPath(directory, written->ulid.ToString());
    TOCSIN_ASSIGN_OR_RETURN(const auto block, BlockReader::Open(fs, result.new_path));
    result.new_bytes = block->size_bytes();
  }
  TOCSIN_RETURN_IF_ERROR(RemoveBlock(fs, path));
  return result;
}

}  // namespace

Status ConvertBlocks(Fs& fs, const Clock& clock, const std::string& directory, ChunkEncoding floats,
                     const std::function<void(const ConvertedBlock&)>& on_converted) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  UlidSource names(
      clock, [engine = std::mt19937_64(std::random_device()())]() mutable { return engine(); });
  for (const DirectoryEntry& entry : entries) {
    if (!entry.is_directory || !Ulid::Parse(entry.name)) continue;
    TOCSIN_ASSIGN_OR_RETURN(
        const ConvertedBlock converted,
        ConvertBlock(fs, directory, JoinPath(directory, entry.name), names.Next(), floats));
    on_converted(converted);
  }
  return {};
}

}  // namespace tocsin::tsdb
