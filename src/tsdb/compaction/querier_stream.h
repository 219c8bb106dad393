#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/compaction/series_stream.h"

namespace tocsin::tsdb {

/// The series that a querier finds in [start_ms, end_ms], both inclusive: how the head becomes a
/// block. Storage that has no chunks is read and encoded; then histograms become such with float
/// counts. Confined to a thread.
class QuerierStream final : public SeriesStream {
 public:
  static Result<std::unique_ptr<QuerierStream>> Make(std::shared_ptr<storage::Querier> querier,
                                                     int64_t start_ms, int64_t end_ms);

  /// Symbols are valid until the first Next only: they are copies, and may be many.
  Status AppendSymbols(std::vector<std::string_view>& out) override;
  Result<bool> Next() override;
  const Labels& labels() const override { return labels_; }
  std::span<const ChunkView> chunks() const override { return chunks_; }

 private:
  QuerierStream(std::shared_ptr<storage::Querier> querier, int64_t start_ms, int64_t end_ms)
      : querier_(std::move(querier)), start_ms_(start_ms), end_ms_(end_ms) {}
  Status ReadCurrent();

  const std::shared_ptr<storage::Querier> querier_;  // Other owners: streams of other ranges.
  const int64_t start_ms_;
  const int64_t end_ms_;
  std::unique_ptr<storage::SeriesSet> set_;
  std::vector<std::string> symbols_;
  size_t next_ = 0;
  Labels labels_;
  std::vector<storage::EncodedChunk> encoded_;
  std::vector<ChunkView> chunks_;
  storage::SampleBuffer samples_;
};

}  // namespace tocsin::tsdb
