#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// A stretch of a segment that holds no readable record.
struct SegmentDamage {
  uint64_t offset = 0;
  std::string reason;
};

/// Reads the records of one segment in order, passing over what is damaged: after a bad fragment it
/// looks for the next one with a good checksum, in the same page if there is one. Holds a few pages
/// and one record in memory. Confined to a thread.
class SegmentReader {
 public:
  /// Larger records are refused as damage. Prometheus' largest are those of a scrape's new series.
  static constexpr size_t kMaxRecordBytes = size_t{512} << 20;

  /// Opens `path` to read from `offset` on, which is 0, the start of a page or that of a record.
  static Result<std::unique_ptr<SegmentReader>> Open(Fs& fs, std::string path, uint64_t offset = 0);
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  /// The next readable record, decompressed, valid until the next call; nullopt at the end. Errors
  /// are those of the file system alone.
  Result<std::optional<std::string_view>> Next();

  /// Where the record that Next() returned begins.
  uint64_t record_offset() const { return record_offset_; }
  /// Bytes read so far.
  uint64_t position() const { return page_offset_ + at_; }

  /// What was passed over so far. Without the torn end.
  const std::vector<SegmentDamage>& damages() const { return damages_; }
  /// Set after the end: the file stops in the middle of a record that begins here. In the newest
  /// segment that is what a crash leaves of a write nobody was told had succeeded.
  std::optional<uint64_t> torn_offset() const { return torn_offset_; }

 private:
  struct Fragment {
    FragmentType type = FragmentType::kPageEnd;
    uint8_t flags = 0;
    std::string_view payload;
  };
  enum class Step { kFragment, kNextPage, kDamage, kTorn };

  SegmentReader(std::string path, std::unique_ptr<ReadableFile> file);

  Result<bool> LoadPage(uint64_t page_offset);
  Status LoadWindow(uint64_t offset);
  Step ReadFragment(Fragment& fragment, std::string& reason);
  Step ReadPageEnd(std::string& reason);
  Step CheckFragmentAt(size_t at, Fragment& fragment, std::string& reason) const;
  size_t FindNextFragment(size_t from) const;
  bool Assemble(const Fragment& fragment);
  std::optional<std::string_view> Decompress(std::string_view stored);
  void AddDamage(uint64_t offset, std::string reason);
  void AbandonRecord();
  void ReportZeros();
  void Finish(bool is_torn);

  bool is_last_page() const { return page_offset_ + page_.size() >= file_->size_bytes(); }

  std::string path_;
  std::unique_ptr<ReadableFile> file_;

  std::string window_;  // Several pages, read at once.
  uint64_t window_offset_ = 0;
  std::string_view page_;  // Within window_.
  uint64_t page_offset_ = 0;
  size_t at_ = 0;  // Within page_.

  bool is_assembling_ = false;    // Between a first and a last fragment.
  bool is_after_damage_ = false;  // Middle and last fragments then belong to a lost record.
  bool is_finished_ = false;
  std::string assembled_;
  uint8_t record_flags_ = 0;
  uint64_t record_offset_ = 0;
  std::string decompressed_;
  std::optional<uint64_t>
      zeros_offset_;  // Where zeros began that only the end of the file excuses.

  std::vector<SegmentDamage> damages_;
  std::optional<uint64_t> torn_offset_;
};

}  // namespace tocsin::tsdb
