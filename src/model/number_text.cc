#include "model/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/float_digits.h"

namespace tocsin {

namespace {

// Appends the text of NaN or an infinity; false for finite values.
bool AppendSpecial(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
  } else {
    return false;
  }
  return true;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

std::optional<double> ParseMagnitude(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
  if (is_hex) {
    text.remove_prefix(2);
    // Go demands the exponent of a hexadecimal float.
    if (text.find_first_of("pP") == text.npos || text.front() == '-') return std::nullopt;
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(
      text.data(), end, value, is_hex ? std::chars_format::hex : std::chars_format::general);
  if (at != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // from_chars does not tell overflow from underflow: a negative exponent is the latter.
    const size_t exponent = text.find_first_of(is_hex ? "pP" : "eE");
    const bool is_tiny = exponent != text.npos
                             ? text[exponent + 1] == '-'
                             : !text.empty() && (text[0] == '0' || text[0] == '.');
    if (is_tiny) return 0.0;
    return std::nullopt;
  }
  return value;
}

}  // namespace

void AppendFloatFixed(std::string& out, double value) {
  if (!AppendSpecial(out, value)) AppendShortestFixed(out, value);
}

void AppendFloatExponent(std::string& out, double value) {
  if (!AppendSpecial(out, value)) AppendShortestExponent(out, value);
}

void AppendFloatGeneral(std::string& out, double value) {
  const double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    AppendFloatExponent(out, value);
  } else {
    AppendFloatFixed(out, value);
  }
}

void AppendFloatApi(std::string& out, double value) {
  const double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
    AppendFloatExponent(out, value);
  } else {
    AppendFloatFixed(out, value);
  }
}

void AppendTimestampApi(std::string& out, int64_t timestamp_ms) {
  char text[24];
  if (timestamp_ms < 0) {
    out.push_back('-');
    timestamp_ms = -timestamp_ms;
  }
  out.append(text, std::to_chars(text, text + sizeof text, timestamp_ms / 1000).ptr);
  const int64_t fraction = timestamp_ms % 1000;
  if (fraction == 0) return;
  const char digits[4] = {'.', static_cast<char>('0' + fraction / 100),
                          static_cast<char>('0' + fraction / 10 % 10),
                          static_cast<char>('0' + fraction % 10)};
  out.append(digits, 4);
}

std::string FormatFloatFixed(double value) {
  std::string out;
  AppendFloatFixed(out, value);
  return out;
}

std::string FormatFloatExponent(double value) {
  std::string out;
  AppendFloatExponent(out, value);
  return out;
}

std::string FormatFloatGeneral(double value) {
  std::string out;
  AppendFloatGeneral(out, value);
  return out;
}

std::optional<double> ParseGoFloat(std::string_view text) {
  bool is_negative = false;
  bool is_signed = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    is_signed = true;
    is_negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (EqualsIgnoringCase(text, "nan")) {
    if (is_signed) return std::nullopt;
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (EqualsIgnoringCase(text, "inf") || EqualsIgnoringCase(text, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return is_negative ? -infinity : infinity;
  }
  const std::optional<double> magnitude = ParseMagnitude(text);
  if (!magnitude || std::isnan(*magnitude) || std::isinf(*magnitude)) return std::nullopt;
  return is_negative ? -*magnitude : *magnitude;
}

}  // namespace tocsin
