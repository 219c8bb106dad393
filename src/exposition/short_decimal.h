#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace tocsin::exposition {

namespace internal {

// Powers of ten up to here are exact doubles, so one operation on an exact mantissa rounds
// correctly.
inline constexpr int kMaxExactPower = 22;
inline constexpr double kExactPowersOfTen[kMaxExactPower + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr int kMaxMantissaDigits = 18;  // Fits uint64_t.
inline constexpr uint64_t kMaxExactInteger = uint64_t{1} << 53;

inline bool IsDecimalDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Reads e+06, E5 … at `at`; nullptr if it is none or not a small one.
inline const char* ParseExponent(const char* at, const char* end, int& exponent) {
  ++at;
  bool is_negative = false;
  if (at != end && (*at == '+' || *at == '-')) is_negative = *at++ == '-';
  const char* const digits = at;
  int magnitude = 0;
  while (at != end && IsDecimalDigit(*at) && at - digits < 3) {
    magnitude = magnitude * 10 + (*at++ - '0');
  }
  if (at == digits) return nullptr;
  exponent += is_negative ? -magnitude : magnitude;
  return at;
}

// Eight characters as a number whose lowest byte is the first.
inline uint64_t LoadCharacters(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// How many of eight characters are digits before the first that is not. Adding 0x76 lifts a byte
// above 9 into its highest bit; carries only reach bytes behind the first such.
inline int CountDigits(uint64_t characters) {
  const uint64_t digits = characters ^ 0x3030303030303030;
  const uint64_t others = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
  return std::countr_zero(others) / 8;
}

// The number that the first `count` (1 to 8) of eight characters show: pairs, then fours, then
// eight.
inline uint64_t DigitsValue(uint64_t characters, int count) {
  uint64_t digits = (characters ^ 0x3030303030303030) << (64 - 8 * count);
  digits = digits * 10 + (digits >> 8);
  return ((digits & 0x000000FF000000FF) * 0x000F424000000064 +
          (digits >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >>
         32;
}

inline constexpr uint64_t kIntegerPowersOfTen[] = {1,      10,      100,      1000,     10000,
                                                   100000, 1000000, 10000000, 100000000};

// Values of at most seven digits before and seven behind the point, without loops whose lengths no
// branch predictor knows. At least kEagerBytes must be readable. nullptr: anything else.
inline constexpr int64_t kEagerBytes = 24;
inline const char* ParseEagerly(const char* at, double& value) {
  const double sign = *at == '-' ? -1.0 : 1.0;
  at += *at == '-';
  const uint64_t integer = LoadCharacters(at);
  const int count = CountDigits(integer);
  if (count == 0 || count == 8) return nullptr;
  const uint64_t whole = DigitsValue(integer, count);
  at += count;
  if (*at == '\n' || *at == ' ') {
    value = sign * static_cast<double>(whole);
    return at;
  }
  if (*at != '.') return nullptr;
  const uint64_t fraction = LoadCharacters(++at);
  const int places = CountDigits(fraction);
  if (places == 0 || places == 8 || (at[places] != '\n' && at[places] != ' ')) return nullptr;
  const uint64_t mantissa = whole * kIntegerPowersOfTen[places] + DigitsValue(fraction, places);
  value = sign * (static_cast<double>(mantissa) / kExactPowersOfTen[places]);
  return at + places;
}

}  // namespace internal

/// Reads the sample value at `at`, which ends before a blank, a line's end or `end`, when it is a
/// decimal of at most 18 digits whose mantissa and power of ten are exact doubles, as nearly all
/// are; such a value needs one exact division or multiplication. Returns where it ends, or nullptr
/// when ParseSampleValue must decide. Inline: it is a good part of what a known line costs
/// (benchmarks/scrape_benchmark.cc).
inline const char* ParseShortDecimal(const char* at, const char* end, double& value) {
  using internal::IsDecimalDigit;
  if (end - at >= internal::kEagerBytes) {
    if (const char* eager_end = internal::ParseEagerly(at, value)) return eager_end;
  }
  const bool is_negative = at != end && *at == '-';
  if (is_negative) ++at;
  const char* const begin = at;
  uint64_t mantissa = 0;
  while (at != end && IsDecimalDigit(*at)) {
    mantissa = mantissa * 10 + static_cast<uint64_t>(*at++ - '0');
  }
  int64_t digit_count = at - begin;
  int exponent = 0;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    while (at != end && IsDecimalDigit(*at)) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*at++ - '0');
    }
    if (at - fraction > internal::kMaxMantissaDigits) return nullptr;
    exponent = static_cast<int>(fraction - at);
    digit_count += at - fraction;
  }
  // More digits may have overflowed the mantissa; none is no number.
  if (digit_count == 0 || digit_count > internal::kMaxMantissaDigits ||
      mantissa > internal::kMaxExactInteger) {
    return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    at = internal::ParseExponent(at, end, exponent);
    if (at == nullptr) return nullptr;
  }
  if (at != end && *at != '\n' && *at != ' ' && *at != '\t') return nullptr;
  double magnitude = static_cast<double>(mantissa);
  if (exponent != 0) {
    if (exponent < -internal::kMaxExactPower || exponent > internal::kMaxExactPower) return nullptr;
    magnitude = exponent < 0 ? magnitude / internal::kExactPowersOfTen[-exponent]
                             : magnitude * internal::kExactPowersOfTen[exponent];
  }
  value = is_negative ? -magnitude : magnitude;
  return at;
}

}  // namespace tocsin::exposition
