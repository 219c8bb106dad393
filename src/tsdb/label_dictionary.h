#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tsdb/hash_slots.h"
#include "tsdb/posting_set.h"
#include "tsdb/slab_arena.h"
#include "tsdb/stable_array.h"

namespace tocsin::tsdb {

using NameId = uint32_t;
using PairId = uint32_t;

/// Every distinct label (name and value) once, under a 32-bit id, with the set of series that carry
/// it. A label set is then a run of pair ids, and a matcher is evaluated on the dictionary instead
/// of on series. Thread-compatible: one writer or many readers; but the texts of a pair that a
/// series still uses may be read at any time by whoever got the id under the index' lock.
class LabelDictionary {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  /// The id of "__name__".
  static constexpr NameId kMetricNameId = 0;

  explicit LabelDictionary(SlabArena& arena);

  NameId FindName(std::string_view name) const;
  PairId FindPair(NameId name, std::string_view value) const;
  /// Finds or adds.
  PairId Intern(std::string_view name, std::string_view value);

  std::string_view name_text(NameId name) const { return names_[name].text; }
  NameId name_of(PairId pair) const { return pairs_[pair].name; }
  std::string_view name_text_of(PairId pair) const { return name_text(name_of(pair)); }
  std::string_view value_of(PairId pair) const {
    const Pair& entry = pairs_[pair];
    return {arena_.Get(entry.value), entry.value_size};
  }

  /// The series that carry a pair.
  PostingSet& postings(PairId pair) { return postings_[pair]; }
  const PostingSet& postings(PairId pair) const { return postings_[pair]; }

  /// Pairs with this name, in no order; some may have no series.
  const std::vector<PairId>& pairs_of(NameId name) const { return names_[name].pairs; }
  /// Upper bound of name ids; some may have no pairs.
  uint32_t name_count() const { return name_count_; }
  /// Upper bound of pair ids.
  uint32_t pair_limit() const { return pair_limit_; }
  /// Pairs that some series carries or carried until the next Remove.
  size_t pair_count() const { return table_.size(); }

  /// Whether some name sorts before "__name__", so that label sets do not sort by metric name
  /// first.
  bool has_names_before_metric_name() const { return has_names_before_metric_name_; }

  /// Forgets a pair without series: it is found no more. Its id and text stay valid until Release.
  void Remove(PairId pair);
  /// Ends the life of a removed pair, and of its name with the last: the ids are used again.
  void Release(PairId pair);

  /// Bytes of values under a name, as status pages show them.
  size_t value_bytes(NameId name) const;
  /// Bytes of memory but for postings, and for the texts of values, which are in the arena.
  size_t text_bytes() const;
  size_t postings_bytes() const;

 private:
  struct Name {
    std::string text;
    std::vector<PairId> pairs;
    uint32_t pair_count = 0;  // Those removed and not yet released too.
  };
  struct Pair {
    NameId name = 0;
    ArenaHandle value = 0;
    uint32_t value_size = 0;
    uint32_t index_in_name = 0;
  };

  NameId InternName(std::string_view name);
  void ReleaseName(NameId name);
  static uint64_t HashOf(NameId name, std::string_view value);
  ArenaHandle CopyText(std::string_view text);

  SlabArena& arena_;
  StableArray<Name, 6> names_;
  uint32_t name_count_ = 0;
  std::vector<NameId> free_names_;
  HashSlots name_table_;
  bool has_names_before_metric_name_ = false;

  StableArray<Pair, 10> pairs_;
  StableArray<PostingSet, 10> postings_;
  uint32_t pair_limit_ = 0;
  std::vector<PairId> free_pairs_;
  HashSlots table_;
};

}  // namespace tocsin::tsdb
