#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "model/metadata.h"
#include "tsdb/hash_slots.h"
#include "tsdb/series_index.h"

namespace tocsin::tsdb {

/// The latest metadata of each series that has some. Texts are kept once: all series of a metric,
/// and the targets of a job, share them. Thread-safe.
class SeriesMetadata {
 public:
  /// True when this is not what the series had already.
  bool Set(SeriesId id, const MetricMetadata& metadata);
  bool Has(SeriesId id, const MetricMetadata& metadata) const;
  std::optional<MetricMetadata> Of(SeriesId id) const;
  /// Forgets a series.
  void Erase(SeriesId id);

  /// How many series have some.
  size_t size() const;
  size_t memory_bytes() const;

 private:
  struct Entry {
    MetricMetadata metadata;
    uint64_t hash = 0;
    uint32_t uses = 0;
  };

  uint32_t Intern(const MetricMetadata& metadata) REQUIRES(mutex_);
  void Release(uint32_t entry) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_map<SeriesId, uint32_t> entry_of_ GUARDED_BY(mutex_);
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  std::vector<uint32_t> free_entries_ GUARDED_BY(mutex_);
  HashSlots table_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::tsdb
