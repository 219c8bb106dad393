#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/varint.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {

/// A symbol as an index refers to it: its number in version 2, its offset in the file in version 1.
using SymbolRef = uint32_t;

/// A label by symbols.
struct SymbolPair {
  SymbolRef name = 0;
  SymbolRef value = 0;
};

/// Reads the labels of a series' entry one by one, then its chunks. Borrows the entry.
/// Malformed input ends the loops and sets failed(). Confined to a thread.
///
///   while (entry.NextLabel(pair)) …;   or SkipLabels()
///   while (entry.NextChunk(chunk)) …;
class SeriesEntry {
 public:
  SeriesEntry() : reader_({}) {}
  explicit SeriesEntry(std::string_view bytes)
      : reader_(bytes), labels_left_(reader_.ReadUvarint()) {}

  bool NextLabel(SymbolPair& pair);
  void SkipLabels();
  /// Only after the last label.
  bool NextChunk(ChunkMeta& chunk);
  bool failed() const { return reader_.failed(); }
  /// Bytes after the last chunk; zero in what upstream writes.
  size_t remaining() const { return reader_.remaining(); }

 private:
  ByteReader reader_;
  uint64_t labels_left_ = 0;
  uint64_t chunks_left_ = 0;
  bool has_begun_chunks_ = false;
  bool is_first_chunk_ = true;
  ChunkMeta last_;
};

}  // namespace tocsin::tsdb
