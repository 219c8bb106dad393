// The grammar of a segment stands atop segment_writer.cc.
//
// Zeros: less than a header's worth ends any page, and any number of them ends the file (padding of
// the last page; blocks that a power failure left unwritten). Zeros anywhere else are a page that
// was lost.
#include "tsdb/wal/segment_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/compression.h"
#include "base/crc32c.h"
#include "base/varint.h"

namespace tocsin::tsdb {
namespace {

// Few system calls a segment, and little memory; 256 KiB to 4 MiB replay equally fast.
constexpr size_t kWindowBytes = 32 * kWalPageBytes;

constexpr uint8_t kKnownBits = kFragmentTypeMask | kSnappyFlag | kZstdFlag;

bool IsKnownHeader(uint8_t header) {
  const uint8_t type = header & kFragmentTypeMask;
  const bool has_both_flags = (header & kSnappyFlag) != 0 && (header & kZstdFlag) != 0;
  return (header & ~kKnownBits) == 0 && !has_both_flags && type >= 1 && type <= 4;
}

bool IsAllZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

SegmentReader::SegmentReader(std::string path, std::unique_ptr<ReadableFile> file)
    : path_(std::move(path)), file_(std::move(file)) {}

Result<std::unique_ptr<SegmentReader>> SegmentReader::Open(Fs& fs, std::string path,
                                                           uint64_t offset) {
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, fs.OpenForReading(path));
  std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(path), std::move(file)));
  const uint64_t page_offset = offset - offset % kWalPageBytes;
  TOCSIN_ASSIGN_OR_RETURN(const bool has_page, reader->LoadPage(page_offset));
  reader->is_finished_ = !has_page;
  reader->at_ = std::min<size_t>(offset - page_offset, reader->page_.size());
  return reader;
}

Result<bool> SegmentReader::LoadPage(uint64_t page_offset) {
  if (page_offset >= file_->size_bytes()) return false;
  const bool is_in_window =
      page_offset >= window_offset_ && page_offset < window_offset_ + window_.size();
  if (!is_in_window) TOCSIN_RETURN_IF_ERROR(LoadWindow(page_offset));
  if (window_.empty()) return false;  // The file shrank meanwhile.
  page_ = std::string_view(window_).substr(page_offset - window_offset_, kWalPageBytes);
  page_offset_ = page_offset;
  at_ = 0;
  return true;
}

Status SegmentReader::LoadWindow(uint64_t offset) {
  window_.resize(std::min<uint64_t>(kWindowBytes, file_->size_bytes() - offset));
  TOCSIN_ASSIGN_OR_RETURN(const size_t count,
                          file_->ReadAt(offset, window_.data(), window_.size()));
  window_.resize(count);
  window_offset_ = offset;
  return {};
}

Result<std::optional<std::string_view>> SegmentReader::Next() {
  Fragment fragment;
  std::string reason;
  while (!is_finished_) {
    switch (ReadFragment(fragment, reason)) {
      case Step::kFragment:
        if (Assemble(fragment)) {
          const std::string_view stored =
              fragment.type == FragmentType::kFull ? fragment.payload : assembled_;
          if (auto record = Decompress(stored)) return record;
        }
        break;
      case Step::kNextPage: {
        TOCSIN_ASSIGN_OR_RETURN(const bool has_page, LoadPage(page_offset_ + kWalPageBytes));
        if (!has_page) Finish(is_assembling_);
        break;
      }
      case Step::kDamage:
        ReportZeros();
        AddDamage(page_offset_ + at_, std::move(reason));
        AbandonRecord();
        at_ = FindNextFragment(at_ + 1);
        break;
      case Step::kTorn:
        ReportZeros();
        if (!is_assembling_) record_offset_ = page_offset_ + at_;
        Finish(/*is_torn=*/true);
        break;
    }
  }
  return std::optional<std::string_view>();
}

SegmentReader::Step SegmentReader::ReadFragment(Fragment& fragment, std::string& reason) {
  if (at_ >= page_.size()) return Step::kNextPage;
  if ((static_cast<uint8_t>(page_[at_]) & kFragmentTypeMask) == 0) return ReadPageEnd(reason);
  const Step step = CheckFragmentAt(at_, fragment, reason);
  if (step != Step::kFragment) return step;
  ReportZeros();
  if (!is_assembling_) record_offset_ = page_offset_ + at_;
  at_ += kFragmentHeaderBytes + fragment.payload.size();
  return step;
}

SegmentReader::Step SegmentReader::ReadPageEnd(std::string& reason) {
  const std::string_view rest = page_.substr(at_);
  if (!IsAllZero(rest)) {
    reason = "neither a record nor padding";
    return Step::kDamage;
  }
  if (rest.size() >= kFragmentHeaderBytes && !zeros_offset_) zeros_offset_ = page_offset_ + at_;
  at_ = page_.size();
  return Step::kNextPage;
}

SegmentReader::Step SegmentReader::CheckFragmentAt(size_t at, Fragment& fragment,
                                                   std::string& reason) const {
  const std::string_view rest = page_.substr(at);
  const auto header = static_cast<uint8_t>(rest.front());
  if (!IsKnownHeader(header)) {
    reason = fmt::format("unknown fragment type {:#04x}", header);
    return Step::kDamage;
  }
  const bool may_be_torn = is_last_page() && page_.size() < kWalPageBytes;
  if (rest.size() < kFragmentHeaderBytes) {
    reason = "fragment header crosses the end of its page";
    return may_be_torn ? Step::kTorn : Step::kDamage;
  }
  ByteReader bytes(rest.substr(1));
  const size_t high = bytes.ReadByte();
  const size_t length = high << 8 | bytes.ReadByte();
  const uint32_t expected_crc = bytes.ReadBE32();
  if (length > rest.size() - kFragmentHeaderBytes) {
    reason = fmt::format("fragment of {} bytes crosses the end of its page", length);
    const bool fits_a_page = at + kFragmentHeaderBytes + length <= kWalPageBytes;
    return may_be_torn && fits_a_page ? Step::kTorn : Step::kDamage;
  }
  fragment.type = static_cast<FragmentType>(header & kFragmentTypeMask);
  fragment.flags = header & static_cast<uint8_t>(~kFragmentTypeMask);
  fragment.payload = rest.substr(kFragmentHeaderBytes, length);
  const uint32_t crc = Crc32c(fragment.payload);
  if (crc == expected_crc) return Step::kFragment;
  reason = fmt::format("unexpected checksum {:x}, expected {:x}", crc, expected_crc);
  return Step::kDamage;
}

size_t SegmentReader::FindNextFragment(size_t from) const {
  Fragment fragment;
  std::string reason;
  for (size_t at = from; at + kFragmentHeaderBytes < page_.size(); ++at) {
    if (!IsKnownHeader(static_cast<uint8_t>(page_[at]))) continue;
    // An empty fragment looks like 01 and six zeros, which sample values are full of.
    const bool is_found =
        CheckFragmentAt(at, fragment, reason) == Step::kFragment && !fragment.payload.empty();
    if (is_found) return at;
  }
  return page_.size();
}

bool SegmentReader::Assemble(const Fragment& fragment) {
  const bool begins = fragment.type == FragmentType::kFull || fragment.type == FragmentType::kFirst;
  const uint64_t offset = page_offset_ + at_ - kFragmentHeaderBytes - fragment.payload.size();
  if (begins) {
    if (is_assembling_) AddDamage(record_offset_, "record has no last fragment");
    is_after_damage_ = false;
    is_assembling_ = fragment.type == FragmentType::kFirst;
    record_offset_ = offset;
    record_flags_ = fragment.flags;
    assembled_.clear();
  } else if (!is_assembling_) {
    if (!is_after_damage_) AddDamage(offset, "record has no first fragment");
    is_after_damage_ = true;
    return false;
  }
  if (fragment.type == FragmentType::kFull) return true;
  assembled_.append(fragment.payload);
  if (fragment.type != FragmentType::kLast) return false;
  is_assembling_ = false;
  return true;
}

std::optional<std::string_view> SegmentReader::Decompress(std::string_view stored) {
  Status status;
  if (stored.size() > kMaxRecordBytes) {
    status = Errorf(ErrorCode::kTooLarge, "record larger than {} bytes", kMaxRecordBytes);
  } else if (record_flags_ == 0 || stored.empty()) {
    return stored;
  } else if (record_flags_ == kSnappyFlag) {
    status = SnappyDecompress(stored, kMaxRecordBytes, decompressed_);
  } else {
    status = ZstdDecompress(stored, kMaxRecordBytes, decompressed_);
  }
  if (status) return decompressed_;
  AddDamage(record_offset_, status.error().message());
  return std::nullopt;
}

void SegmentReader::AddDamage(uint64_t offset, std::string reason) {
  damages_.push_back({offset, std::move(reason)});
}

void SegmentReader::AbandonRecord() {
  is_assembling_ = false;
  is_after_damage_ = true;
}

void SegmentReader::ReportZeros() {
  if (!zeros_offset_) return;
  AddDamage(*zeros_offset_, "zeros where records should be");
  zeros_offset_.reset();
  AbandonRecord();
}

void SegmentReader::Finish(bool is_torn) {
  is_finished_ = true;
  if (is_torn) torn_offset_ = record_offset_;
}

}  // namespace tocsin::tsdb
