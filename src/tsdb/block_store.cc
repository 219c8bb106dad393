#include "tsdb/block_store.h"

#include <algorithm>
#include <numeric>

namespace tocsin::tsdb {

Status BlockStore::Open() {
  directory_.RemoveHalfMade();
  {
    MutexLock lock(mutex_);
    quarantined_ = directory_.ListQuarantined();
  }
  return Load(/*sets_aside=*/true);
}

Status BlockStore::Load(bool sets_aside) {
  TOCSIN_ASSIGN_OR_RETURN(std::vector<Ulid> names, directory_.List());
  std::erase_if(names, [&](const Ulid& ulid) {
    return std::ranges::find(dropped_, ulid, &Dropped::ulid) != dropped_.end();
  });
  Opened opened = OpenAll(names, *blocks());
  std::set<Ulid> gone;
  for (const auto& block : opened.blocks) {
    const auto meta = block->meta();
    if (meta->compaction.is_deletable) gone.insert(meta->ulid);
    for (const BlockDescription& parent : meta->compaction.parents) gone.insert(parent.ulid);
  }
  for (const auto& [ulid, error] : opened.failed) {
    if (gone.contains(ulid)) {
      dropped_.push_back({ulid, {}, false});  // Its child has what was in it.
    } else if (sets_aside) {
      SetAside(ulid, error);
    } else {
      logger_.Error("Could not open block", {{"block", ulid.ToString()}, {"err", error.message()}});
    }
  }
  DropFrom(opened.blocks, gone);
  Publish(std::move(opened.blocks));
  RemoveUnread();
  return {};
}

BlockStore::Opened BlockStore::OpenAll(const std::vector<Ulid>& names, const Blocks& known) const {
  Opened opened;
  for (const Ulid& ulid : names) {
    const auto found =
        std::ranges::find(known, ulid, [](const auto& block) { return block->ulid(); });
    if (found != known.end()) {
      opened.blocks.push_back(*found);
    } else if (auto block = BlockReader::Open(fs_, directory_.PathOf(ulid))) {
      opened.blocks.push_back(std::move(*block));
    } else {
      opened.failed.emplace_back(ulid, block.error());
    }
  }
  return opened;
}

void BlockStore::SetAside(const Ulid& ulid, const Error& error) {
  const std::string name = ulid.ToString();
  if (error.code() == ErrorCode::kUnavailable) {
    // The disk's fault, not the block's: another start may read it.
    logger_.Error("Could not open block", {{"block", name}, {"err", error.message()}});
    return;
  }
  auto block = directory_.Quarantine(ulid, error.message());
  if (!block) {
    logger_.Error("Could not set corrupt block aside",
                  {{"block", name}, {"err", block.error().message()}, {"reason", error.message()}});
    return;
  }
  logger_.Error("Corrupt block set aside",
                {{"block", name}, {"path", block->path}, {"reason", error.message()}});
  MutexLock lock(mutex_);
  quarantined_.push_back(std::move(*block));
}

void BlockStore::Publish(Blocks blocks) {
  std::ranges::stable_sort(
      blocks, {}, [](const auto& block) { return std::pair(block->min_time_ms(), block->ulid()); });
  auto list = std::make_shared<const Blocks>(std::move(blocks));
  MutexLock lock(mutex_);
  blocks_.swap(list);
}

void BlockStore::DropFrom(Blocks& blocks, const std::set<Ulid>& gone) {
  std::erase_if(blocks, [&](const std::shared_ptr<BlockReader>& block) {
    if (!gone.contains(block->ulid())) return false;
    dropped_.push_back({block->ulid(), block, false});
    return true;
  });
}

std::shared_ptr<const BlockStore::Blocks> BlockStore::blocks() const {
  MutexLock lock(mutex_);
  return blocks_;
}

std::vector<QuarantinedBlock> BlockStore::quarantined() const {
  MutexLock lock(mutex_);
  return quarantined_;
}

uint64_t BlockStore::size_bytes() const {
  const auto list = blocks();
  return std::accumulate(list->begin(), list->end(), uint64_t{0},
                         [](uint64_t sum, const auto& block) { return sum + block->size_bytes(); });
}

Status BlockStore::Replace(const Ulid& made, std::span<const Ulid> gone) {
  auto block = BlockReader::Open(fs_, directory_.PathOf(made));
  if (!block) {
    SetAside(made, block.error());
    return block.error();
  }
  Blocks changed = *blocks();
  changed.push_back(std::move(*block));
  DropFrom(changed, {gone.begin(), gone.end()});
  Publish(std::move(changed));
  HideDropped();
  return {};
}

void BlockStore::Drop(std::span<const Ulid> gone) {
  if (gone.empty()) return;
  Blocks changed = *blocks();
  DropFrom(changed, {gone.begin(), gone.end()});
  Publish(std::move(changed));
  HideDropped();
}

// In order: a block must not be found again after its child has gone, and been forgotten as parent.
void BlockStore::HideDropped() {
  for (Dropped& dropped : dropped_) {
    if (dropped.is_hidden) continue;
    if (const Status hidden = directory_.Hide(dropped.ulid); !hidden) {
      logger_.Error("Could not delete obsolete block",
                    {{"block", dropped.ulid.ToString()}, {"err", hidden.error().message()}});
      return;
    }
    dropped.is_hidden = true;
    logger_.Info("Deleting obsolete block", {{"block", dropped.ulid.ToString()}});
  }
}

void BlockStore::RemoveUnread() {
  HideDropped();
  std::erase_if(dropped_, [&](const Dropped& dropped) {
    if (!dropped.is_hidden || !dropped.reader.expired()) return false;
    const Status removed = directory_.RemoveHidden(dropped.ulid);
    if (!removed) {
      logger_.Error("Could not remove the files of an obsolete block",
                    {{"block", dropped.ulid.ToString()}, {"err", removed.error().message()}});
    }
    return removed.ok();
  });
}

}  // namespace tocsin::tsdb
