#include "tsdb/chunk_cutter.h"

#include <string>

#include "base/check.h"
#include "tsdb/chunks/xor_chunk.h"

namespace tocsin::tsdb {

void ChunkCutter::AddFloat(int64_t timestamp_ms, double value) {
  if (integer_ || floating_) FinishHistograms();
  timestamps_ms_.push_back(timestamp_ms);
  values_.push_back(value);
  if (values_.size() == kSamplesPerChunk) FinishFloats();
}

void ChunkCutter::Add(const AnySample& sample) {
  if (sample.histogram) {
    if (floating_) FinishHistograms();
    AddHistogram(integer_, sample, *sample.histogram);
  } else if (sample.float_histogram) {
    if (integer_) FinishHistograms();
    AddHistogram(floating_, sample, *sample.float_histogram);
  } else {
    AddFloat(sample.timestamp_ms, sample.value);
  }
}

template <typename H>
void ChunkCutter::AddHistogram(std::optional<HistogramEncoder<H>>& encoder, const AnySample& sample,
                               const H& histogram) {
  FinishFloats();
  if (!encoder) encoder.emplace(sample.start_timestamp_ms != 0);
  if (encoder->sample_count() > 0 && encoder->is_full()) out_.push_back(encoder->Finish());
  if (encoder->Append(sample.timestamp_ms, histogram, sample.start_timestamp_ms)) return;
  out_.push_back(encoder->Finish());
  const bool is_taken = encoder->Append(sample.timestamp_ms, histogram, sample.start_timestamp_ms);
  CHECK(is_taken, "an empty chunk takes any histogram");
}

void ChunkCutter::Finish() {
  FinishFloats();
  FinishHistograms();
}

void ChunkCutter::FinishFloats() {
  if (values_.empty()) return;
  storage::EncodedChunk chunk;
  chunk.min_time_ms = timestamps_ms_.front();
  chunk.max_time_ms = timestamps_ms_.back();
  chunk.encoding = 1;
  chunk.bytes.resize(kXorHeaderBytes + values_.size() * kMaxXorSampleBytes + 8);
  chunk.bytes[0] = static_cast<char>(values_.size() >> 8);
  chunk.bytes[1] = static_cast<char>(values_.size());
  XorCursor cursor;
  XorAppend(cursor, timestamps_ms_.data(), values_.data(), values_.size(),
            chunk.bytes.data() + kXorHeaderBytes);
  chunk.bytes.resize(kXorHeaderBytes + cursor.byte_count());
  chunk.bytes.shrink_to_fit();
  out_.push_back(std::move(chunk));
  timestamps_ms_.clear();
  values_.clear();
}

void ChunkCutter::FinishHistograms() {
  if (integer_ && integer_->sample_count() > 0) out_.push_back(integer_->Finish());
  if (floating_ && floating_->sample_count() > 0) out_.push_back(floating_->Finish());
  integer_.reset();
  floating_.reset();
}

}  // namespace tocsin::tsdb
