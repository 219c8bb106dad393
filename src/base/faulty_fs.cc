#include "base/faulty_fs.h"

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

namespace tocsin {

/// Contents, as readers see them and as the disk has them.
struct FaultyFs::File {
  std::string bytes;
  std::string synced;
};

struct FaultyFs::Entry {
  std::shared_ptr<File> file;  // Exactly one of the two is set.
  std::shared_ptr<Directory> directory;
};

struct FaultyFs::Directory {
  std::map<std::string, Entry> entries;
  std::map<std::string, Entry> synced;
};

/// Where a path leads: its parent, which exists, and its name there, which may not.
struct FaultyFs::Place {
  std::shared_ptr<Directory> parent;
  std::string name;
  Entry entry;
  bool exists() const { return entry.file || entry.directory; }
};

namespace {

constexpr std::string_view kNoEntry = "no such file or directory";
constexpr std::string_view kIsDirectory = "is a directory";

Error Failure(ErrorCode code, std::string_view operation, const std::string& path,
              std::string_view reason) {
  return Errorf(code, "{} {}: {}", operation, path, reason);
}

std::vector<std::string> Split(const std::string& path) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    if (!name.empty() && name != ".") names.push_back(name);
    begin = end + 1;
  }
  return names;
}

/// What a disk has of `bytes` when only `synced` was forced to it: whole sectors of the rest, in
/// any selection, up to a size in between.
std::string Tear(const std::string& bytes, const std::string& synced, std::mt19937_64& random) {
  constexpr size_t kSectorBytes = 512;
  const bool is_extension = bytes.size() > synced.size() && bytes.starts_with(synced);
  if (!is_extension) return random() % 2 == 0 ? bytes : synced;
  std::string torn = bytes.substr(0, synced.size() + random() % (bytes.size() - synced.size() + 1));
  for (size_t at = synced.size(); at < torn.size(); at += kSectorBytes) {
    const size_t size = std::min(kSectorBytes, torn.size() - at);
    if (random() % 8 == 0) std::fill_n(torn.begin() + static_cast<ptrdiff_t>(at), size, '\0');
  }
  return torn;
}

class CopiedFile final : public MappedFile {
 public:
  explicit CopiedFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view bytes() const override { return bytes_; }

 private:
  const std::string bytes_;
};

}  // namespace

class FaultyFs::OpenedForWriting final : public WritableFile {
 public:
  OpenedForWriting(FaultyFs& fs, std::string path, std::shared_ptr<File> file)
      : fs_(fs), path_(std::move(path)), file_(std::move(file)) {}
  Status Append(std::string_view bytes) override { return fs_.Append(*file_, path_, bytes); }
  Status Sync() override { return fs_.Sync(*file_, path_); }
  Status Truncate(uint64_t size_bytes) override { return fs_.Truncate(*file_, path_, size_bytes); }
  Status Close() override { return {}; }
  uint64_t size_bytes() const override {
    MutexLock lock(fs_.mutex_);
    return file_->bytes.size();
  }

 private:
  FaultyFs& fs_;
  const std::string path_;
  const std::shared_ptr<File> file_;  // Shared with its directory, until removed there.
};

class FaultyFs::OpenedForReading final : public ReadableFile {
 public:
  OpenedForReading(const FaultyFs& fs, std::shared_ptr<File> file, uint64_t size_bytes)
      : fs_(fs), file_(std::move(file)), size_bytes_(size_bytes) {}
  Result<size_t> ReadAt(uint64_t offset, char* out, size_t size) const override {
    MutexLock lock(fs_.mutex_);
    if (offset >= file_->bytes.size()) return size_t{0};
    return file_->bytes.copy(out, size, offset);
  }
  uint64_t size_bytes() const override { return size_bytes_; }

 private:
  const FaultyFs& fs_;
  const std::shared_ptr<File> file_;  // Shared with its directory, until removed there.
  const uint64_t size_bytes_;
};

FaultyFs::FaultyFs() : root_(std::make_shared<Directory>()) {}
FaultyFs::~FaultyFs() = default;

void FaultyFs::FailAt(uint64_t nth, Fault fault, uint64_t count) {
  MutexLock lock(mutex_);
  fault_begin_ = operations_ + nth;
  const uint64_t room = std::numeric_limits<uint64_t>::max() - fault_begin_;
  fault_end_ = fault_begin_ + std::min(count, room);
  fault_ = fault;
}

void FaultyFs::Heal() {
  MutexLock lock(mutex_);
  fault_begin_ = fault_end_ = 0;
}

uint64_t FaultyFs::write_operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

bool FaultyFs::has_crashed() const {
  MutexLock lock(mutex_);
  return has_crashed_;
}

Status FaultyFs::BeginWrite(std::string_view operation, const std::string& path) {
  if (has_crashed_) return Failure(ErrorCode::kUnavailable, operation, path, "crashed");
  const uint64_t number = operations_++;
  if (number < fault_begin_ || number >= fault_end_) return {};
  has_crashed_ = fault_ == Fault::kCrash;
  const std::string_view reason = fault_ == Fault::kNoSpace   ? "no space left on device"
                                  : fault_ == Fault::kIoError ? "input/output error"
                                                              : "crashed";
  return Failure(ErrorCode::kUnavailable, operation, path, reason);
}

Result<FaultyFs::Place> FaultyFs::Find(std::string_view operation, const std::string& path) const {
  std::vector<std::string> names = Split(path);
  if (names.empty()) return Place{nullptr, "", Entry{nullptr, root_}};
  Place place{root_, std::move(names.back()), {}};
  names.pop_back();
  for (const std::string& name : names) {
    const auto found = place.parent->entries.find(name);
    if (found == place.parent->entries.end() || !found->second.directory) {
      return Failure(ErrorCode::kNotFound, operation, path, kNoEntry);
    }
    place.parent = found->second.directory;
  }
  const auto found = place.parent->entries.find(place.name);
  if (found != place.parent->entries.end()) place.entry = found->second;
  return place;
}

Result<std::shared_ptr<FaultyFs::File>> FaultyFs::FindFile(const std::string& path) const {
  TOCSIN_ASSIGN_OR_RETURN(Place place, Find("open", path));
  if (!place.exists()) return Failure(ErrorCode::kNotFound, "open", path, kNoEntry);
  if (!place.entry.file) return Failure(ErrorCode::kUnavailable, "read", path, kIsDirectory);
  return std::move(place.entry.file);
}

Result<std::shared_ptr<FaultyFs::Directory>> FaultyFs::FindDirectory(
    std::string_view operation, const std::string& path) const {
  TOCSIN_ASSIGN_OR_RETURN(Place place, Find(operation, path));
  if (!place.entry.directory) return Failure(ErrorCode::kNotFound, operation, path, kNoEntry);
  return std::move(place.entry.directory);
}

Status FaultyFs::Append(File& file, const std::string& path, std::string_view bytes) {
  MutexLock lock(mutex_);
  if (has_crashed_) return BeginWrite("write", path);
  const Status begun = BeginWrite("write", path);
  file.bytes.append(begun ? bytes : bytes.substr(0, bytes.size() / 2));
  return begun;
}

Status FaultyFs::Sync(File& file, const std::string& path) {
  MutexLock lock(mutex_);
  TOCSIN_RETURN_IF_ERROR(BeginWrite("sync", path));
  file.synced = file.bytes;
  return {};
}

Status FaultyFs::Truncate(File& file, const std::string& path, uint64_t size_bytes) {
  MutexLock lock(mutex_);
  TOCSIN_RETURN_IF_ERROR(BeginWrite("truncate", path));
  file.bytes.resize(size_bytes);
  return {};
}

Result<std::unique_ptr<WritableFile>> FaultyFs::OpenForWriting(const std::string& path,
                                                               bool truncate) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(Place place, Find("open", path));
  if (place.entry.directory) return Failure(ErrorCode::kUnavailable, "open", path, kIsDirectory);
  if (truncate || !place.exists() || has_crashed_) TOCSIN_RETURN_IF_ERROR(BeginWrite("open", path));
  if (!place.exists()) {
    place.entry.file = std::make_shared<File>();
    place.parent->entries[place.name] = place.entry;
  }
  if (truncate) place.entry.file->bytes.clear();
  return std::make_unique<OpenedForWriting>(*this, path, std::move(place.entry.file));
}

Result<std::unique_ptr<ReadableFile>> FaultyFs::OpenForReading(const std::string& path) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(std::shared_ptr<File> file, FindFile(path));
  const uint64_t size_bytes = file->bytes.size();
  return std::make_unique<OpenedForReading>(*this, std::move(file), size_bytes);
}

Result<std::unique_ptr<MappedFile>> FaultyFs::Map(const std::string& path) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, FindFile(path));
  return std::make_unique<CopiedFile>(file->bytes);
}

Result<std::vector<DirectoryEntry>> FaultyFs::List(const std::string& directory) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<Directory> found, FindDirectory("open", directory));
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, entry] : found->entries) {
    entries.push_back(
        {name, entry.directory != nullptr, entry.file ? entry.file->bytes.size() : 0});
  }
  return entries;
}

Status FaultyFs::CreateDirectories(const std::string& directory) {
  MutexLock lock(mutex_);
  std::shared_ptr<Directory> parent = root_;
  for (const std::string& name : Split(directory)) {
    const auto found = parent->entries.find(name);
    if (found == parent->entries.end()) {
      TOCSIN_RETURN_IF_ERROR(BeginWrite("mkdir", directory));
      const Entry made{nullptr, std::make_shared<Directory>()};
      parent->entries[name] = parent->synced[name] = made;
      parent = made.directory;
    } else if (found->second.directory) {
      parent = found->second.directory;
    } else {
      return Failure(ErrorCode::kNotFound, "mkdir", directory, "not a directory");
    }
  }
  return {};
}

Status FaultyFs::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const Place source, Find("rename", from));
  if (!source.exists()) return Failure(ErrorCode::kNotFound, "rename", from, kNoEntry);
  TOCSIN_ASSIGN_OR_RETURN(const Place target, Find("rename", to));
  if (target.entry.directory && !target.entry.directory->entries.empty()) {
    return Failure(ErrorCode::kAlreadyExists, "rename", from, "directory not empty");
  }
  TOCSIN_RETURN_IF_ERROR(BeginWrite("rename", from));
  source.parent->entries.erase(source.name);
  target.parent->entries[target.name] = source.entry;
  return {};
}

Status FaultyFs::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const Place place, Find("remove", path));
  if (!place.exists()) return Failure(ErrorCode::kNotFound, "remove", path, kNoEntry);
  if (place.entry.directory && !place.entry.directory->entries.empty()) {
    return Failure(ErrorCode::kAlreadyExists, "remove", path, "directory not empty");
  }
  TOCSIN_RETURN_IF_ERROR(BeginWrite("remove", path));
  place.parent->entries.erase(place.name);
  return {};
}

Status FaultyFs::RemoveAll(const std::string& path) {
  MutexLock lock(mutex_);
  const Result<Place> place = Find("remove", path);
  if (!place || !place->exists() || !place->parent) return {};
  if (place->entry.directory) TOCSIN_RETURN_IF_ERROR(Empty(*place->entry.directory, path));
  TOCSIN_RETURN_IF_ERROR(BeginWrite("remove", path));
  place->parent->entries.erase(place->name);
  return {};
}

// One operation an entry, so that a crash can leave half a tree, as it does on a disk.
Status FaultyFs::Empty(Directory& directory, const std::string& path) {
  while (!directory.entries.empty()) {
    const auto first = directory.entries.begin();
    if (first->second.directory) TOCSIN_RETURN_IF_ERROR(Empty(*first->second.directory, path));
    TOCSIN_RETURN_IF_ERROR(BeginWrite("remove", path));
    directory.entries.erase(first);
  }
  return {};
}

Status FaultyFs::SyncDirectory(const std::string& directory) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<Directory> found, FindDirectory("open", directory));
  TOCSIN_RETURN_IF_ERROR(BeginWrite("sync", directory));
  found->synced = found->entries;
  return {};
}

bool FaultyFs::Exists(const std::string& path) {
  MutexLock lock(mutex_);
  const Result<Place> place = Find("stat", path);
  return place && place->exists();
}

Status FaultyFs::Link(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  TOCSIN_ASSIGN_OR_RETURN(const Place source, Find("link", from));
  if (!source.entry.file) return Failure(ErrorCode::kNotFound, "link", from, kNoEntry);
  TOCSIN_ASSIGN_OR_RETURN(const Place target, Find("link", to));
  if (target.exists()) return Failure(ErrorCode::kAlreadyExists, "link", from, "file exists");
  TOCSIN_RETURN_IF_ERROR(BeginWrite("link", from));
  target.parent->entries[target.name] = source.entry;
  return {};
}

Result<uint64_t> FaultyFs::CapacityBytes(const std::string&) {
  MutexLock lock(mutex_);
  return capacity_bytes_;
}

void FaultyFs::SetCapacityBytes(uint64_t capacity_bytes) {
  MutexLock lock(mutex_);
  capacity_bytes_ = capacity_bytes;
}

std::unique_ptr<FaultyFs> FaultyFs::AfterCrash(Survival survival, uint64_t seed) const {
  std::mt19937_64 random(seed);
  const auto copy_file = [&](const File& file) {
    auto copy = std::make_shared<File>();
    copy->bytes = survival == Survival::kWritten  ? file.bytes
                  : survival == Survival::kSynced ? file.synced
                                                  : Tear(file.bytes, file.synced, random);
    copy->synced = copy->bytes;
    return copy;
  };
  const auto copy_directory = [&](const auto& self,
                                  const Directory& from) -> std::shared_ptr<Directory> {
    const bool use_synced =
        survival == Survival::kSynced || (survival == Survival::kTorn && random() % 2 == 0);
    auto copy = std::make_shared<Directory>();
    for (const auto& [name, entry] : use_synced ? from.synced : from.entries) {
      copy->entries[name] = entry.file ? Entry{copy_file(*entry.file), nullptr}
                                       : Entry{nullptr, self(self, *entry.directory)};
    }
    copy->synced = copy->entries;
    return copy;
  };
  auto after = std::make_unique<FaultyFs>();
  MutexLock lock(mutex_);
  std::shared_ptr<Directory> root = copy_directory(copy_directory, *root_);
  MutexLock after_lock(after->mutex_);
  after->root_ = std::move(root);
  return after;
}

}  // namespace tocsin
