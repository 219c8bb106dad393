#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"
#include "model/labels.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {

/// Writes an index of version 2, byte for byte as upstream's tsdb/index does. Call AddSymbols once,
/// AddSeries for each series, then Finish; without Finish the file is unusable. After an error only
/// destruction is allowed.
///
/// Memory: 20 bytes a symbol, and twelve a posting for as many label names at once as have no more
/// postings than there are series (at least 2^20): postings are gathered by reading the series back
/// from the file, as often as that takes. Confined to a thread.
class IndexWriter {
 public:
  /// Creates or replaces `path`. `fs` must outlive it.
  static Result<std::unique_ptr<IndexWriter>> Create(Fs& fs, const std::string& path);
  virtual ~IndexWriter() = default;

  /// All label names and values of the series to come (more do no harm, "" need not be there),
  /// strictly rising; borrowed for the call. kInvalidArgument if they do not rise, kTooLarge beyond
  /// 4 GiB.
  virtual Status AddSymbols(std::span<const std::string_view> sorted) = 0;

  /// Adds a series after all with smaller labels. References of chunks must rise over the whole
  /// index, times within the series. kInvalidArgument if anything of that is violated or a symbol
  /// is missing; kTooLarge past the 64 GiB that an index can address.
  virtual Status AddSeries(const Labels& labels, std::span<const ChunkMeta> chunks) = 0;

  /// Writes postings and tables, syncs and closes.
  virtual Status Finish() = 0;

  virtual uint64_t series_count() const = 0;
  virtual uint64_t size_bytes() const = 0;
};

}  // namespace tocsin::tsdb
