#include "tsdb/out_of_order_column.h"

#include <algorithm>

#include "tsdb/chunk_cutter.h"
#include "tsdb/chunks/xor_chunk.h"
#include "tsdb/histogram_chunks.h"

namespace tocsin::tsdb {
namespace {

Status AppendDecoded(const storage::EncodedChunk& chunk, int64_t start_ms, int64_t end_ms,
                     std::vector<AnySample>& out) {
  if (chunk.encoding != 1) {
    return WalkHistogramChunk(chunk.encoding, chunk.bytes, [&](const auto& decoder) {
      if (decoder.timestamp_ms() > end_ms) return false;
      if (decoder.timestamp_ms() >= start_ms) out.push_back(SampleAt(decoder));
      return true;
    });
  }
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  TOCSIN_RETURN_IF_ERROR(XorDecodeChunk(chunk.bytes, timestamps_ms, values));
  for (size_t i = 0; i < values.size(); ++i) {
    if (timestamps_ms[i] < start_ms || timestamps_ms[i] > end_ms) continue;
    AnySample& sample = out.emplace_back();
    sample.timestamp_ms = timestamps_ms[i];
    sample.value = values[i];
  }
  return {};
}

}  // namespace

bool OutOfOrderColumn::Add(AnySample sample, uint64_t visible_to_all) {
  if (open_.size() >= kOpenSamples && std::ranges::all_of(open_, [&](const AnySample& one) {
        return one.sequence <= visible_to_all;
      })) {
    Seal();
  }
  const auto at =
      std::ranges::lower_bound(open_, sample.timestamp_ms, {}, &AnySample::timestamp_ms);
  if (at != open_.end() && at->timestamp_ms == sample.timestamp_ms) return false;
  open_.insert(at, std::move(sample));
  return true;
}

void OutOfOrderColumn::Seal() {
  uint64_t newest_sequence = 0;
  std::vector<storage::EncodedChunk> chunks;
  ChunkCutter cutter(chunks);
  for (const AnySample& sample : open_) {
    newest_sequence = std::max(newest_sequence, sample.sequence);
    cutter.Add(sample);
  }
  cutter.Finish();
  for (storage::EncodedChunk& chunk : chunks) {
    sealed_.push_back({std::move(chunk), newest_sequence});
  }
  open_.clear();
}

Status OutOfOrderColumn::Read(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                              std::vector<AnySample>& out) const {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  for (const SealedChunk& sealed : sealed_) {
    if (sealed.chunk.max_time_ms < start_ms || sealed.chunk.min_time_ms > end_ms) continue;
    TOCSIN_RETURN_IF_ERROR(AppendDecoded(sealed.chunk, start_ms, end_ms, out));
  }
  for (const AnySample& sample : open_) {
    if (sample.sequence <= sequence && sample.timestamp_ms >= start_ms &&
        sample.timestamp_ms <= end_ms) {
      out.push_back(sample);
    }
  }
  // Stable, so that of one time the first that came stays.
  std::stable_sort(out.begin() + begin, out.end(), [](const AnySample& a, const AnySample& b) {
    return a.timestamp_ms < b.timestamp_ms;
  });
  out.erase(std::unique(out.begin() + begin, out.end(),
                        [](const AnySample& a, const AnySample& b) {
                          return a.timestamp_ms == b.timestamp_ms;
                        }),
            out.end());
  return {};
}

void OutOfOrderColumn::DropThrough(uint64_t sequence) {
  std::erase_if(sealed_,
                [&](const SealedChunk& sealed) { return sealed.newest_sequence <= sequence; });
  std::erase_if(open_, [&](const AnySample& sample) { return sample.sequence <= sequence; });
  if (open_.empty()) open_.shrink_to_fit();
  if (sealed_.empty()) sealed_.shrink_to_fit();
}

int64_t OutOfOrderColumn::min_time_ms() const {
  int64_t min_ms = open_.empty() ? INT64_MAX : open_.front().timestamp_ms;
  for (const SealedChunk& sealed : sealed_) min_ms = std::min(min_ms, sealed.chunk.min_time_ms);
  return min_ms;
}

int64_t OutOfOrderColumn::max_time_ms() const {
  int64_t max_ms = open_.empty() ? INT64_MIN : open_.back().timestamp_ms;
  for (const SealedChunk& sealed : sealed_) max_ms = std::max(max_ms, sealed.chunk.max_time_ms);
  return max_ms;
}

size_t OutOfOrderColumn::heap_bytes() const {
  size_t bytes = open_.capacity() * sizeof(AnySample) + sealed_.capacity() * sizeof(SealedChunk);
  for (const SealedChunk& sealed : sealed_) bytes += sealed.chunk.bytes.capacity();
  return bytes;
}

}  // namespace tocsin::tsdb
