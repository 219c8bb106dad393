#include "promql/number_literal.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "model/duration.h"
#include "model/labels.h"
#include "model/number_text.h"

namespace tocsin::promql {
namespace {

// Go's strconv.ParseInt with base 0, for what the lexer lets through.
std::optional<int64_t> ParseGoInt(std::string_view digits) {
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const bool is_hex = digits[1] == 'x' || digits[1] == 'X';
    base = is_hex ? 16 : 8;
    digits.remove_prefix(is_hex ? 2 : 1);
  }
  int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

Result<double> ParseNumberLiteralText(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "error parsing number: strconv.ParseFloat: parsing {}: {}", GoQuote(text), why);
  };
  std::string digits;  // Without the separators, which the lexer lets stand between digits only.
  for (const char c : text) {
    if (c != '_') digits.push_back(c);
  }
  if (!text.empty() && text.back() == '_') return refuse("invalid syntax");
  if (const auto integer = ParseGoInt(digits)) return static_cast<double>(*integer);
  const bool is_hex = digits.size() > 1 && (digits[1] == 'x' || digits[1] == 'X');
  if (is_hex) return refuse("invalid syntax");
  const std::optional<double> value = ParseGoFloat(digits);
  if (value) return *value;
  const bool is_number = digits.find_first_of("0123456789") != std::string::npos &&
                         std::count(digits.begin(), digits.end(), '.') <= 1;
  return refuse(is_number ? "value out of range" : "invalid syntax");
}

Result<double> ParseDurationLiteral(std::string_view text) {
  TOCSIN_ASSIGN_OR_RETURN(const int64_t duration_ms, ParseDurationMs(text));
  // In two steps, as Go's Duration.Seconds(): whole seconds stay exact.
  constexpr int64_t kMsPerSecond = 1000;
  const double whole_seconds = static_cast<double>(duration_ms / kMsPerSecond);
  return whole_seconds + static_cast<double>(duration_ms % kMsPerSecond * 1'000'000) / 1e9;
}

}  // namespace tocsin::promql
