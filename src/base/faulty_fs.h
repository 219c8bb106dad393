#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/mutex.h"

namespace tocsin {

/// A file system in memory that can refuse or crash at any chosen write, and that knows what a disk
/// would show afterwards. It counts operations that change something (creating, writing, syncing,
/// truncating, renaming, removing); a test runs its scenario once to learn their number, then once
/// for each of them.
///
/// A file's bytes are durable after its Sync(), a file's or renamed directory's name after
/// SyncDirectory() of its parent. (A made directory is durable at once: a simplification.)
/// Thread-safe; files that it opened must not outlive it.
class FaultyFs final : public Fs {
 public:
  enum class Fault {
    kNoSpace,  ///< "no space left on device"; a write arrives by half.
    kIoError,  ///< "input/output error"; a write arrives by half.
    kCrash,    ///< A write arrives by half, and all later operations fail.
  };

  /// What is there after a crash.
  enum class Survival {
    kWritten,  ///< All that was written: the process died, the kernel lived.
    kSynced,   ///< Only what was synced: the power failed.
    kTorn,     ///< What was synced, and of the rest a random part of each file, some of it zeros.
  };

  FaultyFs();
  ~FaultyFs() override;

  /// The operation that is `nth` from now (0: the next) meets `fault`, and `count` - 1 after it
  /// too.
  void FailAt(uint64_t nth, Fault fault, uint64_t count = 1);
  /// Takes back FailAt.
  void Heal();
  uint64_t write_operations() const;
  bool has_crashed() const;

  /// A new, faultless file system with what this one's disk would show. `seed` decides for kTorn.
  std::unique_ptr<FaultyFs> AfterCrash(Survival survival, uint64_t seed = 0) const;

  Result<std::unique_ptr<WritableFile>> OpenForWriting(const std::string& path,
                                                       bool truncate) override;
  Result<std::unique_ptr<ReadableFile>> OpenForReading(const std::string& path) override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& directory) override;
  Status CreateDirectories(const std::string& directory) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveAll(const std::string& path) override;
  Status SyncDirectory(const std::string& directory) override;
  bool Exists(const std::string& path) override;
  Status Link(const std::string& from, const std::string& to) override;
  /// What SetCapacityBytes said; 1 TiB before.
  Result<uint64_t> CapacityBytes(const std::string& path) override;
  void SetCapacityBytes(uint64_t capacity_bytes);

 private:
  struct File;
  struct Directory;
  struct Entry;
  struct Place;
  class OpenedForWriting;
  class OpenedForReading;

  Status BeginWrite(std::string_view operation, const std::string& path) REQUIRES(mutex_);
  Result<Place> Find(std::string_view operation, const std::string& path) const REQUIRES(mutex_);
  Result<std::shared_ptr<File>> FindFile(const std::string& path) const REQUIRES(mutex_);
  Result<std::shared_ptr<Directory>> FindDirectory(std::string_view operation,
                                                   const std::string& path) const REQUIRES(mutex_);
  Status Empty(Directory& directory, const std::string& path) REQUIRES(mutex_);
  Status Append(File& file, const std::string& path, std::string_view bytes);
  Status Sync(File& file, const std::string& path);
  Status Truncate(File& file, const std::string& path, uint64_t size_bytes);

  mutable Mutex mutex_;
  std::shared_ptr<Directory> root_ GUARDED_BY(mutex_);
  uint64_t capacity_bytes_ GUARDED_BY(mutex_) = uint64_t{1} << 40;
  uint64_t operations_ GUARDED_BY(mutex_) = 0;
  uint64_t fault_begin_ GUARDED_BY(mutex_) = 0;
  uint64_t fault_end_ GUARDED_BY(mutex_) = 0;
  Fault fault_ GUARDED_BY(mutex_) = Fault::kIoError;
  bool has_crashed_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin
