#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/tombstones.h"

namespace tocsin::tsdb {

/// Series with their chunks in order of labels: how compaction reads blocks and heads. It stands
/// before the first series at first. What it hands out is valid until the next call of Next.
/// Confined to a thread.
class SeriesStream {
 public:
  virtual ~SeriesStream() = default;

  /// Appends all label names and values that may occur, in rising order; valid as long as the
  /// stream.
  virtual Status AppendSymbols(std::vector<std::string_view>& out) = 0;

  /// Moves on to the next series; false at the end.
  virtual Result<bool> Next() = 0;

  virtual const Labels& labels() const = 0;
  /// The current series' chunks, by rising start; they may overlap. Empty is allowed.
  virtual std::span<const ChunkView> chunks() const = 0;
  /// What is deleted of the current series.
  virtual std::span<const Tombstone> deleted() const { return {}; }
};

}  // namespace tocsin::tsdb
