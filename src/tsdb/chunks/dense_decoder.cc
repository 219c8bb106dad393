// chunk      := values(1) count(uvarint) timestamps (constant | decimal | xor)
// timestamps := first(varint) [delta(varint) [width(1) (min(varint) packed | plain)]]
//               of `count` samples the third and later: change of delta - min, bit-packed;
//               width 64: the third and later timestamps (LE64 each)
// constant   := bits(LE64)
// decimal    := exponent(1) first(varint) multiplier(uvarint) min(varint) width(1) packed
// exceptions
//               number[i] = first + multiplier * sum over j <= i of (min + packed[j])
//               value[i] = number[i] / 10^exponent
// exceptions := count(uvarint) { index(uvarint) bits(LE64) }
// xor        := first bits(64) change*                      (changes as in XOR chunks)
// packed     := number i at bit i * width, low bits first, up to a whole byte
#include <bit>
#include <cstring>

#include "base/varint.h"
#include "tsdb/chunks/bit_packing.h"
#include "tsdb/chunks/dense_chunk.h"
#include "tsdb/chunks/dense_format.h"
#include "tsdb/chunks/xor_value.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tocsin::tsdb {
namespace {

using internal::DenseValues;

Error Malformed() { return Error(ErrorCode::kCorruption, "malformed dense chunk"); }

uint64_t ReadLE64(ByteReader& in) {
  const std::string_view bytes = in.ReadBytes(sizeof(uint64_t));
  uint64_t value = 0;
  if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

/// first + i * delta: a scrape in time.
void FillRegular(uint64_t first, uint64_t delta, size_t count, int64_t* out) {
  size_t i = 0;
#if defined(__SSE2__)
  __m128i pair = _mm_set_epi64x(static_cast<int64_t>(first + delta), static_cast<int64_t>(first));
  const __m128i step = _mm_set1_epi64x(static_cast<int64_t>(2 * delta));
  for (; i + 2 <= count; i += 2, pair = _mm_add_epi64(pair, step)) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), pair);
  }
#endif
  for (; i < count; ++i) out[i] = static_cast<int64_t>(first + i * delta);
}

/// Calls `take(numbers, count)` for block after block of `count` packed numbers.
template <typename Take>
bool ForEachBlock(ByteReader& in, size_t count, uint32_t width, Take take) {
  if (width > kMaxPackedWidth) return false;
  std::string_view packed = in.ReadBytes(PackedBytes(count, width));
  if (in.failed()) return false;
  uint64_t block[kUnpackBlock];
  while (count > 0) {
    const size_t size = std::min(count, kUnpackBlock);
    UnpackBits(packed, size, width, block);
    take(block, size);
    packed.remove_prefix(std::min(packed.size(), kUnpackBlock * width / 8));
    count -= size;
  }
  return true;
}

bool ReadIrregular(ByteReader& in, uint32_t width, uint64_t timestamp, uint64_t delta, size_t count,
                   int64_t* out) {
  const auto min = static_cast<uint64_t>(in.ReadVarint());
  if (width == 0 && min == 0) {
    FillRegular(timestamp + delta, delta, count, out);
    return true;
  }
  if (width == 0) {
    for (size_t i = 0; i < count; ++i) {
      out[i] = static_cast<int64_t>(timestamp += delta += min);
    }
    return true;
  }
  return ForEachBlock(in, count, width, [&](const uint64_t* block, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      out[i] = static_cast<int64_t>(timestamp += delta += min + block[i]);
    }
    out += size;
  });
}

bool ReadTimestamps(ByteReader& in, size_t count, int64_t* out) {
  auto timestamp = static_cast<uint64_t>(in.ReadVarint());
  out[0] = static_cast<int64_t>(timestamp);
  if (count == 1) return true;
  const auto delta = static_cast<uint64_t>(in.ReadVarint());
  out[1] = static_cast<int64_t>(timestamp += delta);
  if (count == 2) return true;
  const uint8_t width = in.ReadByte();
  if (width != internal::kPlainTimestamps) {
    return ReadIrregular(in, width, timestamp, delta, count - 2, out + 2);
  }
  if (in.remaining() / sizeof(uint64_t) < count - 2) return false;
  for (size_t i = 2; i < count; ++i) out[i] = static_cast<int64_t>(ReadLE64(in));
  return true;
}

/// Whole numbers below 2^51 over a power of ten. A number added to this one's bits stands in the
/// lowest bits of a double's mantissa: conversion without an instruction for it.
constexpr double kIntegerMagic = 0x1.8p52;

void Convert(const uint64_t* numbers, size_t count, uint32_t exponent, double* out) {
  const double power = internal::kPowersOfTen[exponent];
  size_t i = 0;
#if defined(__SSE2__)
  const __m128d magic = _mm_set1_pd(kIntegerMagic);
  const __m128d divisor = _mm_set1_pd(power);
  for (; i + 2 <= count; i += 2) {
    const __m128i pair = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers + i));
    const __m128d sum = _mm_castsi128_pd(_mm_add_epi64(pair, _mm_castpd_si128(magic)));
    const __m128d number = _mm_sub_pd(sum, magic);
    _mm_storeu_pd(out + i, exponent == 0 ? number : _mm_div_pd(number, divisor));
  }
#endif
  for (; i < count; ++i) {
    const uint64_t sum = numbers[i] + std::bit_cast<uint64_t>(kIntegerMagic);
    out[i] = (std::bit_cast<double>(sum) - kIntegerMagic) / power;
  }
}

struct Decimals {
  uint32_t exponent = 0;
  uint64_t number = 0;
  uint64_t multiplier = 1;
  uint64_t min_delta = 0;
};

/// The numbers after the first.
bool ReadNumbers(ByteReader& in, Decimals decimals, uint32_t width, size_t count, double* out) {
  uint64_t numbers[kUnpackBlock];
  const auto take = [&](const uint64_t* block, size_t size) {
    uint64_t number = decimals.number;
    if (decimals.multiplier == 1) {
      for (size_t i = 0; i < size; ++i) numbers[i] = number += decimals.min_delta + block[i];
    } else {
      for (size_t i = 0; i < size; ++i) {
        numbers[i] = number += (decimals.min_delta + block[i]) * decimals.multiplier;
      }
    }
    decimals.number = number;
    Convert(numbers, size, decimals.exponent, out);
    out += size;
  };
  if (width > 0) return ForEachBlock(in, count, width, take);
  static constexpr uint64_t kZeros[kUnpackBlock] = {};
  for (; count > 0; count -= std::min(count, kUnpackBlock)) {
    take(kZeros, std::min(count, kUnpackBlock));
  }
  return true;
}

bool ReadExceptions(ByteReader& in, size_t count, double* out) {
  for (uint64_t left = in.ReadUvarint(); left > 0 && !in.failed(); --left) {
    const uint64_t index = in.ReadUvarint();
    const uint64_t bits = ReadLE64(in);
    if (in.failed() || index >= count) return false;
    out[index] = std::bit_cast<double>(bits);
  }
  return true;
}

bool ReadDecimals(ByteReader& in, size_t count, double* out) {
  Decimals decimals;
  decimals.exponent = in.ReadByte();
  decimals.number = static_cast<uint64_t>(in.ReadVarint());
  decimals.multiplier = in.ReadUvarint();
  decimals.min_delta = static_cast<uint64_t>(in.ReadVarint());
  const uint8_t width = in.ReadByte();
  if (in.failed() || decimals.exponent > internal::kMaxDenseExponent) return false;
  Convert(&decimals.number, 1, decimals.exponent, out);
  return ReadNumbers(in, decimals, width, count - 1, out + 1) && ReadExceptions(in, count, out);
}

bool ReadConstant(ByteReader& in, size_t count, double* out) {
  const auto value = std::bit_cast<double>(ReadLE64(in));
  for (size_t i = 0; i < count; ++i) out[i] = value;
  return true;
}

bool ReadXor(ByteReader& in, size_t count, double* out) {
  BitReader bits(in.rest());
  if (count > in.remaining() * 8) return false;
  XorValue value;
  value.bits = bits.Read(64);
  out[0] = value.value();
  for (size_t i = 1; i < count; ++i) {
    if (!value.Read(bits)) return false;
    out[i] = value.value();
  }
  return !bits.past_end();
}

bool ReadValues(DenseValues kind, ByteReader& in, size_t count, double* out) {
  switch (kind) {
    case DenseValues::kConstant:
      return ReadConstant(in, count, out);
    case DenseValues::kDecimal:
      return ReadDecimals(in, count, out);
    case DenseValues::kXor:
      return ReadXor(in, count, out);
  }
  return false;
}

/// Reads the first byte and the count; 0 if they make no sense.
size_t ReadHeader(ByteReader& in, DenseValues& kind) {
  kind = static_cast<DenseValues>(in.ReadByte());
  const uint64_t count = in.ReadUvarint();
  if (in.failed() || count > kMaxDenseSamples || kind > DenseValues::kXor) return 0;
  return static_cast<size_t>(count);
}

}  // namespace

Result<uint32_t> DenseSampleCount(std::string_view chunk) {
  ByteReader in(chunk);
  DenseValues kind;
  const size_t count = ReadHeader(in, kind);
  if (count == 0) return Malformed();
  return static_cast<uint32_t>(count);
}

Status DenseDecodeChunk(std::string_view chunk, std::vector<int64_t>& timestamps_ms,
                        std::vector<double>& values) {
  ByteReader in(chunk);
  DenseValues kind;
  const size_t count = ReadHeader(in, kind);
  if (count == 0) return Malformed();
  const size_t times_before = timestamps_ms.size();
  const size_t values_before = values.size();
  timestamps_ms.resize(times_before + count);
  values.resize(values_before + count);
  if (ReadTimestamps(in, count, timestamps_ms.data() + times_before) &&
      ReadValues(kind, in, count, values.data() + values_before) && !in.failed()) {
    return {};
  }
  timestamps_ms.resize(times_before);
  values.resize(values_before);
  return Malformed();
}

}  // namespace tocsin::tsdb
