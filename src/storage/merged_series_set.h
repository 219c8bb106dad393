#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/merge_querier.h"
#include "storage/queryable.h"

namespace tocsin::storage {

/// What one part found.
struct MergeSource {
  std::unique_ptr<SeriesSet> set;
  int64_t min_time_ms = INT64_MIN;  ///< Bounds of the part's samples, both inclusive.
  int64_t max_time_ms = INT64_MAX;
};

/// The series of several sets, those with the same labels as one: merged once, when it is made, and
/// remembered as places, eight bytes a series and source. Const methods are thread-safe.
class MergedSeriesSet final : public SeriesSet {
 public:
  MergedSeriesSet(std::vector<MergeSource> sources, ChunkEncoder encode_chunks);

  size_t size() const override { return ends_.size(); }
  Labels LabelsOf(size_t index) const override;
  Status Read(size_t index, int64_t start_ms, int64_t end_ms, SampleBuffer& out) const override;
  Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                    std::vector<EncodedChunk>& out) const override;
  Status ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                    std::span<Latest> out) const override;
  SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override;

 private:
  struct Place {
    uint32_t source;
    uint32_t index;
  };
  std::span<const Place> PlacesOf(size_t index) const {
    const size_t begin = index == 0 ? 0 : ends_[index - 1];
    return {places_.data() + begin, ends_[index] - begin};
  }
  bool Overlaps(uint32_t source, int64_t start_ms, int64_t end_ms) const {
    return sources_[source].min_time_ms <= end_ms && sources_[source].max_time_ms >= start_ms;
  }
  void MergeByLabels();
  Status ReadLatestOf(uint32_t source, size_t first, int64_t start_ms, int64_t end_ms,
                      std::span<Latest> out, std::span<uint32_t> found_in) const;
  Status MergeOverlapping(size_t index, std::vector<EncodedChunk>& chunks) const;

  const std::vector<MergeSource> sources_;
  const ChunkEncoder encode_chunks_;
  std::vector<uint32_t> newest_first_;  // Sources by falling max_time_ms.
  std::vector<Place> places_;           // Of each series, by rising source.
  std::vector<size_t> ends_;            // In places_, by series.
};

}  // namespace tocsin::storage
