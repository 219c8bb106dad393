#include "tsdb/chunks/chunk.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tsdb/chunks/dense_chunk.h"
#include "tsdb/chunks/histogram_decoder.h"
#include "tsdb/chunks/histogram_layout.h"
#include "tsdb/chunks/xor2_chunk.h"
#include "tsdb/chunks/xor_chunk.h"

namespace tocsin::tsdb {
namespace {

Error Unknown(uint8_t encoding) {
  return Errorf(ErrorCode::kCorruption, "invalid chunk encoding {}", encoding);
}

void EraseOutside(std::vector<int64_t>& samples, size_t begin, size_t first, size_t last) {
  samples.resize(last);
  samples.erase(samples.begin() + static_cast<ptrdiff_t>(begin),
                samples.begin() + static_cast<ptrdiff_t>(first));
}

/// Drops the floats from `begin` on that are not in the range.
void TrimFloats(size_t begin, int64_t start_ms, int64_t end_ms, storage::SampleBuffer& out) {
  std::vector<int64_t>& times = out.timestamps_ms;
  if (begin == times.size() || (times[begin] >= start_ms && times.back() <= end_ms)) return;
  const auto from = times.begin() + static_cast<ptrdiff_t>(begin);
  const auto first_at = std::lower_bound(from, times.end(), start_ms);
  const auto last_at = std::max(first_at, std::upper_bound(from, times.end(), end_ms));
  const auto first = static_cast<size_t>(first_at - times.begin());
  const auto last = static_cast<size_t>(last_at - times.begin());
  EraseOutside(times, begin, first, last);
  out.values.resize(last);
  out.values.erase(out.values.begin() + static_cast<ptrdiff_t>(begin),
                   out.values.begin() + static_cast<ptrdiff_t>(first));
  if (out.start_timestamps_ms.empty()) return;
  EraseOutside(out.start_timestamps_ms, begin, first, last);
}

/// Decodes a chunk of floats at the end of `out`.
Status DecodeFloats(uint8_t encoding, std::string_view bytes, storage::SampleBuffer& out) {
  switch (static_cast<ChunkEncoding>(encoding)) {
    case ChunkEncoding::kXor:
      return XorDecodeChunk(bytes, out.timestamps_ms, out.values);
    case ChunkEncoding::kXor2:
      return Xor2DecodeChunk(bytes, out);
    case ChunkEncoding::kDense:
      return DenseDecodeChunk(bytes, out.timestamps_ms, out.values);
    default:
      return Unknown(encoding);
  }
}

template <typename H>
Status DecodeHistograms(std::string_view bytes, bool has_starts, int64_t start_ms, int64_t end_ms,
                        std::vector<storage::HistogramSample>& out) {
  TOCSIN_ASSIGN_OR_RETURN(auto decoder, HistogramDecoder<H>::Open(bytes, has_starts));
  const size_t before = out.size();
  while (decoder.Next()) {
    const int64_t timestamp_ms = decoder.timestamp_ms();
    if (timestamp_ms < start_ms || timestamp_ms > end_ms) continue;
    out.push_back({timestamp_ms, std::make_shared<const FloatHistogram>(decoder.GetFloat()),
                   decoder.start_timestamp_ms()});
  }
  Status status = decoder.status();
  if (!status) out.resize(before);
  return status;
}

}  // namespace

Result<uint32_t> ChunkSampleCount(uint8_t encoding, std::string_view bytes) {
  if (encoding == static_cast<uint8_t>(ChunkEncoding::kDense)) return DenseSampleCount(bytes);
  if (!IsKnownEncoding(encoding)) return Unknown(encoding);
  if (bytes.size() < kXorHeaderBytes) {
    return Error(ErrorCode::kCorruption, "chunk header is cut short");
  }
  const uint32_t count =
      uint32_t{static_cast<uint8_t>(bytes[0])} << 8 | static_cast<uint8_t>(bytes[1]);
  return encoding >= 5 ? count & 0x3fff : count;
}

Status DecodeChunk(uint8_t encoding, std::string_view bytes, int64_t start_ms, int64_t end_ms,
                   storage::SampleBuffer& out) {
  switch (static_cast<ChunkEncoding>(encoding)) {
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kHistogramStart:
      return DecodeHistograms<Histogram>(bytes, encoding == 5, start_ms, end_ms, out.histograms);
    case ChunkEncoding::kFloatHistogram:
    case ChunkEncoding::kFloatHistogramStart:
      return DecodeHistograms<FloatHistogram>(bytes, encoding == 6, start_ms, end_ms,
                                              out.histograms);
    default:
      break;
  }
  const size_t before = out.values.size();
  TOCSIN_RETURN_IF_ERROR(DecodeFloats(encoding, bytes, out));
  if (!out.start_timestamps_ms.empty()) out.start_timestamps_ms.resize(out.values.size());
  TrimFloats(before, start_ms, end_ms, out);
  return {};
}

Status DecodeIntegerHistograms(uint8_t encoding, std::string_view bytes, int64_t start_ms,
                               int64_t end_ms, std::vector<IntegerHistogramSample>& out) {
  if (!IsIntegerHistogramEncoding(encoding)) return Unknown(encoding);
  TOCSIN_ASSIGN_OR_RETURN(auto decoder, HistogramDecoder<Histogram>::Open(bytes, encoding == 5));
  const size_t before = out.size();
  while (decoder.Next()) {
    const int64_t timestamp_ms = decoder.timestamp_ms();
    if (timestamp_ms < start_ms || timestamp_ms > end_ms) continue;
    out.push_back({timestamp_ms, decoder.start_timestamp_ms(), decoder.Get()});
  }
  Status status = decoder.status();
  if (!status) out.resize(before);
  return status;
}

std::string_view ChunkEncodingName(uint8_t encoding) {
  switch (static_cast<ChunkEncoding>(encoding)) {
    case ChunkEncoding::kNone:
      return "none";
    case ChunkEncoding::kXor:
      return "XOR";
    case ChunkEncoding::kHistogram:
      return "histogram";
    case ChunkEncoding::kFloatHistogram:
      return "floathistogram";
    case ChunkEncoding::kXor2:
      return "XOR2";
    case ChunkEncoding::kHistogramStart:
      return "histogramST";
    case ChunkEncoding::kFloatHistogramStart:
      return "floathistogramST";
    case ChunkEncoding::kDense:
      return "dense";
  }
  return "<unknown>";
}

}  // namespace tocsin::tsdb
