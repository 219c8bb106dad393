#include "exposition/sample_value.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "model/labels.h"
#include "model/number_text.h"
#include "model/sample.h"

namespace tocsin::exposition {

namespace {

// Powers of ten up to here are exact doubles, so one operation on an exact mantissa rounds
// correctly.
constexpr double kExactPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kMaxExactPower = 22;
constexpr int kMaxMantissaDigits = 18;  // Fits uint64_t.
constexpr uint64_t kMaxExactInteger = uint64_t{1} << 53;

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

bool IsValueEnd(char c) { return c == '\n' || c == ' ' || c == '\t'; }

// Reads e+06, E5 … at `at`; nullptr if it is none or not a small one.
const char* ParseExponent(const char* at, const char* end, int& exponent) {
  ++at;
  bool is_negative = false;
  if (at != end && (*at == '+' || *at == '-')) is_negative = *at++ == '-';
  const char* const digits = at;
  int magnitude = 0;
  while (at != end && IsDigit(*at) && at - digits < 3) magnitude = magnitude * 10 + (*at++ - '0');
  if (at == digits) return nullptr;
  exponent += is_negative ? -magnitude : magnitude;
  return at;
}

// Whether `text` is a decimal number by Go's grammar, so that only its size can be wrong with it.
bool IsDecimalSyntax(std::string_view text) {
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  size_t digits = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) ++digits;
  if (at < text.size() && text[at] == '.') ++at;
  for (; at < text.size() && IsDigit(text[at]); ++at) ++digits;
  if (digits == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  if (at == text.size()) return false;
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at == text.size();
}

}  // namespace

const char* ParseShortDecimal(const char* at, const char* end, double& value) {
  const bool is_negative = at != end && *at == '-';
  if (is_negative) ++at;
  const char* const begin = at;
  uint64_t mantissa = 0;
  while (at != end && IsDigit(*at)) mantissa = mantissa * 10 + static_cast<uint64_t>(*at++ - '0');
  int64_t digit_count = at - begin;
  int exponent = 0;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    while (at != end && IsDigit(*at)) mantissa = mantissa * 10 + static_cast<uint64_t>(*at++ - '0');
    if (at - fraction > kMaxMantissaDigits) return nullptr;
    exponent = static_cast<int>(fraction - at);
    digit_count += at - fraction;
  }
  // More digits may have overflowed the mantissa; none is no number.
  if (digit_count == 0 || digit_count > kMaxMantissaDigits || mantissa > kMaxExactInteger) {
    return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    at = ParseExponent(at, end, exponent);
    if (at == nullptr) return nullptr;
  }
  if (at != end && !IsValueEnd(*at)) return nullptr;
  if (exponent < -kMaxExactPower || exponent > kMaxExactPower) return nullptr;
  double magnitude = static_cast<double>(mantissa);
  if (exponent < 0) {
    magnitude /= kExactPowersOfTen[-exponent];
  } else if (exponent > 0) {
    magnitude *= kExactPowersOfTen[exponent];
  }
  value = is_negative ? -magnitude : magnitude;
  return at;
}

Result<double> ParseSampleValue(std::string_view text) {
  if (text.find_first_of("pP_") != text.npos) {
    return Error(ErrorCode::kInvalidArgument, "unsupported character in float");
  }
  const std::optional<double> value = ParseGoFloat(text);
  if (value) return std::isnan(*value) ? kNormalNan : *value;
  return Errorf(ErrorCode::kInvalidArgument, "strconv.ParseFloat: parsing {}: {}", GoQuote(text),
                IsDecimalSyntax(text) ? "value out of range" : "invalid syntax");
}

std::string FormatOpenMetricsFloat(double value) {
  std::string text = FormatFloatGeneral(value);
  if (std::isfinite(value) && text.find_first_of("e.") == text.npos) text += ".0";
  return text;
}

}  // namespace tocsin::exposition
