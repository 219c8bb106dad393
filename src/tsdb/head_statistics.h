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

/// What the bytes of a head are used for.
struct HeadMemory {
  uint64_t label_texts = 0;   ///< The dictionary: names, values, their tables.
  uint64_t postings = 0;      ///< Which series carry which label.
  uint64_t label_sets = 0;    ///< Which labels a series has.
  uint64_t series_table = 0;  ///< From label sets to ids.
  uint64_t entries = 0;       ///< Places, pins, references of the log.
  uint64_t columns = 0;       ///< What is not chunk bytes of each series' column.
  uint64_t chunks = 0;        ///< Open and sealed chunks, pending samples.
  uint64_t rows = 0;          ///< The newest scrapes, and which series has which slot.
  uint64_t order = 0;         ///< Kept sort orders.
  uint64_t extras = 0;        ///< Histograms, samples out of order, starts, exemplars, metadata.

  uint64_t total() const {
    return label_texts + postings + label_sets + series_table + entries + columns + chunks + rows +
           order + extras;
  }
};

/// Walks all labels and targets under the locks for reading.
HeadMemory MeasureMemory(HeadState& state);

}  // namespace tocsin::tsdb
