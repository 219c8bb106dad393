#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/record_batch.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// What happened in a SegmentWriter, for metrics. Counts since it was made.
struct SegmentWriterCounts {
  uint64_t page_flushes = 0;  ///< Writes, each a page or a piece of one as upstream counts.
  uint64_t completed_pages = 0;
  uint64_t fragments = 0;
  uint64_t fragment_bytes = 0;  ///< Headers included.
};

/// Appends batches of records to numbered segment files of a directory. Never leaves half a record
/// where a reader would meet it: what a failed write left is cut off again, or, if even that fails,
/// the segment is abandoned for the next one. Confined to a thread at a time.
class SegmentWriter {
 public:
  /// Takes a full segment, to sync and close it; called by Write and Cut.
  using Seal = std::function<Status(std::unique_ptr<WritableFile>)>;

  struct Options {
    uint64_t segment_bytes = uint64_t{128} << 20;
    bool sync_every_write = false;
    Seal seal;
  };

  /// Creates segment `index` in `directory`, which exists. An existing file of that name is
  /// emptied.
  static Result<SegmentWriter> Create(Fs& fs, std::string directory, int64_t index,
                                      Options options);

  /// Appends the batch with one write, in a new segment if the current one has no room for it. Only
  /// a batch larger than a segment is split (between records); a single larger record is not. After
  /// an error none of the batch's last piece is in the log and the writer stays usable.
  Status Write(const RecordBatch& batch) { return WriteEntries(batch.entries()); }

  /// Seals the current segment, padded to a whole page, and begins the next.
  Status Cut();

  /// Pads and seals the current segment. The writer is then spent.
  Status Close();

  WalPosition position() const { return {index_, offset_}; }
  const SegmentWriterCounts& counts() const { return counts_; }

 private:
  using Entries = std::span<const RecordBatch::Entry>;

  SegmentWriter(Fs& fs, std::string directory, Options options)
      : fs_(&fs), directory_(std::move(directory)), options_(std::move(options)) {}

  Result<std::unique_ptr<WritableFile>> OpenFile(int64_t index);
  void Begin(int64_t index, std::unique_ptr<WritableFile> file);
  Status WriteEntries(Entries entries);
  void Frame(Entries entries);
  void AppendFragments(const RecordBatch::Entry& entry);
  Status AppendFramed();
  Status MakeUsable();
  Status PadPage();

  // Constant after construction.
  Fs* fs_;
  std::string directory_;
  Options options_;

  std::unique_ptr<WritableFile> file_;
  int64_t index_ = 0;
  uint64_t offset_ = 0;      // Of the end of the last complete record.
  bool has_debris_ = false;  // Bytes of a failed write may lie behind offset_.
  std::string framed_;       // The fragments of the batch being written.
  uint64_t framed_fragments_ = 0;
  SegmentWriterCounts counts_;
};

}  // namespace tocsin::tsdb
