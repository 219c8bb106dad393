#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tsdb/compaction/series_stream.h"

namespace tocsin::tsdb {

/// Several streams as one: the same series of some of them comes once. Holds one series of each in
/// memory. Confined to a thread.
class MergedStreams {
 public:
  explicit MergedStreams(std::vector<std::unique_ptr<SeriesStream>> streams)
      : streams_(std::move(streams)) {}

  /// All symbols of all streams, strictly rising; valid until the first Next.
  Result<std::vector<std::string_view>> Symbols();

  /// Moves on to the next series; false at the end.
  Result<bool> Next();

  const Labels& labels() const { return parts_.front()->labels(); }
  /// The streams that have the current series, in the order given; at least one.
  std::span<SeriesStream* const> parts() const { return parts_; }

 private:
  Status Begin();
  Status Advance();

  std::vector<std::unique_ptr<SeriesStream>> streams_;
  std::vector<SeriesStream*> open_;   // Those not at their end, in the order given.
  std::vector<SeriesStream*> parts_;  // Of open_: those at the current series.
  bool has_begun_ = false;
};

}  // namespace tocsin::tsdb
