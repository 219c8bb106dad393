#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/ulid.h"

namespace tocsin::tsdb {

/// A block that was set aside because it cannot be read.
struct QuarantinedBlock {
  std::string path;    ///< Where it is now.
  std::string reason;  ///< One sentence.
};

/// The block directories of a data directory: finding, removing and setting them aside. Knows
/// nothing of what is in them. Thread-compatible.
class BlocksDirectory {
 public:
  /// What is quarantined goes to this directory below; Prometheus looks at names of blocks only.
  static constexpr std::string_view kQuarantineName = "quarantine";

  /// `fs` and `logger` must outlive it; `path` must exist.
  BlocksDirectory(Fs& fs, Logger& logger, std::string path)
      : fs_(fs), logger_(logger), path_(std::move(path)) {}

  /// Removes blocks that are half made or half removed. What cannot be removed is logged.
  void RemoveHalfMade();

  /// The names of the blocks there are, rising.
  Result<std::vector<Ulid>> List() const;

  std::string PathOf(const Ulid& ulid) const { return path_ + "/" + ulid.ToString(); }
  const std::string& path() const { return path_; }

  /// Takes a block its name, so that neither it nor half of it is ever taken for a block again.
  /// What is mapped stays readable.
  Status Hide(const Ulid& ulid);
  /// Removes the files of a hidden block.
  Status RemoveHidden(const Ulid& ulid);

  /// Moves a block to the quarantine and leaves the reason beside it in `ULID.reason.txt`.
  Result<QuarantinedBlock> Quarantine(const Ulid& ulid, const std::string& reason);
  /// What was set aside, now or earlier.
  std::vector<QuarantinedBlock> ListQuarantined() const;

 private:
  std::string HiddenPathOf(const Ulid& ulid) const {
    return PathOf(ulid) + std::string(kForDeletionSuffix);
  }

  Fs& fs_;
  Logger& logger_;
  const std::string path_;
};

}  // namespace tocsin::tsdb
