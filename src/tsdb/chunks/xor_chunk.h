#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::tsdb {

/// Bytes before the bits of an XOR chunk: the number of samples, big endian.
inline constexpr size_t kXorHeaderBytes = 2;

/// Samples after which a chunk is full: Prometheus' own, and the number its block writer aims at.
inline constexpr uint32_t kSamplesPerChunk = 120;

/// Where the encoding of an open XOR chunk stands: with it and the last, partly filled byte,
/// samples are appended without reading what is there. Value type.
struct XorCursor {
  int64_t timestamp_ms = 0;  ///< Of the newest sample.
  double value = 0;          ///< Of the newest sample.
  int64_t delta_ms = 0;      ///< Between the newest two samples.
  uint32_t bit_count = 0;    ///< Bits written, without the header.
  uint16_t sample_count = 0;
  uint8_t leading = kNoWindow;  ///< Window of meaningful bits in force.
  uint8_t trailing = 0;

  static constexpr uint8_t kNoWindow = 0xff;

  uint32_t byte_count() const { return (bit_count + 7) / 8; }
};

/// The most bytes that one sample can add (the first: a varint and eight bytes; later ones fewer,
/// and one for the bits that do not fill a byte).
inline constexpr size_t kMaxXorSampleBytes = 20;

/// Appends samples in Prometheus' XOR encoding (tsdb/chunkenc/xor.go; Gorilla §4.1), byte for byte.
/// `out` is where the byte of cursor.bit_count lives: when bit_count is no multiple of 8, out[0]
/// holds the bits so far. Needs room for count * kMaxXorSampleBytes + 8 bytes. Timestamps must
/// increase.
void XorAppend(XorCursor& cursor, const int64_t* timestamps_ms, const double* values, size_t count,
               char* out);

/// Decodes `count` samples from the bits of a chunk (without the header) into flat arrays with room
/// for `count`. kCorruption if the bits end early or make no sense; reads nothing outside `bits`.
Status XorDecode(std::string_view bits, size_t count, int64_t* timestamps_ms, double* values);

/// Decodes a whole chunk, header included, appending to the vectors.
Status XorDecodeChunk(std::string_view chunk, std::vector<int64_t>& timestamps_ms,
                      std::vector<double>& values);

/// The timestamp of the first sample, or 0 when `bits` are malformed.
int64_t XorFirstTimestamp(std::string_view bits);

/// The cursor after the `count` samples of `bits`: continues a chunk that somebody else wrote.
Result<XorCursor> XorCursorAtEnd(std::string_view bits, size_t count);

}  // namespace tocsin::tsdb
