// Deletion, clean-up and snapshots.
#include <algorithm>
#include <string>

#include "tsdb/block/block_layout.h"
#include "tsdb/database_state.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {
namespace {

// A copy goes in pieces of this: a block's chunk file may have half a gigabyte.
constexpr size_t kCopyBytes = size_t{1} << 20;

Status CopyFile(Fs& fs, const std::string& from, const std::string& to) {
  TOCSIN_ASSIGN_OR_RETURN(const auto source, fs.OpenForReading(from));
  TOCSIN_ASSIGN_OR_RETURN(const auto target, fs.OpenForWriting(to, /*truncate=*/true));
  std::string piece(kCopyBytes, '\0');
  for (uint64_t offset = 0;;) {
    TOCSIN_ASSIGN_OR_RETURN(const size_t count, source->ReadAt(offset, piece.data(), piece.size()));
    if (count == 0) break;
    TOCSIN_RETURN_IF_ERROR(target->Append(std::string_view(piece).substr(0, count)));
    offset += count;
  }
  TOCSIN_RETURN_IF_ERROR(target->Sync());
  return target->Close();
}

}  // namespace

Status Database::DeleteSeries(int64_t start_ms, int64_t end_ms, std::span<const Matcher> matchers) {
  if (start_ms > end_ms) return {};
  TOCSIN_RETURN_IF_ERROR(state_->WaitForReplay());
  MutexLock lock(state_->upkeep_mutex);
  TOCSIN_RETURN_IF_ERROR(state_->DeleteFromHead(start_ms, end_ms, matchers));
  const auto blocks = state_->store.blocks();
  for (const auto& block : *blocks) {
    if (!block->Overlaps(start_ms, end_ms)) continue;
    TOCSIN_ASSIGN_OR_RETURN(const size_t touched, block->Delete(matchers, start_ms, end_ms));
    static_cast<void>(touched);
  }
  return {};
}

Status Database::State::DeleteFromHead(int64_t start_ms, int64_t end_ms,
                                       std::span<const Matcher> matchers) {
  std::vector<TombstoneRecord> records;
  std::vector<HeadDeletion> deleted;
  const int64_t oldest_ms = head.min_time_ms();
  for (HeadSeriesExtent& series : head.ListExtents(matchers)) {
    // Cut to what is there: samples to come are not deleted.
    const int64_t from_ms = std::max(start_ms, oldest_ms);
    const int64_t to_ms = std::min(end_ms, series.newest_ms);
    if (from_ms > to_ms) continue;
    records.push_back({series.wal_ref, from_ms, to_ms});
    deleted.push_back({std::move(series.labels), from_ms, to_ms});
  }
  if (records.empty()) return {};
  std::string record;
  EncodeTombstones(records, record);
  if (const Status logged = wal->Log(record); !logged) {
    return logged.error().WithContext("log deletion");
  }
  deletions.Add(deleted);
  return {};
}

Status Database::CleanTombstones() {
  TOCSIN_RETURN_IF_ERROR(state_->WaitForReplay());
  MutexLock lock(state_->upkeep_mutex);
  const Status cleaned = state_->merger.CleanTombstones();
  state_->store.RemoveUnread();
  return cleaned;
}

Status Database::Snapshot(const std::string& directory, bool with_head) {
  if (directory == state_->options.directory) {
    return Errorf(ErrorCode::kInvalidArgument, "cannot snapshot into base directory");
  }
  const std::string name = directory.substr(directory.find_last_of('/') + 1);
  if (Ulid::Parse(name)) {
    return Errorf(ErrorCode::kInvalidArgument, "dir must not be a valid ULID");
  }
  TOCSIN_RETURN_IF_ERROR(state_->WaitForReplay());
  MutexLock lock(state_->upkeep_mutex);
  TOCSIN_RETURN_IF_ERROR(state_->fs.CreateDirectories(directory));
  const auto blocks = state_->store.blocks();
  for (const auto& block : *blocks) {
    state_->logger.Info("Snapshotting block", {{"block", block->ulid().ToString()}});
    if (const Status linked = state_->LinkBlock(*block, directory); !linked) {
      return linked.error().WithContext("error snapshotting block: " + block->directory());
    }
  }
  if (with_head) {
    auto written = state_->head_compactor.WriteSnapshot(directory);
    if (!written) return written.error().WithContext("snapshot head block");
  }
  return state_->fs.SyncDirectory(directory);
}

Status Database::State::LinkBlock(const BlockReader& block, const std::string& directory) {
  const std::string target = directory + "/" + block.ulid().ToString();
  const std::string unfinished = target + std::string(kForCreationSuffix);
  TOCSIN_RETURN_IF_ERROR(fs.RemoveAll(unfinished));
  const std::string chunks = JoinPath(block.directory(), kChunksDirectoryName);
  const std::string target_chunks = JoinPath(unfinished, kChunksDirectoryName);
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(target_chunks));
  for (const std::string_view name : {kIndexFileName, kMetaFileName, kTombstonesFileName}) {
    const std::string from = JoinPath(block.directory(), name);
    if (!fs.Exists(from)) continue;  // A block without tombstones need not have the file.
    TOCSIN_RETURN_IF_ERROR(LinkFile(from, JoinPath(unfinished, name)));
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(chunks));
  for (const DirectoryEntry& entry : entries) {
    TOCSIN_RETURN_IF_ERROR(
        LinkFile(JoinPath(chunks, entry.name), JoinPath(target_chunks, entry.name)));
  }
  TOCSIN_RETURN_IF_ERROR(fs.SyncDirectory(target_chunks));
  TOCSIN_RETURN_IF_ERROR(fs.SyncDirectory(unfinished));
  return fs.Rename(unfinished, target);
}

Status Database::State::LinkFile(const std::string& from, const std::string& to) {
  const Status linked = fs.Link(from, to);
  // Another file system, or one without links.
  return linked ? linked : CopyFile(fs, from, to);
}

}  // namespace tocsin::tsdb
