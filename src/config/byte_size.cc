#include "config/byte_size.h"

#include <array>
#include <cmath>
#include <optional>

#include "model/number_text.h"

namespace tocsin::config {
namespace {

constexpr std::array<char, 6> kPrefixes = {'K', 'M', 'G', 'T', 'P', 'E'};

// The factor of "MB" or "MiB"; nullopt for anything else.
std::optional<double> UnitFactor(std::string_view unit) {
  if (unit == "B") return 1;
  if (unit.size() < 2 || unit.back() != 'B') return std::nullopt;
  if (unit.size() > 3 || (unit.size() == 3 && unit[1] != 'i')) return std::nullopt;
  double factor = 1;
  for (const char prefix : kPrefixes) {
    factor *= 1024;
    if (prefix == unit[0]) return factor;
  }
  return std::nullopt;
}

bool IsNumberChar(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

Result<uint64_t> ParseByteSize(std::string_view text) {
  const std::string original(text);
  if (text == "0") return 0;
  if (text.empty()) return Error(ErrorCode::kInvalidArgument, "units: invalid ");
  if (text[0] == '-' || text[0] == '+')
    return Errorf(ErrorCode::kInvalidArgument, "units: size must not have a sign ({})", original);
  double total = 0;
  while (!text.empty()) {
    size_t digits = 0;
    while (digits < text.size() && IsNumberChar(text[digits])) ++digits;
    const std::optional<double> number = ParseGoFloat(text.substr(0, digits));
    if (!number) return Errorf(ErrorCode::kInvalidArgument, "units: invalid {}", original);
    text.remove_prefix(digits);
    size_t letters = 0;
    while (letters < text.size() && !IsNumberChar(text[letters])) ++letters;
    const std::string_view unit = text.substr(0, letters);
    if (unit.empty())
      return Errorf(ErrorCode::kInvalidArgument, "units: unknown unit in {}", original);
    const std::optional<double> factor = UnitFactor(unit);
    if (!factor)
      return Errorf(ErrorCode::kInvalidArgument, "units: unknown unit {} in {}", unit, original);
    text.remove_prefix(letters);
    total += *number * *factor;
  }
  if (total >= 9223372036854775807.0)
    return Errorf(ErrorCode::kInvalidArgument, "units: overflow parsing unit ({})", original);
  return static_cast<uint64_t>(total);
}

std::string FormatByteSize(uint64_t bytes) {
  if (bytes == 0) return "0B";
  std::string text;
  for (size_t i = kPrefixes.size(); i > 0; --i) {
    const uint64_t factor = uint64_t{1} << (10 * i);
    if (bytes < factor) continue;
    text += std::to_string(bytes / factor) + kPrefixes[i - 1] + "iB";
    bytes %= factor;
  }
  if (bytes > 0) text += std::to_string(bytes) + "B";
  return text;
}

}  // namespace tocsin::config
