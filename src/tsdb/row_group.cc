#include "tsdb/row_group.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tsdb/series_table.h"

namespace tocsin::tsdb {
namespace {

// Slots encoded under one hold of the arena's lock: a word of the bitmaps, about 5 µs.
constexpr uint32_t kSlotsPerSession = 64;

uint64_t WordOf(const Row& row, uint32_t word) {
  return word * 64 < row.slot_count ? row.present[word] : 0;
}

}  // namespace

void Row::Grow(uint32_t slots, bool keep_contents) {
  if (slots <= capacity) return;
  const uint32_t wanted = (slots + 63) / 64 * 64;
  auto grown_values = std::make_unique_for_overwrite<double[]>(wanted);
  auto grown_present = std::make_unique<uint64_t[]>(wanted / 64);
  if (keep_contents && capacity > 0) {
    std::memcpy(grown_values.get(), values.get(), capacity * sizeof(double));
    std::memcpy(grown_present.get(), present.get(), capacity / 8);
  }
  values = std::move(grown_values);
  present = std::move(grown_present);
  capacity = wanted;
}

std::unique_ptr<Row> RowGroup::EncodeBlocks(SeriesTable& series, ChunkColumns& columns,
                                            uint64_t visible_to_all) {
  std::unique_ptr<Row> spare;
  while (rows.size() >= next_block_rows + kRowsKept &&
         rows[next_block_rows - 1]->sequence <= visible_to_all) {
    EncodeBlock(next_block_rows, series, columns, visible_to_all);
    spare = std::move(rows.front());
    rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(next_block_rows));
    next_block_rows = kRowsPerBlock;
  }
  return spare;
}

void RowGroup::EncodeBlock(size_t row_count, SeriesTable& series, ChunkColumns& columns,
                           uint64_t visible_to_all) {
  const auto slot_count = static_cast<uint32_t>(slots.size());
  int64_t timestamps_ms[kRowsPerBlock];
  for (size_t r = 0; r < row_count; ++r) timestamps_ms[r] = rows[r]->timestamp_ms;
  for (uint32_t word = 0; word * 64 < slot_count; ++word) {
    uint64_t in_all = ~uint64_t{0};
    uint64_t in_any = 0;
    for (size_t r = 0; r < row_count; ++r) {
      in_all &= WordOf(*rows[r], word);
      in_any |= WordOf(*rows[r], word);
    }
    SlabArena::Session session(columns.arena());
    for (; in_any != 0; in_any &= in_any - 1) {
      const auto bit = static_cast<uint32_t>(std::countr_zero(in_any));
      const uint32_t slot = word * kSlotsPerSession + bit;
      if (slots[slot] == kNoSeries) continue;
      ChunkColumn& column = series.columns[slots[slot]];
      if ((in_all >> bit & 1) == 0 || column.pending != 0) {
        EncodeSlot(slot, row_count, session, column, columns, visible_to_all);
        continue;
      }
      double values[kRowsPerBlock];
      for (size_t r = 0; r < row_count; ++r) values[r] = rows[r]->values[slot];
      columns.Encode(session, column, timestamps_ms, values, row_count);
    }
  }
}

void RowGroup::EncodeSlot(uint32_t slot, size_t row_count, SlabArena::Session& session,
                          ChunkColumn& column, ChunkColumns& columns, uint64_t visible_to_all) {
  if (column.pending != 0) {
    EncodeMerged(slot, row_count, session, column, columns, visible_to_all);
    return;
  }
  int64_t timestamps_ms[kRowsPerBlock];
  double values[kRowsPerBlock];
  size_t count = 0;
  for (size_t r = 0; r < row_count; ++r) {
    if (!rows[r]->Has(slot)) continue;
    timestamps_ms[count] = rows[r]->timestamp_ms;
    values[count++] = rows[r]->values[slot];
  }
  columns.Encode(session, column, timestamps_ms, values, count);
}

// Encodes the slot's samples of the first rows and, between them, those pending samples that are
// older than its next sample in a row that stays.
void RowGroup::EncodeMerged(uint32_t slot, size_t row_count, SlabArena::Session& session,
                            ChunkColumn& column, ChunkColumns& columns, uint64_t visible_to_all) {
  int64_t limit_ms = INT64_MAX;
  for (size_t r = row_count; r < rows.size() && limit_ms == INT64_MAX; ++r) {
    if (rows[r]->Has(slot)) limit_ms = rows[r]->timestamp_ms;
  }
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  const auto pending = columns.Pending(column);
  size_t taken = 0;
  const auto take_pending_before = [&](int64_t before_ms) {
    for (; taken < pending.size() && pending[taken].timestamp_ms < before_ms &&
           pending[taken].sequence <= visible_to_all;
         ++taken) {
      timestamps_ms.push_back(pending[taken].timestamp_ms);
      values.push_back(pending[taken].value);
    }
  };
  for (size_t r = 0; r < row_count; ++r) {
    if (!rows[r]->Has(slot)) continue;
    take_pending_before(rows[r]->timestamp_ms);
    timestamps_ms.push_back(rows[r]->timestamp_ms);
    values.push_back(rows[r]->values[slot]);
  }
  take_pending_before(limit_ms);
  columns.Encode(session, column, timestamps_ms.data(), values.data(), timestamps_ms.size());
  columns.RemovePending(session, column, taken);
}

std::optional<Sample> RowGroup::Newest(uint32_t slot, const ChunkColumn& column,
                                       const ChunkColumns& columns) const {
  const std::optional<Sample> in_column = columns.Newest(column);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!(*row)->Has(slot)) continue;
    const Sample in_row{(*row)->timestamp_ms, (*row)->values[slot]};
    return in_column && in_column->timestamp_ms > in_row.timestamp_ms ? *in_column : in_row;
  }
  return in_column;
}

void RowGroup::EncodeVisible(SeriesTable& series, ChunkColumns& columns, uint64_t visible_to_all) {
  size_t visible = 0;
  while (visible < rows.size() && rows[visible]->sequence <= visible_to_all) ++visible;
  for (size_t left = visible; left > 0;) {
    const size_t block = std::min(left, kRowsPerBlock);
    EncodeBlock(block, series, columns, visible_to_all);
    rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(block));
    left -= block;
  }
}

void RowGroup::FlushSlot(uint32_t slot, ChunkColumn& column, ChunkColumns& columns,
                         uint64_t visible_to_all) {
  std::vector<PendingSample> merged;
  for (const auto& row : rows) {
    if (!row->Has(slot)) continue;
    merged.push_back({row->timestamp_ms, row->values[slot], row->sequence});
    row->present[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  }
  if (merged.empty() && column.pending == 0) return;
  SlabArena::Session session(columns.arena());
  if (!merged.empty()) {
    const auto pending = columns.Pending(column);
    merged.insert(merged.end(), pending.begin(), pending.end());
    std::ranges::sort(merged, {}, &PendingSample::timestamp_ms);
    columns.RemovePending(session, column, pending.size());
    for (const PendingSample& sample : merged) columns.AddPending(session, column, sample);
  }
  columns.DrainPending(session, column, visible_to_all);
}

void RowGroup::Renumber(const std::vector<uint32_t>& new_slots) {
  uint32_t slot_count = 0;
  for (uint32_t slot = 0; slot < slots.size(); ++slot) {
    if (new_slots[slot] == kNoSlot) continue;
    slots[new_slots[slot]] = slots[slot];
    slot_count = new_slots[slot] + 1;
  }
  slots.resize(slot_count);
  slots.shrink_to_fit();
  for (const auto& row : rows) {
    Row renumbered;
    renumbered.Grow(slot_count, false);
    for (uint32_t slot = 0; slot < row->slot_count; ++slot) {
      if (!row->Has(slot)) continue;
      const uint32_t to = new_slots[slot];
      renumbered.values[to] = row->values[slot];
      renumbered.present[to / 64] |= uint64_t{1} << (to % 64);
    }
    row->slot_count = slot_count;
    row->capacity = renumbered.capacity;
    row->values = std::move(renumbered.values);
    row->present = std::move(renumbered.present);
  }
}

size_t RowGroup::memory_bytes() const {
  size_t bytes = slots.capacity() * sizeof(SeriesId);
  for (const auto& row : rows) {
    bytes += sizeof(Row) + row->capacity * sizeof(double) + row->capacity / 8;
  }
  return bytes;
}

}  // namespace tocsin::tsdb
