#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/histogram.h"
#include "storage/queryable.h"

namespace tocsin::tsdb {

/// How a chunk holds its samples: the byte before its data in files. 1 to 6 are Prometheus'
/// numbers.
enum class ChunkEncoding : uint8_t {
  kNone = 0,
  kXor = 1,                  ///< Floats.
  kHistogram = 2,            ///< Native histograms with integer counts.
  kFloatHistogram = 3,       ///< Native histograms with float counts.
  kXor2 = 4,                 ///< Floats, with start timestamps where there are some.
  kHistogramStart = 5,       ///< As 2, with start timestamps.
  kFloatHistogramStart = 6,  ///< As 3, with start timestamps.
  kDense = 0xd1,             ///< Floats, our own: smaller and faster to read (dense_chunk.h).
};

constexpr bool IsKnownEncoding(uint8_t encoding) {
  return (encoding >= 1 && encoding <= 6) ||
         encoding == static_cast<uint8_t>(ChunkEncoding::kDense);
}
constexpr bool IsHistogramEncoding(uint8_t encoding) {
  return encoding == 2 || encoding == 3 || encoding == 5 || encoding == 6;
}
/// Whether the chunk holds histograms with integer counts (DecodeIntegerHistograms).
constexpr bool IsIntegerHistogramEncoding(uint8_t encoding) {
  return encoding == 2 || encoding == 5;
}

/// The number of samples that a chunk claims to hold. kCorruption if it is too short to say, or of
/// an unknown encoding.
Result<uint32_t> ChunkSampleCount(uint8_t encoding, std::string_view bytes);

/// Appends the samples of a chunk (without encoding byte, length and checksum) with start_ms <= t
/// <= end_ms to `out`: floats to its arrays, histograms, with float counts and with the hints that
/// upstream's iterators give, to its list. kCorruption leaves `out` as it was. Work and memory are
/// proportional to the bytes, whatever they are.
Status DecodeChunk(uint8_t encoding, std::string_view bytes, int64_t start_ms, int64_t end_ms,
                   storage::SampleBuffer& out);

/// A histogram with integer counts at a time.
struct IntegerHistogramSample {
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;  ///< When counting began; 0: not known.
  Histogram histogram;
};

/// The same for encodings 2 and 5, integers as they are: for what is encoded again.
Status DecodeIntegerHistograms(uint8_t encoding, std::string_view bytes, int64_t start_ms,
                               int64_t end_ms, std::vector<IntegerHistogramSample>& out);

/// The name that upstream prints: "XOR", "histogram", …, "<unknown>".
std::string_view ChunkEncodingName(uint8_t encoding);

}  // namespace tocsin::tsdb
