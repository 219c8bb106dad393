#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin::tsdb {

/// An open-addressing table from hashes to dense ids: eight bytes a slot, half of the hash kept so
/// that a probe looks at an id's keys only when it is very likely the right one, and growth needs
/// no keys. Thread-compatible: one writer or many readers.
class HashSlots {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// The id with this hash for which `equals(id)` holds, or kNone.
  template <typename Equals>
  uint32_t Find(uint64_t hash, Equals equals) const {
    if (slots_.empty()) return kNone;
    for (size_t i = Home(hash);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.id_plus_one == 0) return kNone;
      if (slot.tag == Tag(hash) && equals(slot.id_plus_one - 1)) return slot.id_plus_one - 1;
    }
  }

  /// Adds an id that is not in the table.
  void Insert(uint64_t hash, uint32_t id) {
    if ((size_ + 1) * 4 > slots_.size() * 3) Resize(slots_.empty() ? 16 : slots_.size() * 2);
    Place({Tag(hash), id + 1});
    ++size_;
  }

  /// Removes an id that is in the table.
  void Erase(uint64_t hash, uint32_t id) {
    size_t hole = Home(hash);
    while (slots_[hole].id_plus_one != id + 1) hole = (hole + 1) & mask_;
    // Backward shift: whoever was pushed past the hole moves into it, so no tombstones pile up.
    for (size_t i = (hole + 1) & mask_; slots_[i].id_plus_one != 0; i = (i + 1) & mask_) {
      const size_t home = slots_[i].tag & mask_;
      if (((i - home) & mask_) >= ((i - hole) & mask_)) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    --size_;
  }

  /// Gives memory back after many were erased.
  void Shrink() {
    size_t wanted = 16;
    while (size_ * 4 > wanted * 3) wanted *= 2;
    if (wanted * 2 <= slots_.size()) Resize(wanted);
  }

  size_t size() const { return size_; }
  size_t size_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id_plus_one = 0;
  };

  // The tag doubles as the home position, so a slot knows its home without its key. Tables beyond
  // 2^32 slots do not happen: ids are below 2^28.
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32)); }
  size_t Home(uint64_t hash) const { return Tag(hash) & mask_; }

  void Place(Slot slot) {
    size_t i = slot.tag & mask_;
    while (slots_[i].id_plus_one != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }

  void Resize(size_t slot_count) {
    std::vector<Slot> old(slot_count);
    old.swap(slots_);
    mask_ = slot_count - 1;
    for (const Slot& slot : old) {
      if (slot.id_plus_one != 0) Place(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

}  // namespace tocsin::tsdb
