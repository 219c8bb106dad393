#include "template/time_format.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "model/duration.h"
#include "template/arguments.h"
#include "template/civil_time.h"

namespace tocsin::templates {

namespace {

using internal::CivilTime;

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

CivilTime ToCivil(const Time& time) {
  return internal::CivilFromSeconds(time.unix_seconds + time.offset_seconds);
}

void AppendOffset(std::string& out, int offset_seconds, bool z_for_utc, bool colon, int fields) {
  if (z_for_utc && offset_seconds == 0) {
    out.push_back('Z');
    return;
  }
  const int magnitude = std::abs(offset_seconds);
  out.push_back(offset_seconds < 0 ? '-' : '+');
  out.append(fmt::format("{:02}", magnitude / 3600));
  if (fields > 1) out.append(fmt::format("{}{:02}", colon ? ":" : "", magnitude / 60 % 60));
  if (fields > 2) out.append(fmt::format("{}{:02}", colon ? ":" : "", magnitude % 60));
}

void AppendFraction(std::string& out, int32_t nanoseconds, char point, size_t digits, bool trim) {
  std::string text = fmt::format("{:09}", nanoseconds).substr(0, digits);
  if (trim) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.empty()) return;
  }
  out.push_back(point);
  out.append(text);
}

/// What an element of a layout appends.
using AppendElement = void (*)(std::string&, const Time&, const CivilTime&);

struct Element {
  std::string_view text;
  AppendElement append;
};

#define ELEMENT(text, expression)                                 \
  Element {                                                       \
    text, [](std::string& o, const Time& t, const CivilTime& c) { \
      (void)t, (void)c;                                           \
      expression;                                                 \
    }                                                             \
  }
// Longest first, where one is the beginning of another.
const Element kElements[] = {
    ELEMENT("January", o += kMonths[c.month - 1]),
    ELEMENT("Jan", o += kMonths[c.month - 1].substr(0, 3)),
    ELEMENT("Monday", o += kWeekdays[c.weekday]),
    ELEMENT("Mon", o += kWeekdays[c.weekday].substr(0, 3)),
    ELEMENT("MST", o += t.zone),
    ELEMENT("002", o += fmt::format("{:03}", c.day_of_year)),
    ELEMENT("01", o += fmt::format("{:02}", c.month)),
    ELEMENT("02", o += fmt::format("{:02}", c.day)),
    ELEMENT("03", o += fmt::format("{:02}", (c.hour + 11) % 12 + 1)),
    ELEMENT("04", o += fmt::format("{:02}", c.minute)),
    ELEMENT("05", o += fmt::format("{:02}", c.second)),
    ELEMENT("06", o += fmt::format("{:02}", c.year % 100)),
    ELEMENT("15", o += fmt::format("{:02}", c.hour)),
    ELEMENT("1", o += fmt::format("{}", c.month)),
    ELEMENT("2006", o += fmt::format("{:04}", c.year)),
    ELEMENT("2", o += fmt::format("{}", c.day)),
    ELEMENT("_2006", o += fmt::format("_{:04}", c.year)),
    ELEMENT("__2", o += fmt::format("{:3}", c.day_of_year)),
    ELEMENT("_2", o += fmt::format("{:2}", c.day)),
    ELEMENT("3", o += fmt::format("{}", (c.hour + 11) % 12 + 1)),
    ELEMENT("4", o += fmt::format("{}", c.minute)),
    ELEMENT("5", o += fmt::format("{}", c.second)),
    ELEMENT("PM", o += c.hour >= 12 ? "PM" : "AM"),
    ELEMENT("pm", o += c.hour >= 12 ? "pm" : "am"),
    ELEMENT("-07:00:00", AppendOffset(o, t.offset_seconds, false, true, 3)),
    ELEMENT("-070000", AppendOffset(o, t.offset_seconds, false, false, 3)),
    ELEMENT("-07:00", AppendOffset(o, t.offset_seconds, false, true, 2)),
    ELEMENT("-0700", AppendOffset(o, t.offset_seconds, false, false, 2)),
    ELEMENT("-07", AppendOffset(o, t.offset_seconds, false, false, 1)),
    ELEMENT("Z07:00:00", AppendOffset(o, t.offset_seconds, true, true, 3)),
    ELEMENT("Z070000", AppendOffset(o, t.offset_seconds, true, false, 3)),
    ELEMENT("Z07:00", AppendOffset(o, t.offset_seconds, true, true, 2)),
    ELEMENT("Z0700", AppendOffset(o, t.offset_seconds, true, false, 2)),
    ELEMENT("Z07", AppendOffset(o, t.offset_seconds, true, false, 1)),
};
#undef ELEMENT

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ".000", ",999": all zeros or all nines after the point, and no digit behind them. Its size, or 0.
size_t FractionSize(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',')) return 0;
  const char digit = layout[1];
  if (digit != '0' && digit != '9') return 0;
  size_t end = 1;
  while (end < layout.size() && layout[end] == digit) ++end;
  return end < layout.size() && IsDigit(layout[end]) ? 0 : end;
}

const Element* FindElement(std::string_view layout) {
  for (const Element& element : kElements) {
    if (!layout.starts_with(element.text)) continue;
    // "Jan" is no month in "Janet" (Go looks for a lower-case letter behind it); the same for
    // "Mon".
    const bool is_short_name = element.text == "Jan" || element.text == "Mon";
    const char next = layout.size() > element.text.size() ? layout[element.text.size()] : ' ';
    if (is_short_name && next >= 'a' && next <= 'z') continue;
    return &element;
  }
  return nullptr;
}

Result<Time> TimeArgument(const Value& value) {
  if (const Time* time = value.AsTime()) return *time;
  return Errorf(kArgumentMismatch, "wrong type for value; expected time.Time; got {}",
                value.TypeName());
}

Result<int64_t> DurationArgument(const Value& value) {
  if (const Duration* duration = value.AsDuration()) return duration->nanoseconds;
  if (const int64_t* number = value.AsInt()) return *number;
  return Errorf(kArgumentMismatch, "wrong type for value; expected time.Duration; got {}",
                value.TypeName());
}

Time AddNanoseconds(Time time, int64_t nanoseconds) {
  time.unix_seconds += nanoseconds / kNanosPerSecond;
  const auto sum = static_cast<int64_t>(time.nanoseconds) + nanoseconds % kNanosPerSecond;
  const int64_t carry = sum < 0 ? -1 : sum >= kNanosPerSecond ? 1 : 0;
  time.unix_seconds += carry;
  time.nanoseconds = static_cast<int32_t>(sum - carry * kNanosPerSecond);
  return time;
}

// Saturates as Go's Sub does.
int64_t Difference(const Time& a, const Time& b) {
  const auto difference = static_cast<__int128>(a.unix_seconds - b.unix_seconds) * kNanosPerSecond +
                          (a.nanoseconds - b.nanoseconds);
  if (difference > std::numeric_limits<int64_t>::max()) return std::numeric_limits<int64_t>::max();
  if (difference < std::numeric_limits<int64_t>::min()) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(difference);
}

int Compare(const Time& a, const Time& b) {
  if (a.unix_seconds != b.unix_seconds) return a.unix_seconds < b.unix_seconds ? -1 : 1;
  return a.nanoseconds < b.nanoseconds ? -1 : a.nanoseconds > b.nanoseconds ? 1 : 0;
}

Time InUtc(Time time) {
  time.offset_seconds = 0;
  time.zone = "UTC";
  return time;
}

struct TimeMethod {
  size_t argument_count;
  Result<Value> (*call)(const Time& time, std::span<const Value> arguments);
};

using Arguments = std::span<const Value>;

Result<Value> AddDate(const Time& time, Arguments arguments) {
  CivilTime civil = ToCivil(time);
  TOCSIN_ASSIGN_OR_RETURN(const int64_t years, IntArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const int64_t months, IntArgument(arguments[1]));
  TOCSIN_ASSIGN_OR_RETURN(const int64_t days, IntArgument(arguments[2]));
  constexpr int64_t kMost = 1'000'000;  // Keeps the sums far from overflow.
  if (std::abs(years) > kMost || std::abs(months) > kMost || std::abs(days) > kMost) {
    return Errorf(ErrorCode::kInvalidArgument, "AddDate out of range");
  }
  civil.year += years;
  civil.month += static_cast<int>(months);
  civil.day += static_cast<int>(days);
  Time moved = time;
  moved.unix_seconds = internal::SecondsFromCivil(civil) - time.offset_seconds;
  return Value(moved);
}

#define TIME_METHOD(count, expression)                       \
  TimeMethod {                                               \
    count, [](const Time& t, Arguments a) -> Result<Value> { \
      (void)t, (void)a;                                      \
      expression;                                            \
    }                                                        \
  }
#define WITH_TIME(expression)                                                   \
  TIME_METHOD(1, TOCSIN_ASSIGN_OR_RETURN(const Time other, TimeArgument(a[0])); \
              return Value(expression))

const std::map<std::string_view, TimeMethod>& TimeMethods() {
  static const std::map<std::string_view, TimeMethod> methods = {
      {"Format",
       TIME_METHOD(1, TOCSIN_ASSIGN_OR_RETURN(const std::string layout, StringArgument(a[0]));
                   return Value(FormatTime(t, layout)))},
      {"String", TIME_METHOD(0, return Value(FormatTimeDefault(t)))},
      {"Unix", TIME_METHOD(0, return Value(t.unix_seconds))},
      {"UnixMilli", TIME_METHOD(0, return Value(t.unix_seconds * 1000 + t.nanoseconds / 1000000))},
      {"UnixNano", TIME_METHOD(0, return Value(t.UnixNs()))},
      {"Year", TIME_METHOD(0, return Value(ToCivil(t).year))},
      {"Month", TIME_METHOD(0, return Value(kMonths[static_cast<size_t>(ToCivil(t).month - 1)]))},
      {"Day", TIME_METHOD(0, return Value(ToCivil(t).day))},
      {"Hour", TIME_METHOD(0, return Value(ToCivil(t).hour))},
      {"Minute", TIME_METHOD(0, return Value(ToCivil(t).minute))},
      {"Second", TIME_METHOD(0, return Value(ToCivil(t).second))},
      {"Nanosecond", TIME_METHOD(0, return Value(int64_t{t.nanoseconds}))},
      {"YearDay", TIME_METHOD(0, return Value(ToCivil(t).day_of_year))},
      {"Weekday", TIME_METHOD(0, return Value(kWeekdays[static_cast<size_t>(ToCivil(t).weekday)]))},
      {"IsZero", TIME_METHOD(0, return Value(t.IsZero()))},
      {"UTC", TIME_METHOD(0, return Value(InUtc(t)))},
      {"Local", TIME_METHOD(0, return Value(t))},
      {"Before", WITH_TIME(Compare(t, other) < 0)},
      {"After", WITH_TIME(Compare(t, other) > 0)},
      {"Equal", WITH_TIME(Compare(t, other) == 0)},
      {"Compare", WITH_TIME(Compare(t, other))},
      {"Sub", WITH_TIME(Duration{Difference(t, other)})},
      {"Add", TIME_METHOD(1, TOCSIN_ASSIGN_OR_RETURN(const int64_t d, DurationArgument(a[0]));
                          return Value(AddNanoseconds(t, d)))},
      {"AddDate", TimeMethod{3, AddDate}},
  };
  return methods;
}
#undef WITH_TIME
#undef TIME_METHOD

struct DurationMethod {
  size_t argument_count;
  Result<Value> (*call)(int64_t nanoseconds, std::span<const Value> arguments);
};

// To a multiple of `unit`; halves away from zero when rounding.
int64_t ToMultiple(int64_t nanoseconds, int64_t unit, bool round) {
  if (unit <= 0) return nanoseconds;
  const int64_t rest = nanoseconds % unit;
  const int64_t truncated = nanoseconds - rest;
  if (!round || std::abs(rest) < unit - std::abs(rest)) return truncated;
  int64_t rounded = 0;
  const int64_t away = nanoseconds < 0 ? -unit : unit;
  return __builtin_add_overflow(truncated, away, &rounded) ? truncated : rounded;
}

#define DURATION_METHOD(count, expression)               \
  DurationMethod {                                       \
    count, [](int64_t n, Arguments a) -> Result<Value> { \
      (void)n, (void)a;                                  \
      expression;                                        \
    }                                                    \
  }
#define WITH_UNIT(round)                                                                  \
  DURATION_METHOD(1, TOCSIN_ASSIGN_OR_RETURN(const int64_t unit, DurationArgument(a[0])); \
                  return Value(Duration{ToMultiple(n, unit, round)}))

const std::map<std::string_view, DurationMethod>& DurationMethods() {
  static const std::map<std::string_view, DurationMethod> methods = {
      {"String", DURATION_METHOD(0, return Value(FormatGoDurationNs(n)))},
      {"Hours", DURATION_METHOD(0, return Value(static_cast<double>(n) / 3.6e12))},
      {"Minutes", DURATION_METHOD(0, return Value(static_cast<double>(n) / 6e10))},
      {"Seconds", DURATION_METHOD(0, return Value(static_cast<double>(n) / 1e9))},
      {"Milliseconds", DURATION_METHOD(0, return Value(n / 1'000'000))},
      {"Microseconds", DURATION_METHOD(0, return Value(n / 1000))},
      {"Nanoseconds", DURATION_METHOD(0, return Value(n))},
      {"Abs", DURATION_METHOD(0, return Value(Duration{n < 0 && -n != n ? -n : n}))},
      {"Truncate", WITH_UNIT(false)},
      {"Round", WITH_UNIT(true)},
  };
  return methods;
}
#undef WITH_UNIT
#undef DURATION_METHOD

template <typename Methods, typename Receiver>
std::optional<Result<Value>> CallMethod(const Methods& methods, const Receiver& receiver,
                                        std::string_view name, Arguments arguments) {
  const auto found = methods.find(name);
  if (found == methods.end()) return std::nullopt;
  if (auto status = CheckArgumentCount(name, arguments, found->second.argument_count); !status) {
    return status.error();
  }
  return found->second.call(receiver, arguments);
}

}  // namespace

std::string FormatTime(const Time& time, std::string_view layout) {
  const CivilTime civil = ToCivil(time);
  std::string out;
  while (!layout.empty()) {
    if (const size_t size = FractionSize(layout); size > 0) {
      AppendFraction(out, time.nanoseconds, layout[0], std::min<size_t>(size - 1, 9),
                     layout[1] == '9');
      layout.remove_prefix(size);
    } else if (const Element* element = FindElement(layout)) {
      element->append(out, time, civil);
      layout.remove_prefix(element->text.size());
    } else {
      out.push_back(layout.front());
      layout.remove_prefix(1);
    }
  }
  return out;
}

std::string FormatTimeDefault(const Time& time) {
  return FormatTime(time, "2006-01-02 15:04:05.999999999 -0700 MST");
}

std::optional<Result<Value>> CallTimeMethod(const Value& value, std::string_view method,
                                            std::span<const Value> arguments) {
  if (const Time* time = value.AsTime()) {
    return CallMethod(TimeMethods(), *time, method, arguments);
  }
  if (const Duration* duration = value.AsDuration()) {
    return CallMethod(DurationMethods(), duration->nanoseconds, method, arguments);
  }
  return std::nullopt;
}

}  // namespace tocsin::templates
