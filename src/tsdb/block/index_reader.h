#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "model/labels.h"
#include "tsdb/block/postings.h"
#include "tsdb/block/series_entry.h"

namespace tocsin::tsdb {

/// Where the sections of an index begin.
struct IndexSections {
  uint64_t symbols = 0;
  uint64_t series = 0;
  uint64_t label_indices = 0;
  uint64_t label_indices_table = 0;
  uint64_t postings = 0;
  uint64_t postings_table = 0;
};

/// A memory-mapped index of version 1 to 3 (upstream: tsdb/index). Open checks the header and the
/// checksums of table of contents, symbols and postings table, and the shape of the latter two;
/// every series entry and postings list is checked when it is read. Memory: half a byte a symbol,
/// an eighth of a byte a label pair, and little a label name (version 1: four bytes a label pair).
/// Errors are kCorruption and name file, offset and reason. Immutable; what it returns is valid as
/// long as it lives.
class IndexReader {
 public:
  static Result<std::unique_ptr<IndexReader>> Open(Fs& fs, const std::string& path);

  const std::string& path() const { return path_; }
  int version() const { return version_; }
  uint64_t size_bytes() const { return bytes_.size(); }
  const IndexSections& sections() const { return sections_; }

  // Symbols.
  uint32_t symbol_count() const { return symbol_count_; }
  Result<std::string_view> Symbol(SymbolRef ref) const;
  /// The symbol's reference, if there is one with this text.
  std::optional<SymbolRef> FindSymbol(std::string_view text) const;
  /// Calls `visit(text)` for each, in order of the file: sorted.
  void ForEachSymbol(const std::function<void(SymbolRef, std::string_view)>& visit) const;

  // Label pairs, as the postings table lists them.
  size_t label_name_count() const { return names_.size(); }
  /// By order of names; without that of the list of all series.
  std::string_view label_name(size_t index) const { return names_[index].name; }
  /// The number of distinct values of `name`; 0 if there is none.
  size_t ValueCount(std::string_view name) const;
  /// Calls `visit(value, offset of its postings)` by rising value until it returns false. `first`
  /// skips to the first value that is not below it.
  void ForEachValue(std::string_view name, std::string_view first,
                    const std::function<bool(std::string_view, uint64_t)>& visit) const;
  /// The series with this pair; empty if there are none.
  Result<PostingsView> Postings(std::string_view name, std::string_view value) const;
  /// All series.
  Result<PostingsView> AllPostings() const { return Postings("", ""); }
  /// The list at an offset that ForEachValue gave.
  Result<PostingsView> PostingsAt(uint64_t offset) const;

  // Series.
  /// The entry, its checksum verified.
  Result<SeriesEntry> Series(PostingId id) const;
  Result<Labels> LabelsOf(PostingId id) const;
  /// Replaces `out`. Returns kCorruption also if the chunks do not rise in time.
  Status ChunksOf(PostingId id, std::vector<ChunkMeta>& out) const;
  uint64_t OffsetOf(PostingId id) const { return version_ == 1 ? id : uint64_t{id} * 16; }

  /// kCorruption: "`path` at `offset`: `reason`".
  Error Corrupt(uint64_t offset, std::string_view reason) const;

 private:
  // The values of a label name: where their entries are in the postings table.
  struct NameEntries {
    std::string_view name;
    uint32_t count = 0;         // Entries.
    uint32_t first_sample = 0;  // In samples_.
    uint32_t sample_count = 0;
  };

  IndexReader(std::unique_ptr<MappedFile> file, std::string path);
  Status ReadHeader();
  Status ReadSections();
  Status ReadSymbols();
  Status ReadPostingsTable();
  Status IndexPostingsTable(std::string_view table);
  void SortVersion1Entries();
  Result<std::string_view> SectionAt(uint64_t offset, std::string_view what) const;
  const NameEntries* FindName(std::string_view name) const;

  const std::unique_ptr<MappedFile> file_;
  const std::string path_;
  const std::string_view bytes_;
  int version_ = 0;
  IndexSections sections_;
  uint32_t symbol_count_ = 0;
  uint64_t symbols_end_ = 0;
  std::vector<uint32_t> symbol_samples_;  // Offset of every nth symbol from the section's start.
  std::vector<NameEntries> names_;        // Sorted; without "".
  NameEntries all_;
  std::vector<uint32_t> samples_;  // Offsets of entries from the table's start: every nth, or all.
};

}  // namespace tocsin::tsdb
