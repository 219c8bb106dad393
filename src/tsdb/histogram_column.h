#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/any_sample.h"
#include "tsdb/chunks/histogram_encoder.h"

namespace tocsin::tsdb {

/// The native histograms of a series, in order: full chunks, and one being written. A histogram is
/// encoded when it is committed, as the chunk decides its counter reset hint; the newest samples,
/// which some reader may not see yet, are remembered by the numbers of their commits. Memory of the
/// heap: few series have histograms, and a histogram is large. The series' lock guards it.
class HistogramColumn {
 public:
  /// Adds a histogram newer than all. Readers up to `visible_to_all` there are no more, so numbers
  /// of commits up to it are forgotten.
  void Append(int64_t timestamp_ms, int64_t start_timestamp_ms, const HistogramRef& histogram,
              uint64_t sequence, uint64_t visible_to_all);
  /// Ends the chunk: the next begins without regard to what was before. To be called when a sample
  /// of another kind has come in between.
  void EndChunk();

  /// Appends the histograms with start_ms <= t <= end_ms that `sequence` may see.
  Status Read(uint64_t sequence, int64_t start_ms, int64_t end_ms,
              std::vector<storage::HistogramSample>& out) const;
  /// The same, integers as integers.
  Status ReadAny(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                 std::vector<AnySample>& out) const;
  /// The newest of them, or one without a histogram.
  Result<storage::HistogramSample> Latest(uint64_t sequence, int64_t start_ms,
                                          int64_t end_ms) const;
  /// Appends the chunks that overlap [start_ms, end_ms] with all that `sequence` may see of them;
  /// full ones are copied as they are.
  Status CopyChunks(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                    std::vector<storage::EncodedChunk>& out) const;

  /// Drops chunks all of whose samples are before `min_ms`.
  void DropBefore(int64_t min_ms);

  bool empty() const { return sample_count_ == 0; }
  /// Of the newest, while there is one.
  int64_t newest_ms() const { return newest_ms_; }
  SampleKind newest_kind() const { return newest_kind_; }
  /// Whether `histogram` is the newest to the bit.
  bool IsNewest(const HistogramRef& histogram) const;
  size_t chunk_count() const { return sealed_.size() + (OpenCount() > 0 ? 1 : 0); }
  size_t heap_bytes() const;

 private:
  struct SealedChunk {
    storage::EncodedChunk chunk;
    uint32_t sample_count;
  };
  struct RecentCommit {
    uint64_t sequence;
    uint32_t sample_count;
  };

  template <typename H>
  void AppendTo(std::optional<HistogramEncoder<H>>& encoder, int64_t timestamp_ms,
                int64_t start_timestamp_ms, const H& histogram);
  template <typename H>
  void Seal(HistogramEncoder<H>& encoder);
  uint32_t OpenCount() const;
  storage::EncodedChunk PeekOpen() const;
  uint64_t VisibleCount(uint64_t sequence) const;
  template <typename Visit>
  Status ForEachChunk(uint64_t sequence, int64_t start_ms, int64_t end_ms, Visit visit) const;

  std::vector<SealedChunk> sealed_;
  // At most one of them is there.
  std::optional<HistogramEncoder<Histogram>> integer_;
  std::optional<HistogramEncoder<FloatHistogram>> floating_;
  uint64_t sample_count_ = 0;
  std::vector<RecentCommit> recent_;  // Of the newest samples, by rising sequence.
  bool stores_starts_ = false;        // The open encoder does.
  int64_t newest_ms_ = 0;
  SampleKind newest_kind_ = SampleKind::kFloat;
};

}  // namespace tocsin::tsdb
