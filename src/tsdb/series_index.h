#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "tsdb/hash_slots.h"
#include "tsdb/label_dictionary.h"
#include "tsdb/posting_set.h"
#include "tsdb/slab_arena.h"
#include "tsdb/stable_array.h"

namespace tocsin::tsdb {

/// A series inside the head: dense, used again after the series is gone and nobody looks at it any
/// more.
using SeriesId = uint32_t;

/// Which series there are and what their labels are: label sets as runs of pair ids, a hash table
/// from runs to ids, and the postings in the dictionary. Knows nothing of samples. A series' life:
/// FindOrCreate, Unlink (found no more; id and labels stay readable), Release. Thread-compatible:
/// one writer or many readers; labels of a series that is not released may be read at any time by
/// whoever got its id under the lock that guards this.
class SeriesIndex {
 public:
  static constexpr SeriesId kNone = UINT32_MAX;

  SeriesIndex() : dictionary_(arena_) {}

  /// The series with these labels, or kNone.
  SeriesId Find(const Labels& labels) const;
  struct Found {
    SeriesId id;
    bool is_new;
  };
  Found FindOrCreate(const Labels& labels);

  /// For filling an empty index: makes room, adds a label, adds a series that is not there by the
  /// ids of its labels (by rising name).
  void Reserve(uint32_t series_count);
  PairId InternPair(std::string_view name, std::string_view value) {
    return dictionary_.Intern(name, value);
  }
  SeriesId Add(std::span<const PairId> pairs) { return AddRun(pairs, HashOf(pairs)); }

  /// Takes a series out of the table and the postings. Its id is not used again before Release.
  void Unlink(SeriesId id);
  void Release(SeriesId id);

  /// The labels as pair ids, by rising name.
  std::span<const PairId> PairsOf(SeriesId id) const {
    const Run& run = runs_[id];
    return {reinterpret_cast<const PairId*>(arena_.Get(run.handle)), run.size};
  }
  /// Hints for walks over many series: first the one, some series later the other.
  void PrefetchRun(SeriesId id) const { __builtin_prefetch(&runs_[id]); }
  void PrefetchPairs(SeriesId id) const { __builtin_prefetch(arena_.Get(runs_[id].handle)); }
  Labels LabelsOf(SeriesId id) const;
  /// Whether the series can be found: it exists and is not unlinked.
  bool IsLinked(SeriesId id) const { return all_.Contains(id); }
  bool HasLabels(SeriesId id, const Labels& labels) const;
  /// The pair of the metric name, or kNone.
  PairId MetricNameOf(SeriesId id) const;

  const LabelDictionary& dictionary() const { return dictionary_; }
  /// All linked series.
  const PostingSet& all() const { return all_; }
  /// Upper bound of ids.
  SeriesId limit() const { return limit_; }
  size_t size() const { return all_.size(); }
  /// Counts changes of the set of series, so that caches notice.
  uint64_t created_count() const { return created_count_; }
  uint64_t removed_count() const { return removed_count_; }
  struct MemoryBytes {
    size_t label_sets = 0;  ///< And the texts of label values.
    size_t table = 0;
    size_t all_series = 0;
  };
  /// Of what is not the dictionary's.
  MemoryBytes memory_bytes() const;

 private:
  struct Run {
    ArenaHandle handle = 0;
    uint32_t size = 0;
  };

  static uint64_t HashOf(std::span<const PairId> pairs);
  SeriesId FindRun(std::span<const PairId> pairs, uint64_t hash) const;
  SeriesId AddRun(std::span<const PairId> pairs, uint64_t hash);
  SeriesId NewId();

  SlabArena arena_;  // Label texts and runs.
  LabelDictionary dictionary_;
  StableArray<Run> runs_;
  SeriesId limit_ = 0;
  std::vector<SeriesId> free_ids_;
  HashSlots table_;
  PostingSet all_;
  uint64_t created_count_ = 0;
  uint64_t removed_count_ = 0;
  // By pair: how many unlinked series still show its text. A pair is released with the last of
  // them.
  std::vector<uint32_t> unlinked_uses_;
  std::vector<PairId> scratch_;  // Of FindOrCreate.
};

}  // namespace tocsin::tsdb
