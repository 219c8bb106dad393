#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tsdb/block/buffered_file.h"
#include "tsdb/block/postings.h"
#include "tsdb/block/series_entry.h"
#include "tsdb/block/symbol_ids.h"

namespace tocsin::tsdb {

/// Writes the postings of an index and the table that finds them, from the series that were written
/// before. Confined to a thread.
class PostingsWriter {
 public:
  /// A label name and the number of series that have it.
  struct NameUse {
    SymbolRef name = 0;
    uint32_t series_count = 0;
  };

  /// `series` are the bytes of the index from its start to the end of its series, which begin at
  /// `series_offset`. All must outlive it.
  PostingsWriter(BufferedFile& file, const SymbolIds& symbols, std::string_view series,
                 uint64_t series_offset, uint32_t series_count);

  /// The list of all series, then one for each value of each name. `names` rise.
  Status WriteLists(std::span<const NameUse> names);
  /// The table of what WriteLists has written. kTooLarge beyond 4 GiB.
  Status WriteTable();

 private:
  struct Use {
    SymbolRef value;
    PostingId id;
  };
  struct ValueList {
    SymbolRef value;
    uint32_t series_count;
  };
  struct NameLists {
    SymbolRef name;
    std::vector<ValueList> lists;
  };

  template <typename Visit>
  Status ForEachSeries(Visit visit) const;
  Status WriteAllSeries();
  Status WriteNames(std::span<const NameUse> names);
  Status WriteName(SymbolRef name, std::vector<Use>& uses);
  Status WriteList(std::span<const PostingId> ids);
  template <typename Visit>
  Status ForEachTableEntry(Visit visit) const;

  BufferedFile& file_;
  const SymbolIds& symbols_;
  const std::string_view series_;
  const uint64_t series_offset_;
  const uint32_t series_count_;
  uint64_t lists_offset_ = 0;
  std::vector<NameLists> written_;
  std::vector<uint32_t> by_symbol_;  // Scratch of WriteNames, then of WriteName: all zero between.
  std::string scratch_;
};

}  // namespace tocsin::tsdb
