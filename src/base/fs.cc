#include "base/fs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace tocsin {
namespace {

ErrorCode CodeOf(int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) return ErrorCode::kNotFound;
  if (error_number == EEXIST || error_number == ENOTEMPTY) return ErrorCode::kAlreadyExists;
  return ErrorCode::kUnavailable;
}

/// "open /path: no such file or directory", as Go prints it.
Error SystemError(std::string_view operation, const std::string& path, int error_number) {
  std::string reason = std::generic_category().message(error_number);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') reason[0] += 'a' - 'A';
  return Errorf(CodeOf(error_number), "{} {}: {}", operation, path, reason);
}

/// Repeats a system call that a signal interrupted.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open descriptor that closes itself. Move-only.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Result<Descriptor> Open(const std::string& path, int flags) {
  constexpr mode_t kMode = 0666;
  const int fd = Retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kMode); });
  if (fd < 0) return SystemError("open", path, errno);
  return Descriptor(fd);
}

Result<uint64_t> SizeOf(const Descriptor& file, const std::string& path) {
  struct stat attributes {};
  if (::fstat(file.get(), &attributes) != 0) return SystemError("stat", path, errno);
  if (S_ISDIR(attributes.st_mode)) return SystemError("read", path, EISDIR);
  return static_cast<uint64_t>(attributes.st_size);
}

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, Descriptor file, uint64_t size_bytes)
      : path_(std::move(path)), file_(std::move(file)), size_bytes_(size_bytes) {}

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          Retry([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return SystemError("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
      size_bytes_ += static_cast<uint64_t>(written);
    }
    return {};
  }

  Status Sync() override {
    if (Retry([&] { return ::fdatasync(file_.get()); }) != 0) {
      return SystemError("sync", path_, errno);
    }
    return {};
  }

  Status Truncate(uint64_t size_bytes) override {
    if (Retry([&] { return ::ftruncate(file_.get(), static_cast<off_t>(size_bytes)); }) != 0) {
      return SystemError("truncate", path_, errno);
    }
    size_bytes_ = size_bytes;
    return {};
  }

  Status Close() override {
    const int fd = file_.Release();
    // Linux has closed the descriptor even when close() reports EINTR.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return SystemError("close", path_, errno);
    return {};
  }

  uint64_t size_bytes() const override { return size_bytes_; }

 private:
  const std::string path_;
  Descriptor file_;
  uint64_t size_bytes_;
};

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(std::string path, Descriptor file, uint64_t size_bytes)
      : path_(std::move(path)), file_(std::move(file)), size_bytes_(size_bytes) {}

  Result<size_t> ReadAt(uint64_t offset, char* out, size_t size) const override {
    size_t done = 0;
    while (done < size) {
      const ssize_t count = Retry([&] {
        return ::pread(file_.get(), out + done, size - done, static_cast<off_t>(offset + done));
      });
      if (count < 0) return SystemError("read", path_, errno);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  uint64_t size_bytes() const override { return size_bytes_; }

 private:
  const std::string path_;
  const Descriptor file_;
  const uint64_t size_bytes_;
};

class PosixMappedFile final : public MappedFile {
 public:
  explicit PosixMappedFile(std::string_view bytes) : bytes_(bytes) {}
  ~PosixMappedFile() override {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  PosixMappedFile(const PosixMappedFile&) = delete;
  PosixMappedFile& operator=(const PosixMappedFile&) = delete;
  std::string_view bytes() const override { return bytes_; }

 private:
  const std::string_view bytes_;  // The mapping itself, owned.
};

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

Result<std::string> Fs::ReadFile(const std::string& path, uint64_t max_bytes) {
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file, OpenForReading(path));
  constexpr size_t kPieceBytes = 64 * 1024;  // Files of /proc say that they are empty: read on.
  max_bytes = std::min(max_bytes, std::numeric_limits<uint64_t>::max() - 1);
  std::string bytes;
  for (uint64_t expected = file->size_bytes();;) {
    const size_t done = bytes.size();
    const size_t piece = std::max<size_t>(expected > done ? expected - done : 0, kPieceBytes);
    bytes.resize(done + std::min<uint64_t>(piece, max_bytes + 1 - done));
    TOCSIN_ASSIGN_OR_RETURN(const size_t count,
                            file->ReadAt(done, bytes.data() + done, bytes.size() - done));
    bytes.resize(done + count);
    if (bytes.size() > max_bytes) {
      return Errorf(ErrorCode::kTooLarge, "read {}: larger than {} bytes", path, max_bytes);
    }
    if (count == 0) return bytes;
  }
}

Status Fs::WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const std::string unfinished = path + ".tmp";
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                          OpenForWriting(unfinished, /*truncate=*/true));
  Status status = file->Append(bytes);
  if (status) status = file->Sync();
  if (const Status closed = file->Close(); status) status = closed;
  if (status) status = Rename(unfinished, path);
  if (!status) {
    (void)Remove(unfinished);  // The first error is the one to tell.
    return status;
  }
  return SyncDirectory(ParentOf(path));
}

Status Fs::Link(const std::string& from, const std::string&) {
  return Errorf(ErrorCode::kUnimplemented, "link {}: this file system has no links", from);
}

Result<uint64_t> Fs::CapacityBytes(const std::string& path) {
  return Errorf(ErrorCode::kUnimplemented, "stat {}: this file system knows no capacity", path);
}

Result<std::unique_ptr<WritableFile>> PosixFs::OpenForWriting(const std::string& path,
                                                              bool truncate) {
  const int flags = O_WRONLY | O_CREAT | O_APPEND | (truncate ? O_TRUNC : 0);
  TOCSIN_ASSIGN_OR_RETURN(Descriptor file, Open(path, flags));
  TOCSIN_ASSIGN_OR_RETURN(const uint64_t size_bytes, SizeOf(file, path));
  return std::make_unique<PosixWritableFile>(path, std::move(file), size_bytes);
}

Result<std::unique_ptr<ReadableFile>> PosixFs::OpenForReading(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(Descriptor file, Open(path, O_RDONLY));
  TOCSIN_ASSIGN_OR_RETURN(const uint64_t size_bytes, SizeOf(file, path));
  return std::make_unique<PosixReadableFile>(path, std::move(file), size_bytes);
}

Result<std::unique_ptr<MappedFile>> PosixFs::Map(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const Descriptor file, Open(path, O_RDONLY));
  TOCSIN_ASSIGN_OR_RETURN(const uint64_t size_bytes, SizeOf(file, path));
  if (size_bytes == 0) return std::make_unique<PosixMappedFile>(std::string_view());
  void* const address =
      ::mmap(nullptr, static_cast<size_t>(size_bytes), PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) return SystemError("map", path, errno);
  return std::make_unique<PosixMappedFile>(
      std::string_view(static_cast<const char*>(address), static_cast<size_t>(size_bytes)));
}

Result<std::vector<DirectoryEntry>> PosixFs::List(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator iterator(directory, error);
  std::vector<DirectoryEntry> entries;
  for (; !error && iterator != std::filesystem::directory_iterator(); iterator.increment(error)) {
    DirectoryEntry entry;
    entry.name = iterator->path().filename().string();
    std::error_code vanished;  // Somebody else may remove the file meanwhile: no reason to fail.
    entry.is_directory = iterator->is_directory(vanished);
    if (!entry.is_directory) {
      const uintmax_t size_bytes = iterator->file_size(vanished);
      entry.size_bytes = vanished ? 0 : size_bytes;
    }
    entries.push_back(std::move(entry));
  }
  if (error) return SystemError("open", directory, error.value());
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

Status PosixFs::CreateDirectories(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return SystemError("mkdir", directory, error.value());
  return {};
}

Status PosixFs::Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return SystemError("rename", from, errno);
  return {};
}

Status PosixFs::Remove(const std::string& path) {
  if (std::remove(path.c_str()) != 0) return SystemError("remove", path, errno);
  return {};
}

Status PosixFs::RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return SystemError("remove", path, error.value());
  return {};
}

Status PosixFs::SyncDirectory(const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const Descriptor file, Open(directory, O_RDONLY | O_DIRECTORY));
  if (Retry([&] { return ::fsync(file.get()); }) != 0) return SystemError("sync", directory, errno);
  return {};
}

bool PosixFs::Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Status PosixFs::Link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) return SystemError("link", from, errno);
  return {};
}

Result<uint64_t> PosixFs::CapacityBytes(const std::string& path) {
  struct statvfs attributes {};
  if (Retry([&] { return ::statvfs(path.c_str(), &attributes); }) != 0) {
    return SystemError("stat", path, errno);
  }
  return uint64_t{attributes.f_blocks} * uint64_t{attributes.f_frsize};
}

}  // namespace tocsin
