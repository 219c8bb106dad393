#include "tsdb/slab_arena.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace tocsin::tsdb {
namespace {

// Classes: every 8 bytes up to 512, then four a power of two (at most 25 % unused) up to a slab's
// eighth; larger pieces are taken from the heap one by one.
constexpr size_t kFineLimitBytes = 512;
constexpr size_t kLargeBytes = SlabArena::kSlabBytes / 8;
constexpr uint32_t kFineClasses = kFineLimitBytes / 8;

uint32_t ClassOf(size_t size_bytes) {
  if (size_bytes <= kFineLimitBytes) return static_cast<uint32_t>((size_bytes + 7) / 8) - 1;
  const auto log2 = static_cast<uint32_t>(std::bit_width(size_bytes - 1)) - 1;  // 2^log2 < size
  const size_t quarter = size_t{1} << (log2 - 2);
  const auto step =
      static_cast<uint32_t>((size_bytes - (size_t{1} << log2) + quarter - 1) / quarter);
  return kFineClasses + (log2 - 9) * 4 + step - 1;
}

size_t PieceBytes(uint32_t class_index) {
  if (class_index < kFineClasses) return (size_t{class_index} + 1) * 8;
  const uint32_t coarse = class_index - kFineClasses;
  const size_t base = kFineLimitBytes << (coarse / 4);
  return base + base / 4 * (coarse % 4 + 1);
}

}  // namespace

SlabArena::SlabArena() {
  slabs_.EnsureSize(1);
  partial_slabs_.resize(ClassOf(kLargeBytes) + 1);
}

SlabArena::~SlabArena() {
  for (uint32_t i = 1; i < slab_count_; ++i)
    std::free(slabs_[i].span > 0 ? slabs_[i].memory.load() : nullptr);
}

size_t SlabArena::RoundUp(size_t size_bytes) {
  return size_bytes > kLargeBytes ? size_bytes : PieceBytes(ClassOf(size_bytes));
}

ArenaHandle SlabArena::Allocate(size_t size_bytes) {
  if (size_bytes > kLargeBytes) return AllocateLarge(size_bytes);
  const uint32_t class_index = ClassOf(size_bytes);
  const size_t piece_bytes = PieceBytes(class_index);
  const uint32_t slab_id = SlabWithRoom(class_index, piece_bytes);
  Slab& slab = slabs_[slab_id];
  uint32_t unit;
  if (slab.free_head != 0) {
    unit = slab.free_head - 1;
    std::memcpy(&slab.free_head,
                slab.memory.load(std::memory_order_relaxed) + size_t{unit} * kUnitBytes,
                sizeof(slab.free_head));
  } else {
    unit = slab.bump_bytes / kUnitBytes;
    slab.bump_bytes += static_cast<uint32_t>(piece_bytes);
  }
  ++slab.live;
  used_bytes_.fetch_add(piece_bytes, std::memory_order_relaxed);
  return slab_id << kUnitBits | unit;
}

uint32_t SlabArena::SlabWithRoom(uint32_t class_index, size_t piece_bytes) {
  std::vector<uint32_t>& partial = partial_slabs_[class_index];
  while (!partial.empty()) {
    Slab& slab = slabs_[partial.back()];
    // An entry may be left over from an earlier life of the slab; then it fails one of these.
    if (slab.span == 1 && slab.class_index == class_index && slab.piece_bytes == piece_bytes &&
        (slab.free_head != 0 || slab.bump_bytes + piece_bytes <= kSlabBytes)) {
      return partial.back();
    }
    slab.is_listed = false;
    partial.pop_back();
  }
  const uint32_t slab_id = NewSlab(kSlabBytes, 1);
  slabs_[slab_id].class_index = class_index;
  slabs_[slab_id].piece_bytes = piece_bytes;
  slabs_[slab_id].is_listed = true;
  partial.push_back(slab_id);
  return slab_id;
}

ArenaHandle SlabArena::AllocateLarge(size_t size_bytes) {
  const auto span = static_cast<uint32_t>((size_bytes + kSlabBytes - 1) / kSlabBytes);
  const uint32_t slab_id = NewSlab(size_bytes, span);
  Slab& slab = slabs_[slab_id];
  slab.class_index = UINT32_MAX;
  slab.piece_bytes = size_bytes;
  slab.live = 1;
  used_bytes_.fetch_add(size_bytes, std::memory_order_relaxed);
  return slab_id << kUnitBits;
}

uint32_t SlabArena::NewSlab(size_t bytes, uint32_t span) {
  uint32_t slab_id;
  if (span == 1 && !free_slab_ids_.empty()) {
    slab_id = free_slab_ids_.back();
    free_slab_ids_.pop_back();
  } else {
    slab_id = slab_count_;
    CHECK(slab_id + span <= kMaxSlabs, "arena full: 32 GiB");
    slab_count_ += span;
    slabs_.EnsureSize(slab_count_);
  }
  Slab& slab = slabs_[slab_id];
  auto* memory = static_cast<char*>(std::malloc(bytes));
  CHECK(memory != nullptr, "out of memory");
  slab.memory.store(memory, std::memory_order_relaxed);
  slab.free_head = slab.bump_bytes = slab.live = 0;
  slab.span = span;
  slab.is_listed = false;
  reserved_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return slab_id;
}

void SlabArena::Free(ArenaHandle handle) {
  if (handle == 0) return;
  const uint32_t slab_id = handle >> kUnitBits;
  Slab& slab = slabs_[slab_id];
  used_bytes_.fetch_sub(slab.piece_bytes, std::memory_order_relaxed);
  if (--slab.live == 0) {
    ReleaseSlab(slab_id);
    return;
  }
  std::memcpy(Get(handle), &slab.free_head, sizeof(slab.free_head));
  slab.free_head = (handle & (kUnitsPerSlab - 1)) + 1;
  if (!slab.is_listed) {
    slab.is_listed = true;
    partial_slabs_[slab.class_index].push_back(slab_id);
  }
}

void SlabArena::ReleaseSlab(uint32_t slab_id) {
  Slab& slab = slabs_[slab_id];
  std::free(slab.memory.exchange(nullptr, std::memory_order_relaxed));
  reserved_bytes_.fetch_sub(
      slab.span == 1 && slab.class_index != UINT32_MAX ? kSlabBytes : slab.piece_bytes,
      std::memory_order_relaxed);
  const uint32_t span = slab.span;
  slab.span = 0;
  slab.piece_bytes = 0;
  for (uint32_t i = 0; i < span; ++i) free_slab_ids_.push_back(slab_id + i);
}

}  // namespace tocsin::tsdb
