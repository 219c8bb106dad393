#include "tsdb/head_chunks/head_chunk_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/crc32c.h"
#include "base/varint.h"

namespace tocsin::tsdb {
namespace {

/// Why `bytes` are not those of a head chunk file, or "".
std::string_view WhyNoFile(std::string_view bytes) {
  ByteReader in(bytes);
  const uint32_t magic = in.ReadBE32();
  const uint8_t version = in.ReadByte();
  (void)in.ReadBytes(3);
  if (in.failed()) return "file is shorter than its header";
  if (magic != kHeadChunkMagic) return "wrong magic number";
  if (version != kHeadChunkVersion) return "unknown version";
  return {};
}

bool IsZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<HeadChunkFiles>> HeadChunkFiles::Open(Fs& fs, std::string directory,
                                                             HeadChunkOptions options) {
  options.max_file_bytes = std::min(options.max_file_bytes, kMaxHeadChunkFileBytes);
  std::unique_ptr<HeadChunkFiles> files(new HeadChunkFiles(fs, std::move(directory), options));
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(files->directory_));
  TOCSIN_RETURN_IF_ERROR(files->MapFiles());
  return files;
}

HeadChunkFiles::~HeadChunkFiles() {
  MutexLock lock(mutex_);
  (void)FlushLocked();
  if (file_) (void)file_->Close();
}

std::string HeadChunkFiles::PathOf(uint32_t number) const {
  return directory_ + "/" + HeadChunkFileName(number);
}

Status HeadChunkFiles::MapFiles() {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs_.List(directory_));
  MutexLock lock(mutex_);
  auto table = std::make_shared<Table>();
  for (const DirectoryEntry& entry : entries) {
    const std::optional<uint32_t> number = ParseHeadChunkFileName(entry.name);
    if (!number || entry.is_directory) continue;
    last_number_ = std::max(last_number_, *number);
    Result<std::unique_ptr<MappedFile>> mapped = fs_.Map(PathOf(*number));
    const std::string reason(mapped ? WhyNoFile((*mapped)->bytes()) : mapped.error().message());
    if (reason.empty()) {
      table->files[*number] = std::move(*mapped);
    } else if (mapped && (*mapped)->bytes().size() < kHeadChunkFileHeaderBytes) {
      // A crash right after its making. Prometheus accepts such a file at the end alone.
      TOCSIN_RETURN_IF_ERROR(fs_.Remove(PathOf(*number)));
    } else {
      initial_damage_.push_back({PathOf(*number), 0, entry.size_bytes, reason});
    }
  }
  initial_files_ = table->files;
  table_ = std::move(table);
  return {};
}

Status HeadChunkFiles::ForEach(const Visitor& visit, const DamageReport& report) const {
  for (const HeadChunkDamage& damage : initial_damage_) report(damage);
  for (const auto& [number, file] : initial_files_) {
    const std::string_view bytes = file->bytes();
    for (uint64_t offset = kHeadChunkFileHeaderBytes; offset < bytes.size();) {
      if (IsZero(bytes.substr(offset, kMaxHeadChunkOverheadBytes)) &&
          IsZero(bytes.substr(offset))) {
        break;  // Prometheus makes room in advance.
      }
      uint64_t end = bytes.size();
      const Result<HeadChunk> chunk = ParseHeadChunk(bytes, offset, &end);
      if (chunk) {
        TOCSIN_RETURN_IF_ERROR(visit(HeadChunkRef::Of(number, offset), *chunk));
      } else {
        // A length that was hit leads anywhere: only a good chunk there proves it right.
        if (end < bytes.size() && !ParseHeadChunk(bytes, end)) end = bytes.size();
        report({PathOf(number), offset, end - offset, chunk.error().message()});
      }
      offset = end;
    }
  }
  return {};
}

std::vector<HeadChunkExtent> HeadChunkFiles::Extents() const {
  MutexLock lock(mutex_);
  std::vector<HeadChunkExtent> extents;
  for (const auto& [number, extent] : extents_) extents.push_back(extent);
  return extents;
}

Status HeadChunkFiles::Check(std::span<const HeadChunkExtent> extents) const {
  const std::shared_ptr<const Table> now = table();
  for (const HeadChunkExtent& extent : extents) {
    const auto found = now->files.find(extent.file);
    if (found == now->files.end()) {
      return Errorf(ErrorCode::kCorruption, "head chunk file {} is missing", PathOf(extent.file));
    }
    const std::string_view bytes = found->second->bytes();
    if (bytes.size() < extent.size_bytes) {
      return Errorf(ErrorCode::kCorruption, "head chunk file {} ends at byte {} of {}",
                    PathOf(extent.file), bytes.size(), extent.size_bytes);
    }
    if (Crc32c(bytes.substr(0, extent.size_bytes)) != extent.crc) {
      return Errorf(ErrorCode::kCorruption, "head chunk file {} is not what was written",
                    PathOf(extent.file));
    }
  }
  return {};
}

Status HeadChunkFiles::Keep(std::span<const HeadChunkExtent> extents) {
  std::map<uint32_t, HeadChunkExtent> kept;
  for (const HeadChunkExtent& extent : extents) kept[extent.file] = extent;
  {
    MutexLock lock(mutex_);
    auto table = std::make_shared<Table>();
    for (const auto& [number, extent] : kept) table->files[number] = table_->files.at(number);
    table_ = std::move(table);
    // Prometheus wants numbers without gaps.
    last_number_ = kept.empty() ? 0 : kept.rbegin()->first;
    extents_ = kept;
  }
  initial_files_.clear();
  initial_damage_.clear();
  return RemoveAllBut(kept);
}

/// Also shortens what is kept to its extent: chunks behind it would come a second time.
Status HeadChunkFiles::RemoveAllBut(const std::map<uint32_t, HeadChunkExtent>& kept) {
  TOCSIN_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, fs_.List(directory_));
  Status first;
  const auto note = [&](Status status) {
    if (first && !status) first = std::move(status);
  };
  std::ranges::reverse(entries);  // The newest first: no gap after a crash.
  for (const DirectoryEntry& entry : entries) {
    const std::optional<uint32_t> number = ParseHeadChunkFileName(entry.name);
    if (!number || entry.is_directory) continue;
    const auto found = kept.find(*number);
    if (found == kept.end()) {
      note(fs_.Remove(PathOf(*number)));
    } else if (entry.size_bytes > found->second.size_bytes) {
      note(Shorten(PathOf(*number), found->second.size_bytes));
    }
  }
  note(fs_.SyncDirectory(directory_));
  return first;
}

Status HeadChunkFiles::Shorten(const std::string& path, uint64_t size_bytes) {
  TOCSIN_ASSIGN_OR_RETURN(const auto file, fs_.OpenForWriting(path, false));
  TOCSIN_RETURN_IF_ERROR(file->Truncate(size_bytes));
  return file->Close();
}

Result<HeadChunkRef> HeadChunkFiles::Write(uint64_t series_ref, int64_t min_time_ms,
                                           int64_t max_time_ms, uint8_t encoding,
                                           std::string_view bytes, bool is_out_of_order) {
  MutexLock lock(mutex_);
  framed_.clear();
  AppendHeadChunk({series_ref, min_time_ms, max_time_ms, encoding, is_out_of_order, bytes},
                  framed_);
  if (framed_.size() > options_.max_file_bytes - kHeadChunkFileHeaderBytes) {
    return Errorf(ErrorCode::kTooLarge, "chunk of {} bytes does not fit a head chunk file",
                  bytes.size());
  }
  const auto end_of = [](const Buffer& buffer) { return buffer.file_offset + buffer.size; };
  if (file_ && end_of(*buffer_) + framed_.size() > options_.max_file_bytes) {
    TOCSIN_RETURN_IF_ERROR(FinishFileLocked());
  }
  if (!file_) TOCSIN_RETURN_IF_ERROR(OpenFileLocked());
  if (buffer_->size + framed_.size() > buffer_->capacity) TOCSIN_RETURN_IF_ERROR(FlushLocked());
  if (framed_.size() > buffer_->capacity) {  // After a flush: empty, or made for a larger chunk.
    auto larger = std::make_shared<Buffer>();
    larger->file = buffer_->file;
    larger->file_offset = buffer_->file_offset;
    larger->capacity = framed_.size();
    larger->bytes = std::make_unique<char[]>(larger->capacity);
    buffer_ = std::move(larger);
    PublishLocked(nullptr);
  }
  const HeadChunkRef ref = HeadChunkRef::Of(buffer_->file, end_of(*buffer_));
  std::memcpy(buffer_->bytes.get() + buffer_->size, framed_.data(), framed_.size());
  // Release: a reader that acquires the new size sees the bytes below it.
  buffer_->size.store(buffer_->size + framed_.size(), std::memory_order_release);
  HeadChunkExtent& extent = extents_[buffer_->file];
  extent.crc = Crc32c(framed_, extent.crc);
  extent.size_bytes += framed_.size();
  return ref;
}

Status HeadChunkFiles::OpenFileLocked() {
  const uint32_t number = last_number_ + 1;
  const std::string path = PathOf(number);
  std::string header;
  AppendHeadChunkFileHeader(header);
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, fs_.OpenForWriting(path, true));
  Status status = file->Append(header);
  if (status) status = fs_.SyncDirectory(directory_);
  if (!status) {
    (void)file->Close();
    (void)fs_.Remove(path);  // The first error is the one to tell.
    return status;
  }
  last_number_ = number;
  file_ = std::move(file);
  written_ = header.size();
  has_debris_ = false;
  extents_[number] = {number, Crc32c(header), header.size()};
  buffer_ = std::make_shared<Buffer>();
  buffer_->file = number;
  buffer_->file_offset = written_;
  buffer_->capacity = options_.buffer_bytes;
  buffer_->bytes = std::make_unique<char[]>(buffer_->capacity);
  PublishLocked(nullptr);
  return {};
}

/// Cuts off what a failed write left, so that the next bytes come where their references say.
Status HeadChunkFiles::RepairLocked() {
  if (!has_debris_) return {};
  TOCSIN_RETURN_IF_ERROR(file_->Truncate(written_));
  has_debris_ = false;
  return {};
}

Status HeadChunkFiles::FlushLocked() {
  if (!file_ || buffer_->size == 0) return {};
  TOCSIN_RETURN_IF_ERROR(RepairLocked());
  has_debris_ = true;
  TOCSIN_RETURN_IF_ERROR(file_->Append({buffer_->bytes.get(), buffer_->size}));
  has_debris_ = false;
  // The buffer stays if the file cannot be mapped: its chunks can be read from there alone.
  Result<std::unique_ptr<MappedFile>> mapped = fs_.Map(PathOf(buffer_->file));
  if (!mapped) {
    has_debris_ = true;
    return mapped.error();
  }
  written_ += buffer_->size;
  auto next = std::make_shared<Buffer>();
  next->file = buffer_->file;
  next->file_offset = written_;
  next->capacity = options_.buffer_bytes;
  next->bytes = std::make_unique<char[]>(next->capacity);
  buffer_ = std::move(next);
  PublishLocked(std::move(*mapped));
  return {};
}

void HeadChunkFiles::PublishLocked(std::shared_ptr<const MappedFile> current) {
  auto table = std::make_shared<Table>(*table_);
  if (current) table->files[buffer_->file] = std::move(current);
  table->buffer = buffer_;
  table_ = std::move(table);
}

Status HeadChunkFiles::FinishFileLocked() {
  if (!file_) return {};
  TOCSIN_RETURN_IF_ERROR(FlushLocked());
  TOCSIN_RETURN_IF_ERROR(RepairLocked());
  TOCSIN_RETURN_IF_ERROR(file_->Sync());
  TOCSIN_RETURN_IF_ERROR(file_->Close());
  file_.reset();
  return {};
}

Status HeadChunkFiles::Flush(Durability durability) {
  MutexLock lock(mutex_);
  TOCSIN_RETURN_IF_ERROR(FlushLocked());
  if (durability == Durability::kWritten || !file_) return {};
  return file_->Sync();
}

Status HeadChunkFiles::CutFile() {
  MutexLock lock(mutex_);
  return FinishFileLocked();
}

Status HeadChunkFiles::Truncate(uint32_t number) {
  uint32_t end = number;
  {
    MutexLock lock(mutex_);
    auto table = std::make_shared<Table>(*table_);
    if (file_) end = std::min(end, buffer_->file);
    table->files.erase(table->files.begin(), table->files.lower_bound(end));
    extents_.erase(extents_.begin(), extents_.lower_bound(end));
    table_ = std::move(table);
  }
  // From the directory, so that what could not be mapped goes too.
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs_.List(directory_));
  Status first;
  for (const DirectoryEntry& entry : entries) {
    const std::optional<uint32_t> old = ParseHeadChunkFileName(entry.name);
    if (!old || *old >= end) continue;
    Status status = fs_.Remove(PathOf(*old));
    if (first && !status) first = std::move(status);
  }
  return first;
}

std::shared_ptr<const HeadChunkFiles::Table> HeadChunkFiles::table() const {
  MutexLock lock(mutex_);
  return table_;
}

HeadChunkReader HeadChunkFiles::MakeReader() const { return HeadChunkReader(*this); }

uint32_t HeadChunkFiles::next_file() const {
  MutexLock lock(mutex_);
  return file_ ? buffer_->file : last_number_ + 1;
}

uint64_t HeadChunkFiles::size_bytes() const {
  const std::shared_ptr<const Table> now = table();
  uint64_t sum = 0;
  for (const auto& [number, file] : now->files) {
    const bool is_current = now->buffer && now->buffer->file == number;
    sum += is_current ? now->buffer->file_offset : file->bytes().size();
  }
  if (now->buffer) sum += now->buffer->size.load(std::memory_order_acquire);
  return sum;
}

}  // namespace tocsin::tsdb
