#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "model/sample.h"
#include "tsdb/chunk_column.h"
#include "tsdb/series_index.h"

namespace tocsin::tsdb {

struct SeriesTable;

/// Samples of many series that share a timestamp: one value a slot, and a bit whether it is there.
/// Stale markers are values as any other.
struct Row {
  int64_t timestamp_ms = 0;
  uint64_t sequence = 0;    // Of the commit.
  uint32_t slot_count = 0;  // Slots beyond are absent.
  uint32_t capacity = 0;    // A multiple of 64.
  std::unique_ptr<double[]> values;
  std::unique_ptr<uint64_t[]> present;

  bool Has(uint32_t slot) const {
    return slot < slot_count && (present[slot / 64] >> (slot % 64) & 1) != 0;
  }
  void Grow(uint32_t slots, bool keep_contents);
};

/// The newest samples of a target's series, as rows. Older rows are encoded into the series' open
/// chunks, a block of rows at a time, once every reader may see them.
///
/// Invariants:
/// 1. A series belongs to at most one group at a time (SeriesTable::place), and then all its
/// samples,
///    rows and column alike, are guarded by this group's mutex.
/// 2. Rows of the list are immutable but for their end: encoding removes whole rows from the front,
/// and
///    releasing a slot clears its bits.
/// 3. For each slot the samples of rows rise in time from front to back, and are newer than the
/// series'
///    chunks; pending samples of its column lie among them, with times of their own.
/// 4. newest_ms is not below the time of any sample of any series of the group, so a row that is
/// newer
///    needs no checks a slot.
class RowGroup {
 public:
  /// Rows encoded at once. Eight: the timestamps fit a cache line, each series' chunk is touched
  /// every eighth scrape, and a block of a thousand series stays in the second-level cache.
  static constexpr size_t kRowsPerBlock = 8;
  /// Committed rows that stay when a block is encoded, so that the newest samples can always be had
  /// without a chunk: one. (The newest in a chunk is in its cursor.)
  static constexpr size_t kRowsKept = 1;

  static constexpr SeriesId kNoSeries = SeriesIndex::kNone;

  mutable SharedMutex mutex;

  // All below: guarded by `mutex`; slots and rows are changed only by the group's writer, who may
  // read them without it, and by ReleaseSlot.

  std::vector<std::unique_ptr<Row>> rows;  // Committed, oldest first.
  std::vector<SeriesId> slots;             // kNoSeries: not (or no more) of this group.
  int64_t newest_ms = INT64_MIN;

  /// Whether some series of the group may have pending samples, so that their columns have to be
  /// looked at even when a row has what is wanted. Stays once it is set: such targets do it again.
  bool may_have_pending = false;

  /// Set by maintenance when series of the group have lost all samples; the group's writer then
  /// frees their slots.
  std::atomic<bool> is_compaction_wanted{false};

  /// Rows of the next block. The first block of a group is shorter, by its id, so that groups that
  /// began together do not all hold their most rows at the same time.
  size_t next_block_rows = kRowsPerBlock;

  /// Encodes blocks of rows from the front, while kRowsKept stay and every reader may see them.
  /// Gives back one of the rows no longer needed, if any; the memory of the others is freed: on
  /// average a group then holds half of the rows that it holds at most.
  std::unique_ptr<Row> EncodeBlocks(SeriesTable& series, ChunkColumns& columns,
                                    uint64_t visible_to_all) REQUIRES(mutex);

  /// The newest sample of a slot's series.
  std::optional<Sample> Newest(uint32_t slot, const ChunkColumn& column,
                               const ChunkColumns& columns) const REQUIRES_SHARED(mutex);

  /// Encodes all rows that every reader may see, to end the group.
  void EncodeVisible(SeriesTable& series, ChunkColumns& columns, uint64_t visible_to_all)
      REQUIRES(mutex);

  /// Moves a slot's samples from rows into its column, encoding those that every reader may see.
  /// The series stays in the group.
  void FlushSlot(uint32_t slot, ChunkColumn& column, ChunkColumns& columns, uint64_t visible_to_all)
      REQUIRES(mutex);

  /// Renumbers slots: slot i becomes new_slots[i], or ceases to be if that is kNoSlot; new numbers
  /// rise. A slot that ceases must be empty in all rows. Leaves the series' places to the caller.
  void Renumber(const std::vector<uint32_t>& new_slots) REQUIRES(mutex);
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  size_t memory_bytes() const REQUIRES_SHARED(mutex);

 private:
  void EncodeBlock(size_t row_count, SeriesTable& series, ChunkColumns& columns,
                   uint64_t visible_to_all) REQUIRES(mutex);
  void EncodeSlot(uint32_t slot, size_t row_count, SlabArena::Session& session, ChunkColumn& column,
                  ChunkColumns& columns, uint64_t visible_to_all) REQUIRES(mutex);
  void EncodeMerged(uint32_t slot, size_t row_count, SlabArena::Session& session,
                    ChunkColumn& column, ChunkColumns& columns, uint64_t visible_to_all)
      REQUIRES(mutex);
};

}  // namespace tocsin::tsdb
