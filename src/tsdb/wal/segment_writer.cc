// segment  := { page }                      each of 32 KiB but the last, which may be shorter
// page     := { fragment } { 0x00 }         zeros where less than a header fits, and at a segment's
// end fragment := type(1) length(BE16) crc32c(BE32, of the payload) payload(length bytes)
#include "tsdb/wal/segment_writer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/varint.h"

namespace tocsin::tsdb {
namespace {

FragmentType TypeOf(bool is_first, bool is_last) {
  if (is_first) return is_last ? FragmentType::kFull : FragmentType::kFirst;
  return is_last ? FragmentType::kLast : FragmentType::kMiddle;
}

uint64_t PagesTouched(uint64_t begin, uint64_t end) {
  return end == begin ? 0 : (end - 1) / kWalPageBytes - begin / kWalPageBytes + 1;
}

}  // namespace

Result<SegmentWriter> SegmentWriter::Create(Fs& fs, std::string directory, int64_t index,
                                            Options options) {
  SegmentWriter writer(fs, std::move(directory), std::move(options));
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, writer.OpenFile(index));
  writer.Begin(index, std::move(file));
  return writer;
}

Result<std::unique_ptr<WritableFile>> SegmentWriter::OpenFile(int64_t index) {
  TOCSIN_ASSIGN_OR_RETURN(
      std::unique_ptr<WritableFile> file,
      fs_->OpenForWriting(directory_ + "/" + SegmentName(index), /*truncate=*/true));
  // Without its directory entry a synced record is lost all the same.
  if (options_.sync_every_write) TOCSIN_RETURN_IF_ERROR(fs_->SyncDirectory(directory_));
  return file;
}

void SegmentWriter::Begin(int64_t index, std::unique_ptr<WritableFile> file) {
  file_ = std::move(file);
  index_ = index;
  offset_ = 0;
  has_debris_ = false;
}

Status SegmentWriter::WriteEntries(Entries entries) {
  if (!file_) return Errorf(ErrorCode::kUnavailable, "write-ahead log is closed");
  if (entries.empty()) return {};
  TOCSIN_RETURN_IF_ERROR(MakeUsable());
  Frame(entries);
  if (offset_ > 0 && offset_ + framed_.size() > options_.segment_bytes) {
    TOCSIN_RETURN_IF_ERROR(Cut());
    Frame(entries);
  }
  if (framed_.size() > options_.segment_bytes && entries.size() > 1) {
    const size_t half = entries.size() / 2;
    TOCSIN_RETURN_IF_ERROR(WriteEntries(entries.first(half)));
    return WriteEntries(entries.subspan(half));
  }
  return AppendFramed();
}

void SegmentWriter::Frame(Entries entries) {
  framed_.clear();
  framed_fragments_ = 0;
  for (const RecordBatch::Entry& entry : entries) AppendFragments(entry);
}

void SegmentWriter::AppendFragments(const RecordBatch::Entry& entry) {
  std::string_view rest = entry.payload;
  bool is_first = true;
  do {
    size_t room = kWalPageBytes - (offset_ + framed_.size()) % kWalPageBytes;
    if (room < kFragmentHeaderBytes) {
      framed_.append(room, '\0');
      room = kWalPageBytes;
    }
    const std::string_view part = rest.substr(0, room - kFragmentHeaderBytes);
    rest.remove_prefix(part.size());
    const FragmentType type = TypeOf(is_first, rest.empty());
    framed_.push_back(static_cast<char>(static_cast<uint8_t>(type) | entry.flags));
    framed_.push_back(static_cast<char>(part.size() >> 8));
    framed_.push_back(static_cast<char>(part.size()));
    PutBE32(framed_, Crc32c(part));
    framed_.append(part);
    ++framed_fragments_;
    is_first = false;
  } while (!rest.empty());
}

Status SegmentWriter::AppendFramed() {
  Status status = file_->Append(framed_);
  if (status && options_.sync_every_write) status = file_->Sync();
  if (!status) {
    has_debris_ = true;
    // If this fails too, the next write tries again before it writes anything.
    if (file_->Truncate(offset_)) has_debris_ = false;
    return status;
  }
  const uint64_t end = offset_ + framed_.size();
  counts_.page_flushes += PagesTouched(offset_, end);
  counts_.completed_pages += end / kWalPageBytes - offset_ / kWalPageBytes;
  counts_.fragments += framed_fragments_;
  counts_.fragment_bytes += framed_.size();
  offset_ = end;
  return {};
}

Status SegmentWriter::MakeUsable() {
  if (!has_debris_) return {};
  if (file_->Truncate(offset_)) {
    has_debris_ = false;
    return {};
  }
  return Cut();  // A reader reports the debris as the end of this segment and reads on in the next.
}

Status SegmentWriter::PadPage() {
  const size_t used = offset_ % kWalPageBytes;
  if (used == 0 || has_debris_) return {};
  framed_.assign(kWalPageBytes - used, '\0');
  framed_fragments_ = 0;
  return AppendFramed();
}

Status SegmentWriter::Cut() {
  if (!file_) return Errorf(ErrorCode::kUnavailable, "write-ahead log is closed");
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> next, OpenFile(index_ + 1));
  // Padding is what upstream writes and no reader needs: on a full disk it must not stop us.
  (void)PadPage();
  std::unique_ptr<WritableFile> full = std::move(file_);
  Begin(index_ + 1, std::move(next));
  return options_.seal(std::move(full));
}

Status SegmentWriter::Close() {
  if (!file_) return {};
  Status padded = PadPage();
  Status sealed = options_.seal(std::move(file_));
  return padded ? sealed : padded;
}

}  // namespace tocsin::tsdb
