// The journal:
//
//   journal := record*
//   record  := uvarint(size) bytes[size] crc32c      crc32c: big endian, of the bytes
//
// A crash can only tear the last record; what follows the first record that does not check is
// dropped.
#include "alertmanager/durable_state.h"

#include <fmt/core.h>

#include <vector>

#include "base/crc32c.h"
#include "base/varint.h"

namespace tocsin::alertmanager {

DurableState::DurableState(Fs& fs, Logger& logger, std::string path)
    : fs_(fs), logger_(logger), path_(std::move(path)), journal_path_(path_ + ".journal") {}

DurableState::~DurableState() = default;

Status DurableState::Load(const std::function<Status(std::string_view)>& take_snapshot,
                          const std::function<Status(std::string_view)>& take_record) {
  MutexLock lock(mutex_);
  if (fs_.Exists(path_)) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string snapshot, fs_.ReadFile(path_));
    snapshot_bytes_ = snapshot.size();
    if (auto status = take_snapshot(snapshot); !status) SetAside(path_, status.error());
  }
  if (fs_.Exists(journal_path_)) return ReadJournal(take_record);
  return OpenJournal(true);
}

Status DurableState::ReadJournal(const std::function<Status(std::string_view)>& take_record) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string journal, fs_.ReadFile(journal_path_));
  ByteReader reader(journal);
  size_t good_bytes = 0;
  while (reader.remaining() > 0) {
    const std::string_view record = reader.ReadUvarintBytes();
    const uint32_t crc = reader.ReadBE32();
    if (reader.failed() || crc != Crc32c(record)) break;
    if (auto status = take_record(record); !status) {
      logger_.Warn("Skipping a journal record",
                   {{"file", journal_path_}, {"err", status.error().message()}});
    }
    good_bytes = journal.size() - reader.remaining();
  }
  TOCSIN_RETURN_IF_ERROR(OpenJournal(false));
  if (good_bytes == journal.size()) return {};
  logger_.Warn("Dropping the torn end of a journal",
               {{"file", journal_path_}, {"bytes", std::to_string(journal.size() - good_bytes)}});
  return journal_->Truncate(good_bytes);
}

Status DurableState::OpenJournal(bool truncate) {
  const bool is_new = !fs_.Exists(journal_path_);
  TOCSIN_ASSIGN_OR_RETURN(journal_, fs_.OpenForWriting(journal_path_, truncate));
  return is_new ? fs_.SyncDirectory(path_.substr(0, path_.rfind('/'))) : Status();
}

void DurableState::SetAside(const std::string& path, const Error& why) {
  const std::string aside = path + ".corrupt";
  logger_.Error("Setting aside a file that cannot be read",
                {{"file", path}, {"moved_to", aside}, {"err", why.message()}});
  if (auto status = fs_.Rename(path, aside); !status) {
    logger_.Error("Moving the file failed", {{"err", status.error().message()}});
  }
}

Status DurableState::Append(std::string_view record, Sync sync) {
  std::string framed;
  PutUvarint(framed, record.size());
  framed.append(record);
  PutBE32(framed, Crc32c(record));
  MutexLock lock(mutex_);
  if (!journal_) return Errorf(ErrorCode::kUnavailable, "{} is not open", journal_path_);
  const uint64_t size_before = journal_->size_bytes();
  auto status = journal_->Append(framed);
  if (!status) {
    // Half a record would hide all that follow it.
    if (auto truncated = journal_->Truncate(size_before); !truncated) journal_.reset();
    return status;
  }
  return sync == Sync::kNow ? journal_->Sync() : Status();
}

Status DurableState::Fold(const std::function<std::string()>& make_snapshot) {
  MutexLock lock(mutex_);
  const std::string snapshot = make_snapshot();
  TOCSIN_RETURN_IF_ERROR(fs_.WriteFileAtomically(path_, snapshot));
  snapshot_bytes_ = snapshot.size();
  // A crash here leaves both; the records, replayed onto the snapshot that has them, change
  // nothing.
  return OpenJournal(true);
}

uint64_t DurableState::journal_bytes() const {
  MutexLock lock(mutex_);
  return journal_ ? journal_->size_bytes() : 0;
}

uint64_t DurableState::snapshot_bytes() const {
  MutexLock lock(mutex_);
  return snapshot_bytes_;
}

}  // namespace tocsin::alertmanager
