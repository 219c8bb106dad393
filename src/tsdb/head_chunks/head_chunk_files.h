#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/mutex.h"
#include "base/result.h"
#include "tsdb/head_chunks/head_chunk_file.h"

namespace tocsin::tsdb {

struct HeadChunkOptions {
  uint64_t max_file_bytes = kMaxHeadChunkFileBytes;
  /// Chunks are collected in memory up to this size before they are written: few calls, and few
  /// times that the file is mapped again.
  size_t buffer_bytes = size_t{1} << 20;
};

/// A stretch of a file that holds no readable chunk.
struct HeadChunkDamage {
  std::string path;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  std::string reason;
};

/// The begin of a file, by which it is known again.
struct HeadChunkExtent {
  uint32_t file = 0;
  uint32_t crc = 0;  ///< CRC-32C of the first `size_bytes`.
  uint64_t size_bytes = 0;
  friend bool operator==(const HeadChunkExtent&, const HeadChunkExtent&) = default;
};

namespace internal {

/// Chunks that are not written yet: the bytes of `file` from `file_offset` on. Never moved; grows
/// at the end while readers hold it.
struct HeadChunkBuffer {
  uint32_t file = 0;
  uint64_t file_offset = 0;
  std::unique_ptr<char[]> bytes;
  size_t capacity = 0;
  std::atomic<size_t> size = 0;  // Set with release after the bytes below it, read with acquire.
};

/// What readers see: mapped files and the buffer. Immutable; shared by the files and their readers.
struct HeadChunkTable {
  std::map<uint32_t, std::shared_ptr<const MappedFile>> files;
  std::shared_ptr<const HeadChunkBuffer> buffer;  // Shared with the writer, who appends to it.
};

}  // namespace internal

class HeadChunkReader;

/// The full chunks of the head: chunks_head/000001, 000002, …, mapped for reading, in Prometheus'
/// format. Use: Open, ForEach over what an earlier run left, then Write, Truncate and readers. What
/// Write returns is not durable before Flush(kDurable) or the end of its file: its samples must
/// be in a log until then. Thread-safe.
class HeadChunkFiles {
 public:
  enum class Durability { kWritten, kDurable };

  /// Creates `directory` if need be and maps the files in it. A file that cannot be mapped or is no
  /// head chunk file is left out, and told by ForEach. `fs` must outlive this object.
  static Result<std::unique_ptr<HeadChunkFiles>> Open(Fs& fs, std::string directory,
                                                      HeadChunkOptions options = {});
  /// Writes what is buffered, dropping errors.
  ~HeadChunkFiles();

  /// Appends a chunk, in the newest file or in a new one where that is full; files of an earlier
  /// run are never continued. On error (disk full) the chunk is not there; a later call may
  /// succeed.
  Result<HeadChunkRef> Write(uint64_t series_ref, int64_t min_time_ms, int64_t max_time_ms,
                             uint8_t encoding, std::string_view bytes, bool is_out_of_order);

  /// Writes what is buffered to the file, and with kDurable to stable storage.
  Status Flush(Durability durability = Durability::kWritten);

  /// Calls `visit` for each chunk that was there at Open(), in order of writing, and `report` for
  /// each damaged stretch: a torn tail, a wrong checksum, a file that is none. A chunk with a wrong
  /// checksum loses itself alone if the next one is where its length says, else the rest of its
  /// file. Nothing is changed on disk. An error of `visit` ends it and is returned.
  using Visitor = std::function<Status(HeadChunkRef ref, const HeadChunk& chunk)>;
  using DamageReport = std::function<void(const HeadChunkDamage& damage)>;
  Status ForEach(const Visitor& visit, const DamageReport& report) const;

  /// All that was written and kept, buffered chunks included: what the next start may go on with if
  /// a Flush(kDurable) after it succeeds.
  std::vector<HeadChunkExtent> Extents() const;
  /// Whether the files still begin with what Extents said; else kCorruption, naming the file.
  Status Check(std::span<const HeadChunkExtent> extents) const;
  /// Goes on with what Extents of an earlier run said, which Check has found to be there, and
  /// removes whatever else is in the directory. Once, before any Write and reader; ForEach has
  /// nothing to show afterwards. Goes on after an error, and returns the first.
  Status Keep(std::span<const HeadChunkExtent> extents);

  /// Removes all files below `number` but the one that is being written. Readers go on with what
  /// they hold. Goes on after an error, and returns the first.
  Status Truncate(uint32_t number);

  /// Begins a new file with the next chunk, so that Truncate can take all of those before.
  Status CutFile();

  /// Reads chunks. Cheap to make; one a query and thread. Must not outlive this object.
  HeadChunkReader MakeReader() const;

  /// Where the next chunk goes, unless the file is full.
  uint32_t next_file() const;
  /// Bytes in files and buffer.
  uint64_t size_bytes() const;
  const std::string& directory() const { return directory_; }

 private:
  friend class HeadChunkReader;
  using Table = internal::HeadChunkTable;
  using Buffer = internal::HeadChunkBuffer;

  HeadChunkFiles(Fs& fs, std::string directory, HeadChunkOptions options)
      : fs_(fs), directory_(std::move(directory)), options_(options) {}

  Status MapFiles();
  Status RemoveAllBut(const std::map<uint32_t, HeadChunkExtent>& kept);
  Status Shorten(const std::string& path, uint64_t size_bytes);
  std::string PathOf(uint32_t number) const;
  std::shared_ptr<const Table> table() const;
  Status OpenFileLocked() REQUIRES(mutex_);
  Status FlushLocked() REQUIRES(mutex_);
  Status FinishFileLocked() REQUIRES(mutex_);
  Status RepairLocked() REQUIRES(mutex_);
  void PublishLocked(std::shared_ptr<const MappedFile> current) REQUIRES(mutex_);

  // Constant after Open() and Keep().
  Fs& fs_;
  const std::string directory_;
  const HeadChunkOptions options_;
  std::map<uint32_t, std::shared_ptr<const MappedFile>> initial_files_;  // For ForEach.
  std::vector<HeadChunkDamage> initial_damage_;

  mutable Mutex mutex_;
  std::shared_ptr<const Table> table_ GUARDED_BY(mutex_);  // Shared with readers.
  std::shared_ptr<Buffer> buffer_ GUARDED_BY(mutex_);      // Shared with the table and readers.
  std::unique_ptr<WritableFile> file_ GUARDED_BY(mutex_);
  uint32_t last_number_ GUARDED_BY(mutex_) = 0;
  uint64_t written_ GUARDED_BY(mutex_) = 0;     // Bytes of the current file that are in it.
  bool has_debris_ GUARDED_BY(mutex_) = false;  // A failed write may have left some behind them.
  std::string framed_ GUARDED_BY(mutex_);       // The chunk being written.
  std::map<uint32_t, HeadChunkExtent> extents_ GUARDED_BY(mutex_);  // By file.
};

/// Reads chunks of HeadChunkFiles; what it returned stays valid as long as it lives, whatever is
/// truncated meanwhile. Confined to a thread.
class HeadChunkReader {
 public:
  explicit HeadChunkReader(const HeadChunkFiles& files);

  /// The chunk that Write or ForEach gave `ref` for. kNotFound when its file is gone, kCorruption
  /// when its bytes are not what was written.
  Result<HeadChunk> Read(HeadChunkRef ref);

 private:
  std::string_view BytesOf(const internal::HeadChunkTable& table, HeadChunkRef ref,
                           uint64_t& offset) const;

  const HeadChunkFiles& files_;
  /// The newest last. All are kept for the sake of what was returned.
  std::vector<std::shared_ptr<const internal::HeadChunkTable>> tables_;
};

}  // namespace tocsin::tsdb
