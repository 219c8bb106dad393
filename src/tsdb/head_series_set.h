#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/head_state.h"
#include "tsdb/series_reader.h"

namespace tocsin::tsdb {

/// The series that a selection found in the head. Reads take a series' lock for as long as it takes
/// to copy or decode what was asked of that series. Const methods are thread-safe.
class HeadSeriesSet final : public storage::SeriesSet {
 public:
  /// `ids` must be protected from being used again by the ticket of `view`'s point, which outlives
  /// this.
  HeadSeriesSet(HeadState& state, const HeadView& view, std::vector<SeriesId> ids)
      : state_(state), view_(view), ids_(std::move(ids)) {}

  size_t size() const override { return ids_.size(); }
  Labels LabelsOf(size_t index) const override;
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override;
  Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                    std::vector<storage::EncodedChunk>& out) const override;
  Status ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                    std::span<Latest> out) const override;
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override;

 private:
  HeadState& state_;
  const HeadView view_;
  const std::vector<SeriesId> ids_;  // Sorted by labels.
};

}  // namespace tocsin::tsdb
