#include "config/time_interval_binding.h"

#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace tocsin::config {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<int> ParseNumber(std::string_view text) {
  int value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return value;
}

// `from:to`, or one value for both.
std::pair<std::string, std::string> SplitRange(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

template <size_t N>
std::optional<int> IndexOf(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<int>(i);
  return std::nullopt;
}

std::optional<int> ParseMonth(std::string_view text) {
  if (const auto index = IndexOf(kMonths, text)) return *index + 1;
  const auto number = ParseNumber(text);
  return number && *number >= 1 && *number <= 12 ? number : std::nullopt;
}

// Reads one `from:to` list with a parser for the ends and a check of the range.
template <typename ParseEnd, typename CheckRange>
void ReadRanges(MappingReader& at, std::string_view key, std::string_view what, ParseEnd parse,
                CheckRange check, std::vector<IntegerRange>& out) {
  std::vector<std::string> texts;
  at.Field(key, texts);
  for (size_t i = 0; i < texts.size() && !at.failed(); ++i) {
    const YamlNode& node = at.node().Find(key)->items[i];
    const auto [from, to] = SplitRange(Lower(texts[i]));
    const std::optional<int> begin = parse(from);
    const std::optional<int> end = parse(to);
    if (!begin || !end)
      return at.reader().Fail(node, fmt::format("{} is not a valid {}", begin ? to : from, what));
    const std::string wrong = check(*begin, *end);
    if (!wrong.empty()) return at.reader().Fail(node, wrong);
    out.push_back({*begin, *end});
  }
}

std::string CheckOrder(std::string_view what, int begin, int end) {
  return begin <= end
             ? ""
             : fmt::format("start {0} cannot be after end {0} ({1}:{2})", what, begin, end);
}

std::string CheckDaysOfMonth(int begin, int end) {
  const auto out_of_range = [](int day) { return day == 0 || day < -31 || day > 31; };
  if (out_of_range(begin))
    return fmt::format("{} is not a valid day of the month: out of range", begin);
  if (out_of_range(end))
    return fmt::format("{} is not a valid day of the month: out of range", end);
  if (begin < 0 && end > 0) return "end day must be negative if start day is negative";
  // Counted in a month of 31 days: if it is wrong there, it is wrong in all.
  const auto in_long_month = [](int day) { return day > 0 ? day : 32 + day; };
  if (in_long_month(begin) > in_long_month(end))
    return fmt::format("end day {} is always before start day {}", end, begin);
  return "";
}

// HH:MM, or 24:00 as an end.
std::optional<int> ParseMinute(const std::string& text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = ParseNumber(std::string_view(text).substr(0, 2));
  const auto minute = ParseNumber(std::string_view(text).substr(3, 2));
  if (!hour || !minute || *hour < 0 || *minute < 0 || *minute > 59) return std::nullopt;
  if (*hour > 23 && !(*hour == 24 && *minute == 0)) return std::nullopt;
  return *hour * 60 + *minute;
}

void ReadTimes(MappingReader& at, std::vector<MinuteRange>& out) {
  const YamlNode* list = at.Take("times");
  if (list == nullptr || at.failed() || !ExpectSequence(at.reader(), *list)) return;
  for (const YamlNode& item : list->items) {
    MappingReader range(at.reader(), item);
    std::string start;
    std::string end;
    range.Field("start_time", start);
    range.Field("end_time", end);
    range.Finish();
    if (at.failed()) return;
    if (start.empty() || end.empty())
      return range.Fail("both start and end times must be provided");
    const std::optional<int> start_minute = ParseMinute(start);
    const std::optional<int> end_minute = ParseMinute(end);
    if (!start_minute || !end_minute)
      return range.Fail(
          start_minute ? "end_time" : "start_time",
          fmt::format("couldn't parse timestamp {}, invalid format", start_minute ? end : start));
    if (*start_minute >= *end_minute)
      return range.Fail("end_time", "start time cannot be equal or greater than end time");
    out.push_back({*start_minute, *end_minute});
  }
}

void ReadTimeInterval(ConfigReader& reader, const YamlNode& node, const TimeZoneCheck& zones,
                      TimeInterval& out) {
  MappingReader at(reader, node);
  ReadTimes(at, out.times);
  ReadRanges(
      at, "weekdays", "weekday", [](const std::string& text) { return IndexOf(kWeekdays, text); },
      [](int begin, int end) { return CheckOrder("day", begin, end); }, out.weekdays);
  ReadRanges(at, "days_of_month", "day of the month", ParseNumber, CheckDaysOfMonth,
             out.days_of_month);
  ReadRanges(
      at, "months", "month", ParseMonth,
      [](int begin, int end) { return CheckOrder("month", begin, end); }, out.months);
  ReadRanges(
      at, "years", "year", ParseNumber,
      [](int begin, int end) { return CheckOrder("year", begin, end); }, out.years);
  at.Field("location", out.location);
  at.Finish();
  if (!reader.failed() && !out.location.empty() && zones && !zones(out.location))
    at.Fail("location", "unknown time zone " + out.location);
}

std::string MinuteText(int minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

template <typename Name>
std::vector<std::string> RangeTexts(const std::vector<IntegerRange>& ranges, Name name) {
  std::vector<std::string> texts;
  for (const IntegerRange& range : ranges) {
    std::string text = name(range.begin);
    if (range.begin != range.end) text += ":" + name(range.end);
    texts.push_back(text);
  }
  return texts;
}

YamlNode ShowInterval(const TimeInterval& interval) {
  MappingWriter writer;
  YamlNode times = YamlNode::Sequence();
  for (const MinuteRange& range : interval.times) {
    MappingWriter entry;
    entry.Field("start_time", MinuteText(range.start_minute));
    entry.Field("end_time", MinuteText(range.end_minute));
    times.items.push_back(entry.Take());
  }
  if (!times.items.empty()) writer.Add("times", std::move(times));
  const auto number = [](int value) { return std::to_string(value); };
  const auto show = [&](std::string_view key, std::vector<std::string> texts) {
    FlowList list{texts};
    writer.Field(key, list);
  };
  show("weekdays", RangeTexts(interval.weekdays, [](int day) {
         return std::string(kWeekdays[static_cast<size_t>(day)]);
       }));
  show("days_of_month", RangeTexts(interval.days_of_month, number));
  show("months", RangeTexts(interval.months, [](int month) {
         return std::string(kMonths[static_cast<size_t>(month - 1)]);
       }));
  show("years", RangeTexts(interval.years, number));
  writer.Field("location", interval.location);
  return writer.Take();
}

}  // namespace

void ReadNamedTimeInterval(ConfigReader& reader, const YamlNode& node, const TimeZoneCheck& zones,
                           NamedTimeInterval& out) {
  MappingReader at(reader, node);
  at.Field("name", out.name);
  const YamlNode* list = at.Take("time_intervals");
  at.Finish();
  if (!reader.failed() && out.name.empty()) return at.Fail("name", "missing name in time interval");
  if (list == nullptr || reader.failed() || !ExpectSequence(reader, *list)) return;
  for (const YamlNode& item : list->items) {
    if (reader.failed()) return;
    ReadTimeInterval(reader, item, zones, out.time_intervals.emplace_back());
  }
}

bool WriteValue(YamlNode& out, const NamedTimeInterval& interval) {
  out = YamlNode::Mapping();
  out.Add("name", YamlNode::String(interval.name));
  YamlNode list = YamlNode::Sequence();
  for (const TimeInterval& entry : interval.time_intervals)
    list.items.push_back(ShowInterval(entry));
  out.Add("time_intervals", std::move(list));
  return true;
}

}  // namespace tocsin::config
