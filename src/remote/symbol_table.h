#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "remote/series_ref_cache.h"

namespace tocsin::remote {

/// The strings of a 2.0 request, each hashed once, so that a series is named by the hashes of what
/// its references stand for: the same in every request, wherever its symbols lie. Borrows the
/// strings. Confined to a thread.
class SymbolTable {
 public:
  /// Replaces the table by the symbols of `request`. kInvalidArgument when it is malformed, or has
  /// more symbols than anybody sends.
  Status Read(std::string_view request, uint64_t secret);

  size_t size() const { return texts_.size(); }
  bool Has(uint64_t ref) const { return ref < texts_.size(); }
  /// `ref` must be one that the table has.
  std::string_view Text(uint32_t ref) const { return texts_[ref]; }
  const SeriesKey& Hash(uint32_t ref) const { return hashes_[ref]; }

 private:
  std::vector<std::string_view> texts_;
  std::vector<SeriesKey> hashes_;
};

}  // namespace tocsin::remote
