#include "rules/humanize.h"

#include <cmath>
#include <string_view>

#include "model/number_text.h"
#include "template/format.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kLarge[] = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::string_view kLarge1024[] = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr std::string_view kSmall[] = {"m", "u", "n", "p", "f", "a", "z", "y"};

std::string FourDigits(double value) {
  const templates::Value argument(value);
  return templates::Sprintf("%.4g", {&argument, 1});
}

template <size_t N>
std::string ScaleDown(double value, double factor, const std::string_view (&prefixes)[N]) {
  std::string_view prefix;
  for (const std::string_view next : prefixes) {
    if (std::abs(value) < factor) break;
    prefix = next;
    value /= factor;
  }
  return FourDigits(value) + std::string(prefix);
}

std::string ScaleUp(double value) {
  std::string_view prefix;
  for (const std::string_view next : kSmall) {
    if (std::abs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return FourDigits(value) + std::string(prefix);
}

}  // namespace

std::string Humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return FourDigits(value);
  return std::abs(value) >= 1 ? ScaleDown(value, 1000, kLarge) : ScaleUp(value);
}

std::string Humanize1024(double value) {
  if (std::abs(value) <= 1 || !std::isfinite(value)) return FourDigits(value);
  return ScaleDown(value, 1024, kLarge1024);
}

std::string HumanizeDuration(double seconds) {
  if (!std::isfinite(seconds)) return FourDigits(seconds);
  if (seconds == 0) return FourDigits(seconds) + "s";
  if (std::abs(seconds) < 1) return ScaleUp(seconds) + "s";
  const std::string sign = seconds < 0 ? "-" : "";
  seconds = std::abs(seconds);
  // Beyond 64 bits Go's conversion is whatever the machine does; stay at the largest.
  const auto whole = seconds < 9.2e18 ? static_cast<int64_t>(seconds) : INT64_MAX;
  const int64_t days = whole / 86400;
  const int64_t hours = whole / 3600 % 24;
  const int64_t minutes = whole / 60 % 60;
  const std::string rest = fmt::format("{}m {}s", minutes, whole % 60);
  if (days != 0) return fmt::format("{}{}d {}h {}", sign, days, hours, rest);
  if (hours != 0) return fmt::format("{}{}h {}", sign, hours, rest);
  if (minutes != 0) return sign + rest;
  return sign + FourDigits(seconds) + "s";
}

std::string HumanizePercentage(double ratio) { return FourDigits(ratio * 100) + "%"; }

Result<int64_t> SecondsToUnixNs(double seconds) {
  if (!std::isfinite(seconds)) return Error(ErrorCode::kInvalidArgument, "value is NaN or Inf");
  const double nanoseconds = seconds * 1e9;
  if (nanoseconds >= 9223372036854775807.0 || nanoseconds < -9223372036854775808.0)
    return Errorf(ErrorCode::kInvalidArgument,
                  "{} cannot be represented as a nanoseconds timestamp since it overflows int64",
                  FormatFloatGeneral(seconds));
  return static_cast<int64_t>(nanoseconds) / 1'000'000 * 1'000'000;
}

}  // namespace tocsin::rules
