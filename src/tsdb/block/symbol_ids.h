#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "tsdb/block/series_entry.h"
#include "tsdb/hash_slots.h"

namespace tocsin::tsdb {

/// From texts to numbers of symbols and back, for the writer of an index: a hash table over the
/// symbols where they lie in the mapped file. Twelve to twenty bytes a symbol. Confined to a
/// thread.
class SymbolIds {
 public:
  /// `file` holds at `offset` the symbols, each after its length.
  SymbolIds(std::unique_ptr<MappedFile> file, uint64_t offset, uint32_t count);

  std::optional<SymbolRef> Find(std::string_view text) const;
  std::string_view TextOf(SymbolRef symbol) const;
  uint32_t size() const { return static_cast<uint32_t>(offsets_.size()); }

 private:
  const std::unique_ptr<MappedFile> file_;
  const std::string_view bytes_;   // Of the symbols.
  std::vector<uint32_t> offsets_;  // In bytes_.
  HashSlots table_;
};

}  // namespace tocsin::tsdb
