#include "tsdb/histogram_column.h"

#include <algorithm>

#include "base/check.h"
#include "tsdb/chunk_cutter.h"
#include "tsdb/histogram_chunks.h"

namespace tocsin::tsdb {

void HistogramColumn::Append(int64_t timestamp_ms, int64_t start_timestamp_ms,
                             const HistogramRef& histogram, uint64_t sequence,
                             uint64_t visible_to_all) {
  if (histogram.kind() != newest_kind_ || (start_timestamp_ms != 0 && !stores_starts_)) EndChunk();
  if (start_timestamp_ms != 0) stores_starts_ = true;
  if (histogram.integer != nullptr) {
    AppendTo(integer_, timestamp_ms, start_timestamp_ms, *histogram.integer);
  } else {
    AppendTo(floating_, timestamp_ms, start_timestamp_ms, *histogram.floating);
  }
  ++sample_count_;
  newest_ms_ = timestamp_ms;
  newest_kind_ = histogram.kind();
  std::erase_if(recent_,
                [&](const RecentCommit& commit) { return commit.sequence <= visible_to_all; });
  if (!recent_.empty() && recent_.back().sequence == sequence) {
    ++recent_.back().sample_count;
  } else {
    recent_.push_back({sequence, 1});
  }
}

template <typename H>
void HistogramColumn::AppendTo(std::optional<HistogramEncoder<H>>& encoder, int64_t timestamp_ms,
                               int64_t start_timestamp_ms, const H& histogram) {
  if (!encoder) encoder.emplace(stores_starts_);
  if (encoder->sample_count() > 0 && encoder->is_full()) Seal(*encoder);
  if (encoder->Append(timestamp_ms, histogram, start_timestamp_ms)) return;
  Seal(*encoder);
  const bool is_taken = encoder->Append(timestamp_ms, histogram, start_timestamp_ms);
  CHECK(is_taken, "an empty chunk takes any histogram");
}

template <typename H>
void HistogramColumn::Seal(HistogramEncoder<H>& encoder) {
  const uint32_t sample_count = encoder.sample_count();
  sealed_.push_back({encoder.Finish(), sample_count});
}

void HistogramColumn::EndChunk() {
  if (integer_ && integer_->sample_count() > 0) Seal(*integer_);
  if (floating_ && floating_->sample_count() > 0) Seal(*floating_);
  integer_.reset();
  floating_.reset();
  stores_starts_ = false;
}

uint32_t HistogramColumn::OpenCount() const {
  if (integer_) return integer_->sample_count();
  return floating_ ? floating_->sample_count() : 0;
}

storage::EncodedChunk HistogramColumn::PeekOpen() const {
  return integer_ ? integer_->Peek() : floating_->Peek();
}

uint64_t HistogramColumn::VisibleCount(uint64_t sequence) const {
  uint64_t hidden = 0;
  for (auto commit = recent_.rbegin(); commit != recent_.rend(); ++commit) {
    if (commit->sequence <= sequence) break;
    hidden += commit->sample_count;
  }
  return sample_count_ - hidden;
}

// Calls `visit(chunk, count of samples, how many of them are visible)`.
template <typename Visit>
Status HistogramColumn::ForEachChunk(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                                     Visit visit) const {
  if (empty() || newest_ms_ < start_ms) return {};
  uint64_t visible = VisibleCount(sequence);
  for (const SealedChunk& sealed : sealed_) {
    if (visible == 0 || sealed.chunk.min_time_ms > end_ms) return {};
    const uint64_t here = std::min<uint64_t>(visible, sealed.sample_count);
    visible -= here;
    if (sealed.chunk.max_time_ms < start_ms) continue;
    TOCSIN_RETURN_IF_ERROR(visit(sealed.chunk, sealed.sample_count, here));
  }
  if (visible == 0 || OpenCount() == 0) return {};
  const storage::EncodedChunk open = PeekOpen();
  if (open.min_time_ms > end_ms) return {};
  return visit(open, OpenCount(), std::min<uint64_t>(visible, OpenCount()));
}

Status HistogramColumn::Read(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                             std::vector<storage::HistogramSample>& out) const {
  return ForEachChunk(
      sequence, start_ms, end_ms,
      [&](const storage::EncodedChunk& chunk, uint32_t, uint64_t visible) -> Status {
        return WalkHistogramChunk(chunk.encoding, chunk.bytes, [&](const auto& decoder) {
          if (visible-- == 0 || decoder.timestamp_ms() > end_ms) return false;
          if (decoder.timestamp_ms() < start_ms) return true;
          out.push_back({decoder.timestamp_ms(),
                         std::make_shared<const FloatHistogram>(decoder.GetFloat()),
                         decoder.start_timestamp_ms()});
          return true;
        });
      });
}

Status HistogramColumn::ReadAny(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                                std::vector<AnySample>& out) const {
  return ForEachChunk(
      sequence, start_ms, end_ms,
      [&](const storage::EncodedChunk& chunk, uint32_t, uint64_t visible) -> Status {
        return WalkHistogramChunk(chunk.encoding, chunk.bytes, [&](const auto& decoder) {
          if (visible-- == 0 || decoder.timestamp_ms() > end_ms) return false;
          if (decoder.timestamp_ms() >= start_ms) out.push_back(SampleAt(decoder));
          return true;
        });
      });
}

Result<storage::HistogramSample> HistogramColumn::Latest(uint64_t sequence, int64_t start_ms,
                                                         int64_t end_ms) const {
  // Only the last chunk in the range is decoded: where it stands is found first.
  std::optional<storage::EncodedChunk> last;
  uint64_t last_visible = 0;
  TOCSIN_RETURN_IF_ERROR(
      ForEachChunk(sequence, start_ms, end_ms,
                   [&](const storage::EncodedChunk& chunk, uint32_t, uint64_t visible) -> Status {
                     last = chunk;
                     last_visible = visible;
                     return {};
                   }));
  storage::HistogramSample found;
  if (!last) return found;
  uint64_t in_range = 0;
  TOCSIN_RETURN_IF_ERROR(WalkHistogramChunk(last->encoding, last->bytes, [&](const auto& decoder) {
    if (in_range == last_visible || decoder.timestamp_ms() > end_ms) return false;
    ++in_range;
    return true;
  }));
  TOCSIN_RETURN_IF_ERROR(WalkHistogramChunk(last->encoding, last->bytes, [&](const auto& decoder) {
    if (in_range == 0) return false;
    if (--in_range > 0) return true;
    if (decoder.timestamp_ms() >= start_ms) {
      found = {decoder.timestamp_ms(), std::make_shared<const FloatHistogram>(decoder.GetFloat()),
               decoder.start_timestamp_ms()};
    }
    return false;
  }));
  return found;
}

Status HistogramColumn::CopyChunks(uint64_t sequence, int64_t start_ms, int64_t end_ms,
                                   std::vector<storage::EncodedChunk>& out) const {
  return ForEachChunk(
      sequence, start_ms, end_ms,
      [&](const storage::EncodedChunk& chunk, uint32_t count, uint64_t visible) -> Status {
        if (visible == count) {
          out.push_back(chunk);
          return {};
        }
        ChunkCutter cutter(out);
        TOCSIN_RETURN_IF_ERROR(
            WalkHistogramChunk(chunk.encoding, chunk.bytes, [&](const auto& decoder) {
              if (visible-- == 0) return false;
              cutter.Add(SampleAt(decoder));
              return true;
            }));
        cutter.Finish();
        return {};
      });
}

bool HistogramColumn::IsNewest(const HistogramRef& histogram) const {
  if (empty() || histogram.kind() != newest_kind_) return false;
  const bool is_open = OpenCount() > 0;
  const storage::EncodedChunk chunk = is_open ? PeekOpen() : sealed_.back().chunk;
  uint32_t left = is_open ? OpenCount() : sealed_.back().sample_count;
  bool is_same = false;
  const Status status = WalkHistogramChunk(chunk.encoding, chunk.bytes, [&](const auto& decoder) {
    if (--left > 0) return true;
    const AnySample newest = SampleAt(decoder);
    is_same = newest.histogram ? SameHistogram(*newest.histogram, *histogram.integer)
                               : SameHistogram(*newest.float_histogram, *histogram.floating);
    return false;
  });
  return status && is_same;
}

void HistogramColumn::DropBefore(int64_t min_ms) {
  if (empty()) return;
  if (newest_ms_ < min_ms) {
    *this = HistogramColumn();
    return;
  }
  auto kept = sealed_.begin();
  for (; kept != sealed_.end() && kept->chunk.max_time_ms < min_ms; ++kept) {
    sample_count_ -= kept->sample_count;
  }
  sealed_.erase(sealed_.begin(), kept);
}

size_t HistogramColumn::heap_bytes() const {
  size_t bytes =
      sealed_.capacity() * sizeof(SealedChunk) + recent_.capacity() * sizeof(RecentCommit);
  for (const SealedChunk& sealed : sealed_) bytes += sealed.chunk.bytes.capacity();
  // The numbers of the sample before take about as much as its bits.
  if (integer_) bytes += 2 * integer_->byte_count();
  if (floating_) bytes += 2 * floating_->byte_count();
  return bytes;
}

}  // namespace tocsin::tsdb
