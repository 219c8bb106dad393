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

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

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
