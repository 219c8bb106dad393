#include "remote/series_ref_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin::remote {
namespace {

constexpr size_t kFirstSlots = 4096;  // 64 KiB: enough for one small sender.
// Entries are not moved when the table grows (a slot does not say where it came from) but come back
// as misses: in steps of four that is a third of a miss a series over the life of the process.
constexpr size_t kGrowth = 4;

// Lookups are all over the table. With pages of 4 KiB each waits for the page tables even when it
// is prefetched: that was a seventh of all the work for a sample.
constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr std::align_val_t kLinesAlignment{kHugePageBytes};

}  // namespace

SeriesKey MakeSeriesKey(std::string_view bytes, uint64_t secret) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), secret);
  return {hash.low64, hash.high64};
}

SeriesRefCache::SeriesRefCache(size_t max_series)
    : max_slots_(std::bit_ceil(std::max(max_series, kProbedSlots) * 3 / 2)),
      table_(std::make_shared<Table>(std::min(kFirstSlots, max_slots_))) {}

std::unique_ptr<SeriesRefCache::Line[], SeriesRefCache::FreeLines> SeriesRefCache::MakeLines(
    size_t count) {
  const size_t size_bytes = count * sizeof(Line);
  void* memory = operator new(size_bytes, kLinesAlignment);
  // Before the first touch. A kernel without huge pages refuses, which costs speed and nothing
  // else.
  if (size_bytes >= kHugePageBytes) madvise(memory, size_bytes, MADV_HUGEPAGE);
  Line* lines = static_cast<Line*>(memory);
  std::uninitialized_value_construct_n(lines, count);
  return std::unique_ptr<Line[], FreeLines>(lines);
}

void SeriesRefCache::FreeLines::operator()(Line* lines) const {
  static_assert(std::is_trivially_destructible_v<Line>);
  operator delete(lines, kLinesAlignment);
}

SeriesRefCache::View SeriesRefCache::MakeView() const {
  MutexLock lock(mutex_);
  return View(table_);
}

storage::SeriesRef SeriesRefCache::View::Find(const SeriesKey& key) const {
  const size_t start = table_->Start(key);
  for (size_t i = 0; i < kProbedSlots; ++i) {
    const Slot& slot = table_->At(start, i);
    const uint64_t ref = slot.ref.load(std::memory_order_relaxed);  // Invariants 3 and 4.
    if (ref == 0) return 0;
    if ((slot.mixed.load(std::memory_order_relaxed) ^ ref) == key.high) return ref;
  }
  return 0;
}

void SeriesRefCache::Insert(const SeriesKey& key, storage::SeriesRef ref) {
  MutexLock lock(mutex_);
  if (used_ * 3 >= (table_->mask + 1) * 2 && table_->mask + 1 < max_slots_) GrowLocked();
  const size_t start = table_->Start(key);
  // Without a free place the victim is any of those probed, by bits that do not choose the line.
  Slot* chosen = &table_->At(start, key.high >> 60);
  for (size_t i = 0; i < kProbedSlots; ++i) {
    Slot& slot = table_->At(start, i);
    const uint64_t old = slot.ref.load(std::memory_order_relaxed);
    if (old != 0 && (slot.mixed.load(std::memory_order_relaxed) ^ old) != key.high) continue;
    if (old == 0) ++used_;
    chosen = &slot;
    break;
  }
  chosen->mixed.store(key.high ^ ref, std::memory_order_relaxed);
  chosen->ref.store(ref, std::memory_order_relaxed);
}

void SeriesRefCache::GrowLocked() {
  table_ = std::make_shared<Table>(std::min(max_slots_, (table_->mask + 1) * kGrowth));
  used_ = 0;
}

}  // namespace tocsin::remote
