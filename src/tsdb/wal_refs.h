#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tsdb/series_index.h"

namespace tocsin::tsdb {

/// Which series a reference of the log stands for. References are handed out one after the other,
/// so most are an index into an array; those far above the others are kept apart. Confined to a
/// thread.
class WalRefs {
 public:
  static constexpr SeriesId kNone = SeriesIndex::kNone;

  SeriesId Find(uint64_t ref) const {
    if (ref < dense_.size() && dense_[ref] != kNone) return dense_[ref];
    if (sparse_.empty()) return kNone;
    const auto found = sparse_.find(ref);
    return found == sparse_.end() ? kNone : found->second;
  }

  void Set(uint64_t ref, SeriesId id) {
    ++count_;
    if (ref >= dense_.size()) {
      if (ref >= kDenseAtLeast && ref / kDensePerRef > count_) {
        sparse_[ref] = id;
        return;
      }
      dense_.resize(ref + 1, kNone);
    }
    dense_[ref] = id;
    sparse_.erase(ref);
  }

 private:
  // The array may be so many times longer than there are references: four bytes a place, where a
  // table takes about forty a reference.
  static constexpr uint64_t kDensePerRef = 8;
  static constexpr uint64_t kDenseAtLeast = uint64_t{1} << 16;

  std::vector<SeriesId> dense_;
  std::unordered_map<uint64_t, SeriesId> sparse_;
  uint64_t count_ = 0;
};

}  // namespace tocsin::tsdb
