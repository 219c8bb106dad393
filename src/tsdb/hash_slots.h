#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace tocsin::tsdb {

/// An open-addressing table from hashes to dense ids: eight bytes a slot, half of the hash kept so
/// that a probe looks at an id's keys only when it is very likely the right one, and growth needs
/// no keys. All slots in use are in order of that half: a probe for what is not there ends early,
/// so the table may be five sixths full, and growing by a quarter is one pass over it.
/// Thread-compatible: one writer or many readers.
class HashSlots {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// The id with this hash for which `equals(id)` holds, or kNone.
  template <typename Equals>
  uint32_t Find(uint64_t hash, Equals equals) const {
    if (slots_.empty()) return kNone;
    const uint32_t tag = Tag(hash);
    for (size_t i = Home(tag); slots_[i].id_plus_one != 0 && slots_[i].tag <= tag; ++i) {
      if (slots_[i].tag == tag && equals(slots_[i].id_plus_one - 1)) {
        return slots_[i].id_plus_one - 1;
      }
    }
    return kNone;
  }

  /// Fetches the place where Find begins.
  void Prefetch(uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[Home(Tag(hash))]);
  }

  /// Adds an id that is not in the table.
  void Insert(uint64_t hash, uint32_t id) {
    if ((size_ + 1) * 6 > home_count_ * 5) Resize(home_count_ + home_count_ / 4 + kMinHomes);
    while (!TryPlace({Tag(hash), id + 1})) Resize(home_count_ + home_count_ / 4);
    ++size_;
  }

  /// Removes an id that is in the table.
  void Erase(uint64_t hash, uint32_t id) {
    size_t hole = Home(Tag(hash));
    while (slots_[hole].id_plus_one != id + 1) ++hole;
    // Whoever was pushed past its home moves one back, so no tombstones pile up.
    for (; slots_[hole + 1].id_plus_one != 0 && Home(slots_[hole + 1].tag) <= hole; ++hole) {
      slots_[hole] = slots_[hole + 1];
    }
    slots_[hole] = {};
    --size_;
  }

  /// Makes room for `size` ids in all, so that adding them does not grow the table again and again.
  void Reserve(size_t size) {
    const size_t wanted = size + size / 4 + kMinHomes;
    if (wanted > home_count_) Resize(wanted);
  }

  /// Gives memory back after many were erased.
  void Shrink() {
    const size_t wanted = size_ + size_ / 2 + kMinHomes;
    if (wanted * 2 <= home_count_) Resize(wanted);
  }

  size_t size() const { return size_; }
  size_t size_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id_plus_one = 0;
  };
  static constexpr size_t kMinHomes = 16;
  // Slots behind the last home, for those pushed past it; the very last stays free and ends every
  // walk.
  static constexpr size_t kOverflowSlots = 64;

  // The tag decides the home position, so a slot knows its home without its key.
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32)); }
  size_t Home(uint32_t tag) const { return static_cast<size_t>(uint64_t{tag} * home_count_ >> 32); }

  // False when the overflow slots are full.
  bool TryPlace(Slot slot) {
    size_t at = Home(slot.tag);
    while (slots_[at].id_plus_one != 0 && slots_[at].tag <= slot.tag) ++at;
    size_t free = at;
    while (slots_[free].id_plus_one != 0) ++free;
    if (free + 1 == slots_.size()) return false;
    std::memmove(&slots_[at + 1], &slots_[at], (free - at) * sizeof(Slot));
    slots_[at] = slot;
    return true;
  }

  void Resize(size_t home_count) {
    std::vector<Slot> old = std::move(slots_);
    for (bool is_done = false; !is_done; home_count += home_count / 4) {
      home_count_ = home_count;
      slots_.assign(home_count + kOverflowSlots, {});
      is_done = CopyFrom(old);
    }
  }

  // Takes slots that are in order: each goes behind the one before it, or to its home.
  bool CopyFrom(const std::vector<Slot>& old) {
    size_t next = 0;
    for (const Slot& slot : old) {
      if (slot.id_plus_one == 0) continue;
      next = std::max(next, Home(slot.tag));
      if (next + 1 >= slots_.size()) return false;
      slots_[next++] = slot;
    }
    return true;
  }

  std::vector<Slot> slots_;
  size_t home_count_ = 0;
  size_t size_ = 0;
};

}  // namespace tocsin::tsdb
