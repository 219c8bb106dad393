#include "base/float_digits.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace tocsin {

namespace {

// Shortest decimal of |value|: value = 0.DIGITS x 10^point.
struct ShortestDecimal {
  char digits[24];
  int count = 0;
  int point = 0;
};

ShortestDecimal Shorten(double value) {
  char text[40];
  const char* end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  ShortestDecimal result;
  const char* p = text;
  for (; p != end && *p != 'e'; ++p) {
    if (*p != '.') result.digits[result.count++] = *p;
  }
  result.point = std::atoi(std::string(p + 1, end).c_str()) + 1;
  while (result.count > 1 && result.digits[result.count - 1] == '0') --result.count;
  return result;
}

constexpr double kExactIntegerLimit =
    9007199254740992.0;  // 2^53: below it an integer is its digits.

}  // namespace

void AppendShortestFixed(std::string& out, double value) {
  char text[24];
  if (std::fabs(value) < kExactIntegerLimit) {
    const auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) {
      if (integer == 0 && std::signbit(value)) out.push_back('-');
      out.append(text, std::to_chars(text, text + sizeof text, integer).ptr);
      return;
    }
  }
  const ShortestDecimal decimal = Shorten(value);
  if (std::signbit(value)) out.push_back('-');
  const auto count = static_cast<size_t>(decimal.count);
  if (decimal.point <= 0) {
    out.append("0.").append(static_cast<size_t>(-decimal.point), '0').append(decimal.digits, count);
  } else if (decimal.point >= decimal.count) {
    out.append(decimal.digits, count).append(static_cast<size_t>(decimal.point) - count, '0');
  } else {
    const auto whole = static_cast<size_t>(decimal.point);
    out.append(decimal.digits, whole).append(1, '.').append(decimal.digits + whole, count - whole);
  }
}

void AppendShortestExponent(std::string& out, double value, int min_exponent_digits) {
  const ShortestDecimal decimal = Shorten(value);
  if (std::signbit(value)) out.push_back('-');
  out.push_back(decimal.digits[0]);
  if (decimal.count > 1) {
    out.append(1, '.').append(decimal.digits + 1, static_cast<size_t>(decimal.count) - 1);
  }
  const int exponent = value == 0 ? 0 : decimal.point - 1;
  out.append(exponent < 0 ? "e-" : "e+");
  const std::string digits = std::to_string(std::abs(exponent));
  for (auto size = static_cast<int>(digits.size()); size < min_exponent_digits; ++size) {
    out.push_back('0');
  }
  out.append(digits);
}

}  // namespace tocsin
