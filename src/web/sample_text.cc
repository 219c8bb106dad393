#include "web/sample_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "model/number_text.h"

namespace tocsin::web {
namespace {

// Below it every whole number is exact.
constexpr double kExactLimit = 9007199254740992.0;  // 2^53
// Decimals of at most 15 digits map to doubles one to one, so the first that matches is the
// shortest.
constexpr double kDecimalLimit = 1e15;
constexpr int kMaxDecimals = 4;
constexpr double kPowersOfTen[] = {1, 10, 100, 1000, 10'000};

// "00" to "99".
constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* WriteInteger(char* out, uint64_t value) {
  char digits[20];
  char* at = digits + sizeof digits;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[2 * value], 2);
  } else {
    *--at = static_cast<char>('0' + value);
  }
  const auto size = static_cast<size_t>(digits + sizeof digits - at);
  std::memcpy(out, at, size);
  return out + size;
}

char* WriteDecimal(char* out, uint64_t scaled, int decimals) {
  const auto unit = static_cast<uint64_t>(kPowersOfTen[decimals]);
  out = WriteInteger(out, scaled / unit);
  *out++ = '.';
  uint64_t fraction = scaled % unit;
  for (int i = decimals - 1; i >= 0; --i, fraction /= 10) {
    out[i] = static_cast<char>('0' + fraction % 10);
  }
  return out + decimals;
}

// A magnitude with up to kMaxDecimals decimals; null for any other.
char* WriteShortDecimal(char* out, double magnitude) {
  for (int decimals = 1; decimals <= kMaxDecimals; ++decimals) {
    const double scaled = magnitude * kPowersOfTen[decimals];
    if (scaled >= kDecimalLimit) return nullptr;
    const auto whole = static_cast<uint64_t>(scaled + 0.5);
    if (static_cast<double>(whole) / kPowersOfTen[decimals] == magnitude) {
      return WriteDecimal(out, whole, decimals);
    }
  }
  return nullptr;
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
  return std::to_chars(out, out + kMaxSampleTextBytes - 1, magnitude, std::chars_format::fixed).ptr;
}

}  // namespace tocsin::web
