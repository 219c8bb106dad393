#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "tsdb/block/block_reader.h"
#include "tsdb/blocks_directory.h"

namespace tocsin::tsdb {

/// The blocks of a database that are open. Readers take the list as it is; changes make a new one.
/// A block that is dropped from the list loses its name at once, so that no later start finds it;
/// its files stay until nobody reads them any more. blocks() and the accessors are thread-safe; the
/// others are for one thread at a time.
class BlockStore {
 public:
  using Blocks = std::vector<std::shared_ptr<BlockReader>>;  // By rising start.

  /// `fs` and `logger` must outlive it.
  BlockStore(Fs& fs, Logger& logger, const std::string& directory)
      : fs_(fs), logger_(logger), directory_(fs, logger, directory) {}

  /// To be called first: removes half-made directories, opens the blocks, sets corrupt ones aside
  /// and removes deletable ones and parents of others. Fails only if the directory cannot be read.
  Status Open();
  /// Opens what has come into the directory since, and forgets what is no longer there. What cannot
  /// be opened is only logged: somebody may be about to copy it.
  Status Reload() { return Load(/*sets_aside=*/false); }

  /// Other owners: queriers, and compactions under way.
  std::shared_ptr<const Blocks> blocks() const;
  std::vector<QuarantinedBlock> quarantined() const;
  /// Of the blocks in the list.
  uint64_t size_bytes() const;

  /// Puts `made` (a block of the directory) into the list and takes `gone` out of it, at once:
  /// readers see either. On error, and then `made` is set aside, the list is as before.
  Status Replace(const Ulid& made, std::span<const Ulid> gone);
  void Drop(std::span<const Ulid> gone);

  /// Removes the files of dropped blocks that nobody reads any more. Those that are still read are
  /// left for a later call, or for the next start.
  void RemoveUnread();

  BlocksDirectory& directory() { return directory_; }

 private:
  struct Dropped {
    Ulid ulid;
    std::weak_ptr<BlockReader> reader;
    bool is_hidden = false;
  };
  struct Opened {
    Blocks blocks;
    std::vector<std::pair<Ulid, Error>> failed;
  };

  Status Load(bool sets_aside);
  Opened OpenAll(const std::vector<Ulid>& names, const Blocks& known) const;
  void SetAside(const Ulid& ulid, const Error& error);
  void Publish(Blocks blocks);
  void DropFrom(Blocks& blocks, const std::set<Ulid>& gone);
  void HideDropped();

  Fs& fs_;
  Logger& logger_;
  BlocksDirectory directory_;
  std::vector<Dropped> dropped_;

  mutable Mutex mutex_;
  std::shared_ptr<const Blocks> blocks_ GUARDED_BY(mutex_) = std::make_shared<const Blocks>();
  std::vector<QuarantinedBlock> quarantined_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::tsdb
