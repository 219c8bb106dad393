#include "tsdb/compaction/chunk_merge.h"

#include <algorithm>
#include <tuple>

#include "tsdb/compaction/decoded_samples.h"

namespace tocsin::tsdb {
namespace {

bool IsSameChunk(const ChunkView& a, const ChunkView& b) {
  return a.min_time_ms == b.min_time_ms && a.max_time_ms == b.max_time_ms &&
         a.encoding == b.encoding && a.bytes == b.bytes;
}

}  // namespace

void ChunkMerge::Begin(int64_t start_ms, int64_t end_ms) {
  start_ms_ = start_ms;
  end_ms_ = end_ms;
  source_count_ = 0;
  parts_.clear();
  owned_.clear();
  merged_.clear();
}

Status ChunkMerge::Add(std::span<const ChunkView> chunks, std::span<const Tombstone> deleted) {
  for (const ChunkView& chunk : chunks) {
    if (chunk.max_time_ms < start_ms_ || chunk.min_time_ms > end_ms_) continue;
    if (AllDeleted(deleted, chunk.min_time_ms, chunk.max_time_ms)) continue;
    const bool is_inside = chunk.min_time_ms >= start_ms_ && chunk.max_time_ms <= end_ms_;
    if (is_inside && !AnyDeleted(deleted, chunk.min_time_ms, chunk.max_time_ms)) {
      parts_.push_back({chunk, source_count_});
    } else {
      TOCSIN_RETURN_IF_ERROR(AddCut(chunk, deleted));
    }
  }
  ++source_count_;
  return {};
}

// Only part of the chunk remains.
Status ChunkMerge::AddCut(const ChunkView& chunk, std::span<const Tombstone> deleted) {
  std::vector<DecodedSample> samples;
  TOCSIN_RETURN_IF_ERROR(DecodeSamples(chunk, start_ms_, end_ms_, samples));
  std::erase_if(samples, [&](const DecodedSample& sample) {
    return IsDeletedAt(deleted, sample.timestamp_ms);
  });
  for (storage::EncodedChunk& encoded : EncodeSamples(samples)) {
    parts_.push_back({Own(std::move(encoded)), source_count_});
  }
  return {};
}

ChunkView ChunkMerge::Own(storage::EncodedChunk chunk) {
  const storage::EncodedChunk& owned = owned_.emplace_back(std::move(chunk));
  return {owned.min_time_ms, owned.max_time_ms, owned.encoding, owned.bytes};
}

Result<std::span<const ChunkView>> ChunkMerge::Merge() {
  std::ranges::stable_sort(parts_, {}, [](const Part& part) {
    return std::tuple(part.chunk.min_time_ms, part.chunk.max_time_ms, part.source);
  });
  for (size_t begin = 0; begin < parts_.size();) {
    size_t end = begin + 1;
    int64_t max_ms = parts_[begin].chunk.max_time_ms;
    bool is_same = true;
    for (; end < parts_.size() && parts_[end].chunk.min_time_ms <= max_ms; ++end) {
      max_ms = std::max(max_ms, parts_[end].chunk.max_time_ms);
      is_same = is_same && IsSameChunk(parts_[begin].chunk, parts_[end].chunk);
    }
    if (is_same) {
      merged_.push_back(parts_[begin].chunk);
    } else {
      TOCSIN_RETURN_IF_ERROR(MergeOverlapping(std::span(parts_).subspan(begin, end - begin)));
    }
    begin = end;
  }
  return std::span<const ChunkView>(merged_);
}

Status ChunkMerge::MergeOverlapping(std::span<const Part> parts) {
  // In order of sources, so that the first has its way where times agree.
  std::vector<Part> by_source(parts.begin(), parts.end());
  std::ranges::stable_sort(by_source, {}, &Part::source);
  std::vector<DecodedSample> samples;
  for (const Part& part : by_source) {
    TOCSIN_RETURN_IF_ERROR(DecodeSamples(part.chunk, INT64_MIN, INT64_MAX, samples));
  }
  std::ranges::stable_sort(samples, {}, &DecodedSample::timestamp_ms);
  const auto repeated = std::ranges::unique(samples, {}, &DecodedSample::timestamp_ms);
  samples.erase(repeated.begin(), repeated.end());
  for (storage::EncodedChunk& encoded : EncodeSamples(samples)) {
    merged_.push_back(Own(std::move(encoded)));
  }
  return {};
}

}  // namespace tocsin::tsdb
