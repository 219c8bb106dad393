#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::tsdb {

struct HeadState;

/// A name and how much of something it has.
struct NamedCount {
  std::string name;
  uint64_t value = 0;
  friend bool operator==(const NamedCount&, const NamedCount&) = default;
};

/// What /api/v1/status/tsdb shows. Lists are sorted by value, largest first, then by name.
struct HeadStatistics {
  uint64_t series_count = 0;
  uint64_t label_pair_count = 0;
  uint64_t chunk_count = 0;
  int64_t min_time_ms = INT64_MAX;  ///< INT64_MAX and INT64_MIN in an empty head, as upstream.
  int64_t max_time_ms = INT64_MIN;
  std::vector<NamedCount> series_count_by_metric_name;
  std::vector<NamedCount> label_value_count_by_label_name;
  std::vector<NamedCount> memory_in_bytes_by_label_name;
  std::vector<NamedCount> series_count_by_label_value_pair;
};

/// Collects statistics with at most `limit` entries a list. Takes the index' lock for reading.
HeadStatistics CollectStatistics(const HeadState& state, size_t limit);

/// Bytes of memory the head uses.
uint64_t HeadMemoryBytes(HeadState& state);

}  // namespace tocsin::tsdb
