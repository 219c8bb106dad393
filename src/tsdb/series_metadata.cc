#include "tsdb/series_metadata.h"

#include "base/xxhash64.h"

namespace tocsin::tsdb {
namespace {

uint64_t HashOf(const MetricMetadata& metadata) {
  return XxHash64(metadata.help) ^ (XxHash64(metadata.unit) * 31 + uint64_t(metadata.type));
}

}  // namespace

bool SeriesMetadata::Set(SeriesId id, const MetricMetadata& metadata) {
  MutexLock lock(mutex_);
  const auto at = entry_of_.find(id);
  if (at != entry_of_.end()) {
    if (entries_[at->second].metadata == metadata) return false;
    const uint32_t old = at->second;
    at->second = Intern(metadata);
    Release(old);
    return true;
  }
  entry_of_.emplace(id, Intern(metadata));
  return true;
}

bool SeriesMetadata::Has(SeriesId id, const MetricMetadata& metadata) const {
  MutexLock lock(mutex_);
  const auto at = entry_of_.find(id);
  return at != entry_of_.end() && entries_[at->second].metadata == metadata;
}

std::optional<MetricMetadata> SeriesMetadata::Of(SeriesId id) const {
  MutexLock lock(mutex_);
  const auto at = entry_of_.find(id);
  if (at == entry_of_.end()) return std::nullopt;
  return entries_[at->second].metadata;
}

void SeriesMetadata::Erase(SeriesId id) {
  MutexLock lock(mutex_);
  const auto at = entry_of_.find(id);
  if (at == entry_of_.end()) return;
  Release(at->second);
  entry_of_.erase(at);
}

uint32_t SeriesMetadata::Intern(const MetricMetadata& metadata) {
  const uint64_t hash = HashOf(metadata);
  uint32_t found = table_.Find(hash, [&](uint32_t entry) NO_THREAD_SAFETY_ANALYSIS {
    return entries_[entry].metadata == metadata;
  });
  if (found == HashSlots::kNone) {
    if (free_entries_.empty()) {
      found = static_cast<uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      found = free_entries_.back();
      free_entries_.pop_back();
    }
    entries_[found] = {metadata, hash, 0};
    table_.Insert(hash, found);
  }
  ++entries_[found].uses;
  return found;
}

void SeriesMetadata::Release(uint32_t entry) {
  if (--entries_[entry].uses > 0) return;
  table_.Erase(entries_[entry].hash, entry);
  entries_[entry] = {};
  free_entries_.push_back(entry);
}

size_t SeriesMetadata::size() const {
  MutexLock lock(mutex_);
  return entry_of_.size();
}

size_t SeriesMetadata::memory_bytes() const {
  MutexLock lock(mutex_);
  // A node of the map: the pair, a link and what the heap adds.
  size_t bytes = entry_of_.size() * 32 + entry_of_.bucket_count() * sizeof(void*) +
                 entries_.capacity() * sizeof(Entry) + table_.size_bytes();
  for (const Entry& entry : entries_) {
    bytes += entry.metadata.help.capacity() + entry.metadata.unit.capacity();
  }
  return bytes;
}

}  // namespace tocsin::tsdb
