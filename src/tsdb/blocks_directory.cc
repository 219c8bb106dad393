#include "tsdb/blocks_directory.h"

#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {
namespace {

constexpr std::string_view kReasonSuffix = ".reason.txt";
// Reasons are a sentence; whoever writes novels beside blocks does not get them all shown.
constexpr uint64_t kMaxReasonBytes = 16 << 10;

bool IsHalfMade(const std::string& name) {
  for (const std::string_view suffix : {kForCreationSuffix, kForDeletionSuffix}) {
    if (name.ends_with(suffix) &&
        Ulid::Parse(std::string_view(name).substr(0, name.size() - suffix.size()))) {
      return true;
    }
  }
  return false;
}

}  // namespace

void BlocksDirectory::RemoveHalfMade() {
  const auto entries = fs_.List(path_);
  if (!entries) return;  // List() will say why.
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory || !IsHalfMade(entry.name)) continue;
    const std::string path = JoinPath(path_, entry.name);
    if (const Status removed = fs_.RemoveAll(path); removed) {
      logger_.Info("Removed unfinished block directory", {{"dir", path}});
    } else {
      logger_.Error("Could not remove unfinished block directory",
                    {{"dir", path}, {"err", removed.error().message()}});
    }
  }
}

Result<std::vector<Ulid>> BlocksDirectory::List() const {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs_.List(path_));
  std::vector<Ulid> names;
  for (const DirectoryEntry& entry : entries) {
    if (!entry.is_directory) continue;
    if (const Result<Ulid> ulid = Ulid::Parse(entry.name)) names.push_back(*ulid);
  }
  return names;
}

Status BlocksDirectory::Hide(const Ulid& ulid) {
  if (!fs_.Exists(PathOf(ulid))) return {};  // Hidden before, or somebody else removed it.
  TOCSIN_RETURN_IF_ERROR(fs_.RemoveAll(HiddenPathOf(ulid)));
  TOCSIN_RETURN_IF_ERROR(fs_.Rename(PathOf(ulid), HiddenPathOf(ulid)));
  return fs_.SyncDirectory(path_);
}

Status BlocksDirectory::RemoveHidden(const Ulid& ulid) { return fs_.RemoveAll(HiddenPathOf(ulid)); }

Result<QuarantinedBlock> BlocksDirectory::Quarantine(const Ulid& ulid, const std::string& reason) {
  const std::string directory = JoinPath(path_, kQuarantineName);
  TOCSIN_RETURN_IF_ERROR(fs_.CreateDirectories(directory));
  const QuarantinedBlock block{JoinPath(directory, ulid.ToString()), reason};
  TOCSIN_RETURN_IF_ERROR(
      fs_.WriteFileAtomically(block.path + std::string(kReasonSuffix), reason + "\n"));
  TOCSIN_RETURN_IF_ERROR(fs_.Rename(PathOf(ulid), block.path));
  TOCSIN_RETURN_IF_ERROR(fs_.SyncDirectory(directory));
  TOCSIN_RETURN_IF_ERROR(fs_.SyncDirectory(path_));
  return block;
}

std::vector<QuarantinedBlock> BlocksDirectory::ListQuarantined() const {
  std::vector<QuarantinedBlock> blocks;
  const std::string directory = JoinPath(path_, kQuarantineName);
  const auto entries = fs_.List(directory);
  if (!entries) return blocks;  // Nothing was ever set aside.
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory) continue;
    QuarantinedBlock block{JoinPath(directory, entry.name), "unknown"};
    if (auto reason = fs_.ReadFile(block.path + std::string(kReasonSuffix), kMaxReasonBytes)) {
      while (!reason->empty() && reason->back() == '\n') reason->pop_back();
      block.reason = std::move(*reason);
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace tocsin::tsdb
