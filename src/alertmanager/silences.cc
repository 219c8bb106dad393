#include "alertmanager/silences.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

// Upstream canUpdate: what may change without a new id.
bool CanUpdateInPlace(const Silence& old, const Silence& changed, int64_t now_ns) {
  if (old.matcher_sets != changed.matcher_sets) return false;
  switch (old.StateAt(now_ns)) {
    case SilenceState::kActive:
      return old.starts_at_ns / kNanosPerSecond == changed.starts_at_ns / kNanosPerSecond &&
             changed.ends_at_ns >= now_ns;
    case SilenceState::kPending:
      return changed.starts_at_ns >= now_ns;
    case SilenceState::kExpired:
      break;
  }
  return false;
}

}  // namespace

Silences::Silences(const Clock& clock, DurableState& state, SilencesOptions options,
                   std::function<std::string()> make_id)
    : clock_(clock), state_(state), options_(options), make_id_(std::move(make_id)) {}

Status Silences::Load() {
  const auto take = [this](std::string_view message) { return Take(message); };
  const auto take_snapshot = [&](std::string_view file) -> Status {
    TOCSIN_ASSIGN_OR_RETURN(const auto messages, SplitDelimited(file));
    for (const std::string_view message : messages) TOCSIN_RETURN_IF_ERROR(take(message));
    return {};
  };
  return state_.Load(take_snapshot, take);
}

Status Silences::Take(std::string_view message) {
  TOCSIN_ASSIGN_OR_RETURN(MeshSilence mesh, DecodeMeshSilence(message));
  MutexLock lock(mutex_);
  Entry& entry = entries_[mesh.silence.id];
  const bool is_newer =
      !entry.silence || entry.silence->updated_at_ns <= mesh.silence.updated_at_ns;
  if (is_newer) {
    entry.silence = std::make_shared<const Silence>(std::move(mesh.silence));
    entry.expires_at_ns = mesh.expires_at_ns;
  }
  return {};
}

Result<std::string> Silences::Set(Silence silence) {
  const int64_t now_ns = clock_.NowNs();
  if (silence.starts_at_ns == 0) silence.starts_at_ns = now_ns;
  TOCSIN_RETURN_IF_ERROR(ValidateSilence(silence));
  silence.updated_at_ns = now_ns;
  std::vector<std::string> records;
  std::string id;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(silence.id);
    const SilencePtr previous = found == entries_.end() ? nullptr : found->second.silence;
    if (!silence.id.empty() && !previous) return Error(ErrorCode::kNotFound, "silence not found");
    if (!previous || !CanUpdateInPlace(*previous, silence, now_ns)) {
      if (options_.max_silences > 0 && entries_.size() >= options_.max_silences) {
        return Errorf(ErrorCode::kInvalidArgument,
                      "exceeded maximum number of silences: {} (limit: {})", entries_.size(),
                      options_.max_silences);
      }
      silence.id = make_id_();
      silence.starts_at_ns = std::max(silence.starts_at_ns, now_ns);
    }
    TOCSIN_RETURN_IF_ERROR(CheckSize(silence));
    if (previous && previous->id != silence.id) {
      if (auto record = ExpireLocked(*previous, now_ns)) records.push_back(*std::move(record));
    }
    id = silence.id;
    records.push_back(StoreLocked(std::move(silence)));
  }
  for (const std::string& record : records) {
    TOCSIN_RETURN_IF_ERROR(state_.Append(record, DurableState::Sync::kNow));
  }
  return id;
}

Status Silences::Expire(const std::string& id) {
  std::optional<std::string> record;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return Error(ErrorCode::kNotFound, "silence not found");
    record = ExpireLocked(*found->second.silence, clock_.NowNs());
  }
  return record ? state_.Append(*record, DurableState::Sync::kNow) : Status();
}

std::optional<std::string> Silences::ExpireLocked(const Silence& silence, int64_t now_ns) {
  const SilenceState state = silence.StateAt(now_ns);
  if (state == SilenceState::kExpired) return std::nullopt;
  Silence expired = silence;
  if (state == SilenceState::kPending) expired.starts_at_ns = now_ns;
  expired.ends_at_ns = now_ns;
  expired.updated_at_ns = now_ns;
  return StoreLocked(std::move(expired));
}

std::string Silences::StoreLocked(Silence silence) {
  MeshSilence mesh;
  mesh.expires_at_ns = silence.ends_at_ns + options_.retention_ms * kNanosPerMilli;
  mesh.silence = silence;
  Entry& entry = entries_[silence.id];
  entry.silence = std::make_shared<const Silence>(std::move(silence));
  entry.expires_at_ns = mesh.expires_at_ns;
  return EncodeMeshSilence(mesh);
}

Status Silences::CheckSize(const Silence& silence) const {
  if (options_.max_silence_size_bytes == 0) return {};
  const size_t size_bytes = EncodeMeshSilence({silence, silence.ends_at_ns}).size();
  if (size_bytes <= options_.max_silence_size_bytes) return {};
  return Errorf(ErrorCode::kInvalidArgument,
                "silence exceeded maximum size: {} bytes (limit: {} bytes)", size_bytes,
                options_.max_silence_size_bytes);
}

SilencePtr Silences::Find(const std::string& id) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.silence;
}

std::vector<SilencePtr> Silences::List() const {
  MutexLock lock(mutex_);
  std::vector<SilencePtr> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back(entry.silence);
  return all;
}

size_t Silences::CountInState(SilenceState state) const {
  const int64_t now_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  return static_cast<size_t>(std::count_if(
      entries_.begin(), entries_.end(),
      [&](const auto& entry) { return entry.second.silence->StateAt(now_ns) == state; }));
}

std::vector<std::string> Silences::SilencedBy(const Labels& labels) const {
  const int64_t now_ns = clock_.NowNs();
  std::vector<std::string> ids;
  MutexLock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    const Silence& silence = *entry.silence;
    if (silence.StateAt(now_ns) == SilenceState::kActive && silence.Matches(labels)) {
      ids.push_back(id);
    }
  }
  return ids;
}

Status Silences::Maintain() {
  {
    const int64_t now_ns = clock_.NowNs();
    MutexLock lock(mutex_);
    std::erase_if(entries_,
                  [&](const auto& entry) { return entry.second.expires_at_ns <= now_ns; });
  }
  return state_.Fold([this] { return Snapshot(); });
}

std::string Silences::Snapshot() const {
  MutexLock lock(mutex_);
  std::string out;
  for (const auto& [id, entry] : entries_) {
    AppendDelimited(out, EncodeMeshSilence({*entry.silence, entry.expires_at_ns}));
  }
  return out;
}

std::string MakeRandomUuid() {
  std::random_device device;
  uint32_t words[4];
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xFFFF0FFF) | 0x4000;      // Version 4.
  words[2] = (words[2] & 0x3FFFFFFF) | 0x80000000;  // RFC 4122's variant.
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xFFFF, words[2] >> 16, words[2] & 0xFFFF, words[3]);
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (is_dash ? c != '-' : !is_digit) return false;
  }
  return true;
}

}  // namespace tocsin::alertmanager
