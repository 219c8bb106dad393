#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tocsin::tsdb {

/// A compressed set of 32-bit ids: per 65,536 of them a container, which is an array of the low
/// halves, a bitmap, or runs, whichever is smallest for how it was filled (after Roaring, Lemire et
/// al.). Sets of up to three ids stand in the object itself. Ids added in rising order are
/// cheapest. Thread-compatible: one writer or many readers.
class PostingSet {
 public:
  PostingSet() = default;
  ~PostingSet() { Reset(); }
  PostingSet(PostingSet&& other) noexcept;
  PostingSet& operator=(PostingSet&& other) noexcept;
  PostingSet(const PostingSet&) = delete;
  PostingSet& operator=(const PostingSet&) = delete;

  void Add(uint32_t id);
  void Remove(uint32_t id);
  bool Contains(uint32_t id) const;
  void Reset();
  /// Number of ids.
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Appends all ids in rising order.
  void AppendTo(std::vector<uint32_t>& out) const;
  /// Keeps of `ids` (rising) those that are in this set.
  void Intersect(std::vector<uint32_t>& ids) const;
  /// Removes from `ids` (rising) those that are in this set.
  void Subtract(std::vector<uint32_t>& ids) const;

  /// Heap bytes besides the object.
  size_t heap_bytes() const;

 private:
  friend class IdBitmap;
  struct Container;
  struct Large;

  template <typename Visit>
  void ForEachContainer(Visit visit) const;
  template <bool kKeepMembers>
  void Filter(std::vector<uint32_t>& ids) const;
  void GrowOutOfLine();

  static constexpr uint32_t kInlineIds = 3;
  union {
    uint32_t ids_[kInlineIds] = {};  // Rising; in force while !is_large_.
    Large* large_;                   // Owned.
  };
  uint32_t size_ : 31 = 0;
  uint32_t is_large_ : 1 = 0;
};

/// An uncompressed set for building unions of many PostingSets; memory only for the ranges it
/// touches. Confined to a thread.
class IdBitmap {
 public:
  void Add(uint32_t id) { Block(id >> 16)[(id & 0xffff) / 64] |= uint64_t{1} << (id % 64); }
  void Add(const PostingSet& set);
  bool Contains(uint32_t id) const {
    const size_t high = id >> 16;
    return high < blocks_.size() && blocks_[high] &&
           (blocks_[high][(id & 0xffff) / 64] >> (id % 64) & 1) != 0;
  }
  /// All ids in rising order.
  std::vector<uint32_t> ToIds() const;

 private:
  static constexpr size_t kBlockWords = 65536 / 64;
  uint64_t* Block(size_t high) {
    if (high >= blocks_.size()) blocks_.resize(high + 1);
    if (!blocks_[high]) blocks_[high] = std::make_unique<uint64_t[]>(kBlockWords);
    return blocks_[high].get();
  }
  std::vector<std::unique_ptr<uint64_t[]>> blocks_;
};

}  // namespace tocsin::tsdb
