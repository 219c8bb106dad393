#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// A snapshot file and, beside it, a journal of the changes since: what a component knew survives
/// kill -9 at any instruction. The snapshot's bytes are the owner's; so are the records'. What
/// cannot be read is moved to `<path>.corrupt` and logged, never a reason not to start.
/// Thread-safe. Lock order: this object's lock before its owner's.
class DurableState {
 public:
  /// When a change is on stable storage.
  enum class Sync {
    kNow,    ///< When Append returns: survives the loss of power.
    kLater,  ///< It survives the death of the process at once, the loss of power by the next Fold.
  };

  /// Keeps references to `fs` and `logger`. `path` is the snapshot; the journal is
  /// `<path>.journal`.
  DurableState(Fs& fs, Logger& logger, std::string path);
  ~DurableState();

  /// Reads both files, in the order of their writing, and opens the journal for appending. Each
  /// callback may refuse its bytes; then they are set aside. Called once, before anything else.
  Status Load(const std::function<Status(std::string_view snapshot)>& take_snapshot,
              const std::function<Status(std::string_view record)>& take_record);

  /// Adds a record to the journal. After an error the journal is as it was before.
  Status Append(std::string_view record, Sync sync);

  /// Replaces the snapshot by what `make_snapshot` returns and empties the journal. The callback
  /// runs under this object's lock, so it sees every change that was appended; it may take the
  /// owner's lock.
  Status Fold(const std::function<std::string()>& make_snapshot);

  uint64_t journal_bytes() const;
  /// Of the last snapshot written or read.
  uint64_t snapshot_bytes() const;

 private:
  void SetAside(const std::string& path, const Error& why);
  Status ReadJournal(const std::function<Status(std::string_view record)>& take_record)
      REQUIRES(mutex_);
  Status OpenJournal(bool truncate) REQUIRES(mutex_);

  Fs& fs_;
  Logger& logger_;
  const std::string path_;
  const std::string journal_path_;

  mutable Mutex mutex_;
  std::unique_ptr<WritableFile> journal_ GUARDED_BY(mutex_);
  uint64_t snapshot_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::alertmanager
