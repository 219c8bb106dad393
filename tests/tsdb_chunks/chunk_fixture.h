#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "model/histogram.h"
#include "model/sample.h"
#include "storage/queryable.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {

inline constexpr int64_t kMinMs = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxMs = std::numeric_limits<int64_t>::max();

/// Bits as text of zeros and ones (blanks are for the eye), to bytes; the last filled with zeros.
inline std::string FromBits(std::string_view bits) {
  std::string bytes;
  uint32_t used = 0;
  for (const char bit : bits) {
    if (bit != '0' && bit != '1') continue;
    if (used++ % 8 == 0) bytes.push_back(0);
    if (bit == '1') bytes.back() = static_cast<char>(bytes.back() | 0x80 >> (used - 1) % 8);
  }
  return bytes;
}

/// `count` bits of `value`, as text.
inline std::string BitsText(uint64_t value, uint32_t count) {
  std::string text;
  for (uint32_t i = count; i-- > 0;) text.push_back((value >> i & 1) != 0 ? '1' : '0');
  return text;
}
inline std::string DoubleText(double value) { return BitsText(std::bit_cast<uint64_t>(value), 64); }

inline std::vector<uint64_t> BitsOf(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<uint64_t>(value));
  return bits;
}

inline bool Same(const FloatHistogram& a, const FloatHistogram& b) {
  return a.counter_reset_hint == b.counter_reset_hint && a.schema == b.schema &&
         a.zero_threshold == b.zero_threshold && a.zero_count == b.zero_count &&
         a.count == b.count && std::bit_cast<uint64_t>(a.sum) == std::bit_cast<uint64_t>(b.sum) &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         a.positive_buckets == b.positive_buckets && a.negative_buckets == b.negative_buckets &&
         a.custom_values == b.custom_values;
}

/// A counter's histogram after `i` steps.
inline Histogram CounterAt(uint64_t i) {
  Histogram histogram;
  histogram.schema = 1;
  histogram.zero_threshold = 0x1p-128;
  histogram.zero_count = 2 + i;
  histogram.count = 12 + 9 * i;
  histogram.sum = 18.4 * static_cast<double>(i + 1);
  histogram.positive_spans = {{0, 2}, {1, 2}};
  histogram.positive_deltas = {1 + static_cast<int64_t>(i), 1, -1, 0};
  histogram.negative_spans = {{0, 2}, {1, 2}};
  histogram.negative_deltas = {1 + static_cast<int64_t>(i), 1, -1, 0};
  histogram.count = histogram.zero_count + 2 * (5 + 4 * i);
  return histogram;
}

inline storage::SampleBuffer Decode(const storage::EncodedChunk& chunk, int64_t start_ms = kMinMs,
                                    int64_t end_ms = kMaxMs) {
  storage::SampleBuffer out;
  if (!DecodeChunk(chunk.encoding, chunk.bytes, start_ms, end_ms, out)) out.Clear();
  return out;
}

/// Calls `decode(bytes)` for the chunk cut off at every byte and with every byte changed in turn.
template <typename Function>
void ForEachDamage(const std::string& bytes, uint64_t seed, Function decode) {
  for (size_t size = 0; size < bytes.size(); ++size) decode(std::string(bytes, 0, size));
  std::mt19937_64 random(seed);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(random());
    decode(damaged);
  }
}

}  // namespace tocsin::tsdb
