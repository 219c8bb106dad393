#include "web/sample_text.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "model/number_text.h"

namespace tocsin::web {
namespace {

// Below it every whole number is exact.
constexpr double kExactLimit = 9007199254740992.0;  // 2^53
constexpr uint64_t kEightDigits = 100'000'000;

// The eight digits of a number below 10^8, one a byte, the first in the lowest: pairs, then digits
// are split off in all bytes at once.
uint64_t EightDigits(uint64_t value) {
  const uint64_t halves = value / 10'000 | (value % 10'000) << 32;
  const uint64_t hundreds = (halves * 10'486 >> 20) & 0x7F'0000'007F;
  const uint64_t pairs = hundreds | (halves - 100 * hundreds) << 16;
  const uint64_t tens = (pairs * 103 >> 10) & 0xF'000F'000F'000F;
  return tens | (pairs - 10 * tens) << 8;
}

constexpr uint64_t kAsciiZeros = 0x3030'3030'3030'3030;

// Eight digits with leading zeros.
char* WriteEightDigits(char* out, uint64_t value) {
  const uint64_t text = EightDigits(value) | kAsciiZeros;
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text;
}

char* WriteInteger(char* out, uint64_t value) {
  if (value >= kEightDigits) {
    out = WriteInteger(out, value / kEightDigits);
    return WriteEightDigits(out, value % kEightDigits);
  }
  const uint64_t digits = EightDigits(value);
  // The last byte stays, lest nothing be left of 0.
  const int leading_zeros = std::countr_zero(digits | uint64_t{1} << 56) / 8;
  const uint64_t text = (digits | kAsciiZeros) >> (8 * leading_zeros);
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text - leading_zeros;
}

// A magnitude below 10^11 with up to four decimals; null for any other. Decimals of at most 15
// digits map to doubles one to one, so a decimal that reads back as the magnitude is the shortest,
// once its trailing zeros are gone.
char* WriteShortDecimal(char* out, double magnitude) {
  constexpr double kScale = 10'000;
  constexpr double kLimit = 1e11;
  if (magnitude >= kLimit) return nullptr;
  const auto scaled = static_cast<uint64_t>(magnitude * kScale + 0.5);
  if (static_cast<double>(scaled) / kScale != magnitude) return nullptr;
  out = WriteInteger(out, scaled / 10'000);
  const uint64_t fraction = EightDigits(scaled % 10'000) >> 32;
  const uint32_t text = static_cast<uint32_t>(fraction | kAsciiZeros);
  *out = '.';
  std::memcpy(out + 1, &text, sizeof text);
  const int trailing_zeros = std::countl_zero(static_cast<uint32_t>(fraction)) / 8;
  return out + 1 + sizeof text - trailing_zeros;
}

// `significand` x 10^`exponent`, in fixed notation; it has a fraction. Copies of a fixed size, most
// of which is overwritten or cut off, cost less than copies of the right one.
char* WriteFraction(char* out, uint64_t significand, int exponent) {
  constexpr size_t kCopied = 20;  // At least the 17 digits that a double may need.
  char digits[2 * kCopied] = {};
  const auto count = static_cast<int>(WriteInteger(digits, significand) - digits);
  const int whole = count + exponent;
  if (whole > 0) {
    std::memcpy(out, digits, kCopied);
    out[whole] = '.';
    std::memcpy(out + whole + 1, digits + whole, kCopied);
    return out + count + 1;
  }
  std::memcpy(out, "0.000000", 8);
  out += 2 - whole;
  std::memcpy(out, digits, kCopied);
  return out + count;
}

char* WriteGeneral(char* out, double value) {
  std::string text;
  AppendFloatApi(text, value);
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

char* WriteSampleText(char* out, double value) {
  const double magnitude = std::fabs(value);
  constexpr double kSmallestFixed = 1e-6;
  // Also false for NaN.
  if (!(magnitude < kExactLimit) || (magnitude < kSmallestFixed && magnitude != 0)) {
    return WriteGeneral(out, value);
  }
  if (std::signbit(value)) *out++ = '-';
  const auto whole = static_cast<uint64_t>(magnitude);
  if (static_cast<double>(whole) == magnitude) return WriteInteger(out, whole);
  if (char* const end = WriteShortDecimal(out, magnitude)) return end;
  // The same digits as std::to_chars in less than half the time; formatting with "{}" would undo
  // that.
  const auto decimal = fmt::detail::dragonbox::to_decimal(magnitude);
  return WriteFraction(out, decimal.significand, decimal.exponent);
}

}  // namespace tocsin::web
