#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/mutex.h"
#include "tsdb/chunk_column.h"
#include "tsdb/row_group.h"
#include "tsdb/series_index.h"
#include "tsdb/stable_array.h"

namespace tocsin::tsdb {

/// Where a series' newest samples are kept: in a slot of a row group, or nowhere but its column.
struct SeriesPlace {
  uint32_t group = 0;  // 0: none.
  uint32_t slot = 0;
  friend bool operator==(const SeriesPlace&, const SeriesPlace&) = default;
};

/// Per-series state besides labels, by series id, an array a concern.
///
/// Locks: a series in a group is guarded by the group's mutex, any other by the stripe of its id. A
/// place changes only under both, taken in that order: group, then stripe. Thread-safe, as far as
/// each array says.
struct SeriesTable {
  struct Entry {
    std::atomic<uint64_t> place{0};  // Packed SeriesPlace.
    // Who is about to write to the series; it is not removed meanwhile. Raised under the index'
    // lock.
    std::atomic<uint32_t> pins{0};
    // How often the id was used before: tells a reference to an earlier series from one to this.
    std::atomic<uint32_t> generation{0};
  };

  StableArray<Entry> entries;
  StableArray<ChunkColumn> columns;  // Guarded as the series.
  StableArray<uint64_t> wal_refs;    // Written before the series is found; constant until removed.
  StableArray<RowGroup, 6> groups;   // Group ids are used again, groups never freed.

  static constexpr size_t kStripes = 256;
  mutable std::array<SharedMutex, kStripes> stripes;

  SharedMutex& StripeOf(SeriesId id) const { return stripes[id % kStripes]; }

  SeriesPlace PlaceOf(SeriesId id) const {
    const uint64_t packed = entries[id].place.load(std::memory_order_acquire);
    return {static_cast<uint32_t>(packed >> 32), static_cast<uint32_t>(packed)};
  }
  void SetPlace(SeriesId id, SeriesPlace place) {
    entries[id].place.store(uint64_t{place.group} << 32 | place.slot, std::memory_order_release);
  }

  /// Calls `visit(group or nullptr, slot)` holding the series' lock for reading.
  template <typename Visit>
  auto WithReadLock(SeriesId id, Visit visit) NO_THREAD_SAFETY_ANALYSIS {
    for (;;) {
      const SeriesPlace place = PlaceOf(id);
      if (place.group != 0) {
        RowGroup& group = groups[place.group];
        ReadLock lock(group.mutex);
        if (PlaceOf(id) == place) return visit(&group, place.slot);
      } else {
        ReadLock lock(StripeOf(id));
        if (PlaceOf(id) == place) return visit(static_cast<RowGroup*>(nullptr), uint32_t{0});
      }
    }
  }
  /// The same for writing.
  template <typename Visit>
  auto WithWriteLock(SeriesId id, Visit visit) NO_THREAD_SAFETY_ANALYSIS {
    for (;;) {
      const SeriesPlace place = PlaceOf(id);
      if (place.group != 0) {
        RowGroup& group = groups[place.group];
        WriteLock lock(group.mutex);
        if (PlaceOf(id) == place) return visit(&group, place.slot);
      } else {
        WriteLock lock(StripeOf(id));
        if (PlaceOf(id) == place) return visit(static_cast<RowGroup*>(nullptr), uint32_t{0});
      }
    }
  }

  /// The newest sample of a series. Not to be called under its lock.
  std::optional<Sample> NewestOf(SeriesId id,
                                 const ChunkColumns& chunk_columns) NO_THREAD_SAFETY_ANALYSIS {
    return WithReadLock(id, [&](RowGroup* group, uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
      return group ? group->Newest(slot, columns[id], chunk_columns)
                   : chunk_columns.Newest(columns[id]);
    });
  }

  void EnsureSize(SeriesId limit) {
    entries.EnsureSize(limit);
    columns.EnsureSize(limit);
    wal_refs.EnsureSize(limit);
  }
  size_t memory_bytes() const {
    return entries.size_bytes() + columns.size_bytes() + wal_refs.size_bytes() +
           groups.size_bytes();
  }
};

}  // namespace tocsin::tsdb
