#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin {

/// A file open for appending. Confined to one thread at a time.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// Writes all bytes at the end, or returns the error; then how many arrived is unknown.
  virtual Status Append(std::string_view bytes) = 0;
  /// Returns when everything written is on stable storage.
  virtual Status Sync() = 0;
  virtual Status Truncate(uint64_t size_bytes) = 0;
  virtual Status Close() = 0;
  virtual uint64_t size_bytes() const = 0;
};

/// A file open for reading at any place. Thread-safe.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Reads up to `size` bytes at `offset`; fewer only at the end of the file.
  virtual Result<size_t> ReadAt(uint64_t offset, char* out, size_t size) const = 0;
  virtual uint64_t size_bytes() const = 0;
};

/// A whole file mapped read-only. Immutable.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  /// Valid as long as this object.
  virtual std::string_view bytes() const = 0;
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  uint64_t size_bytes = 0;
};

/// The file system as components see it, so that tests can tear, refuse or crash at any write.
/// Errors: kNotFound for missing paths, kUnavailable for a full disk or an I/O error; messages name
/// the path and the system's reason. Thread-safe.
class Fs {
 public:
  virtual ~Fs() = default;
  /// Creates `path` or, with `truncate` false, opens it at its end.
  virtual Result<std::unique_ptr<WritableFile>> OpenForWriting(const std::string& path,
                                                               bool truncate) = 0;
  virtual Result<std::unique_ptr<ReadableFile>> OpenForReading(const std::string& path) = 0;
  virtual Result<std::unique_ptr<MappedFile>> Map(const std::string& path) = 0;
  /// Entries without "." and "..", sorted by name.
  virtual Result<std::vector<DirectoryEntry>> List(const std::string& directory) = 0;
  virtual Status CreateDirectories(const std::string& directory) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  /// Removes a tree; a missing one is success.
  virtual Status RemoveAll(const std::string& path) = 0;
  /// Makes creations, renames and removals inside `directory` durable.
  virtual Status SyncDirectory(const std::string& directory) = 0;
  virtual bool Exists(const std::string& path) = 0;
  /// Gives the file `from` a second name on the same file system. The default is kUnimplemented.
  virtual Status Link(const std::string& from, const std::string& to);
  /// The size of the file system that `path` is on. The default is kUnimplemented.
  virtual Result<uint64_t> CapacityBytes(const std::string& path);

  /// The whole file, refused with kTooLarge above `max_bytes`.
  Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes = uint64_t{1} << 30);
  /// Replaces `path` by a file with `bytes`: temporary file, sync, rename, sync of the directory.
  /// After a crash either the old or the new content is there.
  Status WriteFileAtomically(const std::string& path, std::string_view bytes);
};

/// The machine's file system. Thread-safe.
class PosixFs final : public Fs {
 public:
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
  Result<uint64_t> CapacityBytes(const std::string& path) override;
};

}  // namespace tocsin
