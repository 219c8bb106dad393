#include "tsdb/compaction/float_recoder.h"

#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {

bool FloatRecoder::IsToBeRecoded(const ChunkView& chunk) const {
  const auto encoding = static_cast<ChunkEncoding>(chunk.encoding);
  return encoding != target_ &&
         (encoding == ChunkEncoding::kXor || encoding == ChunkEncoding::kDense);
}

void FloatRecoder::FlushRun() {
  if (samples_.timestamps_ms.empty()) return;
  ChunkWriterOptions options;
  options.floats = target_;
  if (target_ == ChunkEncoding::kDense) options.samples_per_chunk = kSamplesPerDenseChunk;
  const size_t first = recoded_.size();
  ChunkWriter writer(recoded_, options);
  writer.Append(samples_);
  writer.Finish();
  for (size_t i = first; i < recoded_.size(); ++i) order_.emplace_back(false, i);
  samples_.Clear();
}

Result<std::span<const ChunkView>> FloatRecoder::Recode(std::span<const ChunkView> chunks) {
  recoded_.clear();
  order_.clear();
  views_.clear();
  samples_.Clear();
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (IsToBeRecoded(chunks[i])) {
      TOCSIN_RETURN_IF_ERROR(
          DecodeChunk(chunks[i].encoding, chunks[i].bytes, INT64_MIN, INT64_MAX, samples_));
    } else {
      FlushRun();
      order_.emplace_back(true, i);
    }
  }
  FlushRun();
  for (const auto& [is_kept, index] : order_) {
    if (is_kept) {
      views_.push_back(chunks[index]);
    } else {
      const storage::EncodedChunk& chunk = recoded_[index];
      views_.push_back({chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, chunk.bytes});
    }
  }
  return std::span<const ChunkView>(views_);
}

}  // namespace tocsin::tsdb
