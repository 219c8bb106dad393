#include "tsdb/block/block_series_set.h"

#include <algorithm>

#include "tsdb/block/chunk_rewrite.h"
#include "tsdb/block/symbol_grouping.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {
namespace {

using storage::SampleBuffer;

// Appends the samples of one chunk in [start_ms, end_ms].
Status DecodeAppending(const ChunkSegmentReader& chunks, const ChunkMeta& meta, int64_t start_ms,
                       int64_t end_ms, SampleBuffer& out) {
  TOCSIN_ASSIGN_OR_RETURN(const StoredChunk chunk, chunks.Chunk(meta.ref));
  const Status status = DecodeChunk(chunk.encoding, chunk.bytes, start_ms, end_ms, out);
  if (!status) return chunks.Corrupt(meta.ref, status.error().message());
  return {};
}

// Calls `visit(chunk)` for the series' chunks with samples in [start_ms, end_ms], as far as the
// index knows, that are not wholly deleted.
template <typename Visit>
Status ForEachChunk(const IndexReader& index, PostingId id, std::span<const Tombstone> deleted,
                    int64_t start_ms, int64_t end_ms, Visit visit) {
  TOCSIN_ASSIGN_OR_RETURN(SeriesEntry entry, index.Series(id));
  entry.SkipLabels();
  int64_t last_max_time_ms = INT64_MIN;
  for (ChunkMeta chunk; entry.NextChunk(chunk);) {
    if (chunk.min_time_ms > end_ms) return {};
    // Also the first chunk of all may not begin at INT64_MIN: nobody writes that.
    if (chunk.min_time_ms <= last_max_time_ms || chunk.max_time_ms < chunk.min_time_ms) {
      return index.Corrupt(index.OffsetOf(id), "chunks of series do not rise in time");
    }
    last_max_time_ms = chunk.max_time_ms;
    if (chunk.max_time_ms < start_ms) continue;
    const bool is_deleted =
        !deleted.empty() && AllDeleted(deleted, std::max(chunk.min_time_ms, start_ms),
                                       std::min(chunk.max_time_ms, end_ms));
    if (!is_deleted) TOCSIN_RETURN_IF_ERROR(visit(chunk));
  }
  if (entry.failed()) return index.Corrupt(index.OffsetOf(id), "malformed entry of series");
  return {};
}

storage::SeriesSet::Latest LatestOf(const SampleBuffer& samples) {
  storage::SeriesSet::Latest latest{storage::SeriesSet::kNoSample, 0, nullptr};
  if (!samples.timestamps_ms.empty()) {
    latest.timestamp_ms = samples.timestamps_ms.back();
    latest.value = samples.values.back();
  }
  if (!samples.histograms.empty() && samples.histograms.back().timestamp_ms > latest.timestamp_ms) {
    latest = {samples.histograms.back().timestamp_ms, 0, samples.histograms.back().histogram};
  }
  return latest;
}

}  // namespace

Labels BlockSeriesSet::LabelsOf(size_t index) const {
  // Select has read the entry: it fails only if the disk changed under us, and reads then say so.
  Result<Labels> labels = block_.index().LabelsOf(ids_[index]);
  return labels ? std::move(*labels) : Labels();
}

Status BlockSeriesSet::Read(size_t index, int64_t start_ms, int64_t end_ms,
                            SampleBuffer& out) const {
  out.Clear();
  const auto deleted = tombstones_.Of(ids_[index]);
  TOCSIN_RETURN_IF_ERROR(ForEachChunk(
      block_.index(), ids_[index], deleted, start_ms, end_ms, [&](const ChunkMeta& chunk) {
        return DecodeAppending(block_.chunks(), chunk, std::max(start_ms, chunk.min_time_ms),
                               std::min(end_ms, chunk.max_time_ms), out);
      }));
  EraseDeleted(deleted, out);
  return {};
}

Status BlockSeriesSet::ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                                  std::vector<storage::EncodedChunk>& out) const {
  const auto deleted = tombstones_.Of(ids_[index]);
  return ForEachChunk(
      block_.index(), ids_[index], deleted, start_ms, end_ms, [&](const ChunkMeta& meta) -> Status {
        TOCSIN_ASSIGN_OR_RETURN(const StoredChunk chunk, block_.chunks().Chunk(meta.ref));
        if (!AnyDeleted(deleted, meta.min_time_ms, meta.max_time_ms)) {
          out.push_back(
              {meta.min_time_ms, meta.max_time_ms, chunk.encoding, std::string(chunk.bytes)});
          return {};
        }
        const Status rewritten = RewriteChunk(chunk, deleted, out);
        if (!rewritten) return block_.chunks().Corrupt(meta.ref, rewritten.error().message());
        return {};
      });
}

Status BlockSeriesSet::ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                                  std::span<Latest> out) const {
  std::vector<ChunkMeta> chunks;
  SampleBuffer samples;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = {kNoSample, 0, nullptr};
    chunks.clear();
    const auto deleted = tombstones_.Of(ids_[first + i]);
    TOCSIN_RETURN_IF_ERROR(ForEachChunk(block_.index(), ids_[first + i], deleted, start_ms, end_ms,
                                        [&](const ChunkMeta& chunk) -> Status {
                                          chunks.push_back(chunk);
                                          return {};
                                        }));
    while (!chunks.empty() && out[i].timestamp_ms == kNoSample) {
      samples.Clear();
      TOCSIN_RETURN_IF_ERROR(
          DecodeAppending(block_.chunks(), chunks.back(), start_ms, end_ms, samples));
      EraseDeleted(deleted, samples);
      out[i] = LatestOf(samples);
      chunks.pop_back();
    }
  }
  return {};
}

storage::SeriesGrouping BlockSeriesSet::GroupBy(std::span<const std::string> names,
                                                bool without) const {
  return GroupBySymbols(block_.index(), ids_, names, without);
}

}  // namespace tocsin::tsdb
