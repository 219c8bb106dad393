#include "model/duration.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>

#include "model/labels.h"

namespace tocsin {

namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};

// From the largest to the smallest: the order in which a duration must name them.
constexpr std::array<Unit, 7> kUnits = {{{"y", int64_t{365} * 24 * 3600 * 1000},
                                         {"w", int64_t{7} * 24 * 3600 * 1000},
                                         {"d", int64_t{24} * 3600 * 1000},
                                         {"h", int64_t{3600} * 1000},
                                         {"m", int64_t{60} * 1000},
                                         {"s", int64_t{1000}},
                                         {"ms", 1}}};

// Go's time.Duration ends here; longer durations are refused as upstream does.
constexpr int64_t kMaxDurationMs = std::numeric_limits<int64_t>::max() / 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t CountWhile(std::string_view text, bool digits) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count]) == digits) ++count;
  return count;
}

Error NotADuration(std::string_view text) {
  return Errorf(ErrorCode::kInvalidArgument, "not a valid duration string: {}", GoQuote(text));
}

// Go's names of units below a second come with a fraction of up to nine digits.
void AppendFraction(std::string& out, int64_t value, int64_t unit) {
  out += std::to_string(value / unit);
  int64_t rest = value % unit;
  if (rest == 0) return;
  out.push_back('.');
  while (rest != 0) {
    rest *= 10;
    out.push_back(static_cast<char>('0' + rest / unit));
    rest %= unit;
  }
}

struct CivilTime {
  int64_t year;
  int month, day, hour, minute, second;
};

// Proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilTime CivilFromSeconds(int64_t unix_s) {
  int64_t days = unix_s / 86400;
  int64_t second_of_day = unix_s % 86400;
  if (second_of_day < 0) second_of_day += 86400, --days;
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month + (shifted_month < 10 ? 3 : -9));
  return {year_of_era + era * 400 + (month <= 2),
          month,
          day,
          static_cast<int>(second_of_day / 3600),
          static_cast<int>(second_of_day / 60 % 60),
          static_cast<int>(second_of_day % 60)};
}

std::string FormatSeconds(int64_t unix_s) {
  const CivilTime time = CivilFromSeconds(unix_s);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", time.year, time.month, time.day,
                     time.hour, time.minute, time.second);
}

struct SplitNs {
  int64_t seconds, ns;
};

SplitNs FloorSplit(int64_t unix_ns) {
  int64_t seconds = unix_ns / 1'000'000'000;
  int64_t ns = unix_ns % 1'000'000'000;
  if (ns < 0) ns += 1'000'000'000, --seconds;
  return {seconds, ns};
}

// Reads exactly `size` digits at `at`; -1 if they are not there.
int ReadDigits(std::string_view text, size_t at, size_t size) {
  int value = 0;
  if (at + size > text.size()) return -1;
  for (size_t i = at; i < at + size; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : kDays[month - 1];
}

}  // namespace

Result<int64_t> ParseDurationMs(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return Error(ErrorCode::kInvalidArgument, "empty duration string");
  int64_t total_ms = 0;
  size_t next_unit = 0;  // Index in kUnits of the largest unit that may still come.
  for (std::string_view rest = text; !rest.empty();) {
    const size_t digits = CountWhile(rest, true);
    const size_t letters = CountWhile(rest.substr(digits), false);
    if (digits == 0 || letters == 0) return NotADuration(text);
    const std::string_view name = rest.substr(digits, letters);
    size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) {
      return Errorf(ErrorCode::kInvalidArgument, "unknown unit {} in duration {}", GoQuote(name),
                    GoQuote(text));
    }
    if (unit < next_unit) return NotADuration(text);
    next_unit = unit + 1;
    int64_t count = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + digits, count);
    if (parsed.ec != std::errc() || count > (kMaxDurationMs - total_ms) / kUnits[unit].ms) {
      return Error(ErrorCode::kInvalidArgument, "duration out of range");
    }
    total_ms += count * kUnits[unit].ms;
    rest.remove_prefix(digits + letters);
  }
  return total_ms;
}

std::string FormatDurationMs(int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  std::string out;
  if (duration_ms < 0) {
    out.push_back('-');
    duration_ms = -duration_ms;
  }
  for (const Unit& unit : kUnits) {
    // Years and weeks only when they leave no rest: 90d reads better than 12w6d.
    const bool must_be_exact = unit.name == "y" || unit.name == "w";
    if (must_be_exact && duration_ms % unit.ms != 0) continue;
    if (const int64_t count = duration_ms / unit.ms; count > 0) {
      out += std::to_string(count);
      out += unit.name;
      duration_ms -= count * unit.ms;
    }
  }
  return out;
}

std::string FormatGoDurationNs(int64_t duration_ns) {
  if (duration_ns == 0) return "0s";
  std::string out;
  if (duration_ns < 0) {
    out.push_back('-');
    duration_ns = -duration_ns;
  }
  if (duration_ns < 1'000) return out + std::to_string(duration_ns) + "ns";
  if (duration_ns < 1'000'000) return AppendFraction(out, duration_ns, 1'000), out + "µs";
  if (duration_ns < 1'000'000'000) return AppendFraction(out, duration_ns, 1'000'000), out + "ms";
  const int64_t minutes = duration_ns / 60'000'000'000;
  if (minutes >= 60) out += std::to_string(minutes / 60) + "h";
  if (minutes > 0) out += std::to_string(minutes % 60) + "m";
  AppendFraction(out, duration_ns % 60'000'000'000, 1'000'000'000);
  return out + "s";
}

Result<int64_t> ParseGoDurationNs(std::string_view text) {
  const auto invalid = [text] {
    return Errorf(ErrorCode::kInvalidArgument, "time: invalid duration {}", GoQuote(text));
  };
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  if (rest == "0") return 0;
  if (rest.empty()) return invalid();
  long double total_ns = 0;
  while (!rest.empty()) {
    size_t size = 0;
    size_t digits = 0;
    size_t dots = 0;
    for (; size < rest.size() && (IsDigit(rest[size]) || rest[size] == '.'); ++size) {
      ++(rest[size] == '.' ? dots : digits);
    }
    if (digits == 0 || dots > 1) return invalid();
    double value = 0;
    std::from_chars(rest.data(), rest.data() + size, value);
    rest.remove_prefix(size);
    size_t letters = 0;
    while (letters < rest.size() && !IsDigit(rest[letters]) && rest[letters] != '.') ++letters;
    const std::string_view unit = rest.substr(0, letters);
    rest.remove_prefix(letters);
    double unit_ns = 0;
    if (unit == "ns")
      unit_ns = 1;
    else if (unit == "us" || unit == "µs" || unit == "μs")
      unit_ns = 1e3;
    else if (unit == "ms")
      unit_ns = 1e6;
    else if (unit == "s")
      unit_ns = 1e9;
    else if (unit == "m")
      unit_ns = 60e9;
    else if (unit == "h")
      unit_ns = 3600e9;
    else if (unit.empty()) {
      return Errorf(ErrorCode::kInvalidArgument, "time: missing unit in duration {}",
                    GoQuote(text));
    } else {
      return Errorf(ErrorCode::kInvalidArgument, "time: unknown unit {} in duration {}",
                    GoQuote(unit), GoQuote(text));
    }
    total_ns += static_cast<long double>(value) * static_cast<long double>(unit_ns);
    if (total_ns > static_cast<long double>(std::numeric_limits<int64_t>::max())) return invalid();
  }
  const auto result = static_cast<int64_t>(total_ns);
  return is_negative ? -result : result;
}

std::string FormatRfc3339Nano(int64_t unix_ns) {
  const SplitNs split = FloorSplit(unix_ns);
  std::string out = FormatSeconds(split.seconds);
  if (split.ns != 0) {
    out += fmt::format(".{:09}", split.ns);
    while (out.back() == '0') out.pop_back();
  }
  return out + "Z";
}

std::string FormatRfc3339Milli(int64_t unix_ns) {
  const SplitNs split = FloorSplit(unix_ns);
  return FormatSeconds(split.seconds) + fmt::format(".{:03}Z", split.ns / 1'000'000);
}

Result<int64_t> ParseRfc3339Ns(std::string_view text) {
  const auto invalid = [text] {
    return Errorf(ErrorCode::kInvalidArgument, "cannot parse {} as an RFC 3339 time",
                  GoQuote(text));
  };
  const int year = ReadDigits(text, 0, 4);
  const int month = ReadDigits(text, 5, 2);
  const int day = ReadDigits(text, 8, 2);
  const int hour = ReadDigits(text, 11, 2);
  const int minute = ReadDigits(text, 14, 2);
  const int second = ReadDigits(text, 17, 2);
  const bool has_shape = text.size() >= 20 && text[4] == '-' && text[7] == '-' &&
                         (text[10] | 0x20) == 't' && text[13] == ':' && text[16] == ':';
  if (!has_shape || year < 0 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59) {
    return invalid();
  }
  size_t at = 19;
  int64_t fraction_ns = 0;
  if (text[at] == '.') {
    int64_t unit_ns = 100'000'000;
    const size_t first = ++at;
    for (; at < text.size() && IsDigit(text[at]); ++at, unit_ns /= 10) {
      fraction_ns += (text[at] - '0') * unit_ns;
    }
    if (at == first) return invalid();
  }
  int64_t offset_s = 0;
  const std::string_view zone = text.substr(at);
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
    const int zone_hours = ReadDigits(zone, 1, 2);
    const int zone_minutes = ReadDigits(zone, 4, 2);
    if (zone_hours < 0 || zone_hours > 23 || zone_minutes < 0 || zone_minutes > 59)
      return invalid();
    offset_s = (zone[0] == '-' ? -60 : 60) * (zone_hours * 60 + zone_minutes);
  } else if (zone != "Z" && zone != "z") {
    return invalid();
  }
  const int64_t seconds =
      DaysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
  // Nanoseconds in 64 bits reach from 1677 to 2262.
  if (seconds < -9'223'372'036 || seconds > 9'223'372'035) return invalid();
  return seconds * 1'000'000'000 + fraction_ns;
}

}  // namespace tocsin
