#include "scraper/sequence_cache.h"

#include <bit>
#include <limits>
#include <utility>

namespace tocsin::scraper {

namespace {

// Gives memory back when a page has shrunk or was recorded with room to grow.
template <typename T>
void Trim(std::vector<T>& lines) {
  if (lines.capacity() - lines.size() > lines.size() / 8) lines.shrink_to_fit();
}

}  // namespace

void SequenceCache::BeginPage() {
  position_ = 0;
  miss_count_ = 0;
}

void SequenceCache::StartRecording() {
  is_recording_ = true;
  new_hashes_.reserve(hashes_.size());
  new_actions_.reserve(hashes_.size());
  new_sizes_.reserve(hashes_.size());
  const auto end = static_cast<ptrdiff_t>(position_);
  new_hashes_.assign(hashes_.begin(), hashes_.begin() + end);
  new_actions_.assign(actions_.begin(), actions_.begin() + end);
  new_sizes_.assign(sizes_.begin(), sizes_.begin() + end);
}

void SequenceCache::Append(uint64_t hash, uint16_t size, LineAction action) {
  new_hashes_.push_back(hash);
  new_actions_.push_back(action);
  new_sizes_.push_back(size);
}

std::optional<LineAction> SequenceCache::Find(uint64_t hash) {
  // The page so far is the last one's beginning: keep that before the prediction moves.
  if (!is_recording_) StartRecording();
  if (hashes_.empty()) return std::nullopt;
  if (index_.empty()) BuildIndex();
  const size_t mask = index_.size() - 1;
  for (size_t at = hash & mask; index_[at] != 0; at = (at + 1) & mask) {
    const size_t line = index_[at] - 1;
    if (hashes_[line] != hash) continue;
    position_ = line + 1;
    return actions_[line];
  }
  return std::nullopt;
}

void SequenceCache::BuildIndex() {
  index_.assign(std::bit_ceil(hashes_.size() * 2), 0);
  const size_t mask = index_.size() - 1;
  for (size_t line = 0; line < hashes_.size(); ++line) {
    size_t at = hashes_[line] & mask;
    while (index_[at] != 0 && hashes_[index_[at] - 1] != hashes_[line]) at = (at + 1) & mask;
    if (index_[at] == 0) index_[at] = static_cast<uint32_t>(line + 1);
  }
}

void SequenceCache::Record(uint64_t hash, size_t size, LineAction action) {
  if (!is_recording_) StartRecording();
  ++miss_count_;
  const bool is_predictable = size <= std::numeric_limits<uint16_t>::max();
  Append(hash, is_predictable ? static_cast<uint16_t>(size) : 0, action);
}

void SequenceCache::EndPage() {
  if (is_recording_) {
    hashes_.swap(new_hashes_);
    actions_.swap(new_actions_);
    sizes_.swap(new_sizes_);
  } else if (position_ < hashes_.size()) {
    const auto end = static_cast<ptrdiff_t>(position_);
    hashes_.erase(hashes_.begin() + end, hashes_.end());
    actions_.erase(actions_.begin() + end, actions_.end());
    sizes_.erase(sizes_.begin() + end, sizes_.end());
  }
  Trim(hashes_);
  Trim(actions_);
  Trim(sizes_);
  AbortPage();
  // It fits only the order before; and where nothing moves, nobody asks for it.
  index_ = {};
}

void SequenceCache::AbortPage() {
  is_recording_ = false;
  new_hashes_ = {};
  new_actions_ = {};
  new_sizes_ = {};
}

void SequenceCache::VoidSlots() {
  for (LineAction& action : actions_) action.Void();
}

void SequenceCache::Clear() { *this = SequenceCache(); }

size_t SequenceCache::memory_bytes() const {
  return (hashes_.capacity() + new_hashes_.capacity()) * sizeof(uint64_t) +
         (actions_.capacity() + new_actions_.capacity()) * sizeof(LineAction) +
         (sizes_.capacity() + new_sizes_.capacity()) * sizeof(uint16_t) +
         index_.capacity() * sizeof(uint32_t);
}

}  // namespace tocsin::scraper
