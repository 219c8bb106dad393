#include "alertmanager/time_intervals.h"

#include <algorithm>

#include "base/time_zone.h"

namespace tocsin::alertmanager {

namespace {

bool ContainsNumber(const std::vector<config::IntegerRange>& ranges, int number) {
  if (ranges.empty()) return true;
  return std::any_of(ranges.begin(), ranges.end(), [&](const config::IntegerRange& range) {
    return number >= range.begin && number <= range.end;
  });
}

bool ContainsMinute(const std::vector<config::MinuteRange>& ranges, int minute) {
  if (ranges.empty()) return true;
  return std::any_of(ranges.begin(), ranges.end(), [&](const config::MinuteRange& range) {
    return minute >= range.start_minute && minute < range.end_minute;
  });
}

// -1 is the month's last day. A range is cut to the days that the month has, and skipped when it
// begins behind them.
bool ContainsDayOfMonth(const std::vector<config::IntegerRange>& ranges, const CivilTime& civil) {
  if (ranges.empty()) return true;
  const auto from_start = [&](int day) { return day < 0 ? civil.days_in_month + day + 1 : day; };
  return std::any_of(ranges.begin(), ranges.end(), [&](const config::IntegerRange& range) {
    const int begin = from_start(range.begin);
    const int end = std::min(from_start(range.end), civil.days_in_month);
    if (begin > civil.days_in_month) return false;
    return civil.day >= std::max(begin, 1) && civil.day <= end;
  });
}

}  // namespace

bool ContainsInstant(const config::TimeInterval& interval, int64_t unix_seconds) {
  const auto civil = ToCivilTime(unix_seconds, interval.location);
  if (!civil) return false;
  return ContainsMinute(interval.times, civil->hour * 60 + civil->minute) &&
         ContainsDayOfMonth(interval.days_of_month, *civil) &&
         ContainsNumber(interval.months, civil->month) &&
         ContainsNumber(interval.weekdays, civil->weekday) &&
         ContainsNumber(interval.years, civil->year);
}

Result<TimeIntervals> TimeIntervals::Make(const std::vector<config::NamedTimeInterval>& deprecated,
                                          const std::vector<config::NamedTimeInterval>& intervals) {
  TimeIntervals result;
  for (const auto* list : {&deprecated, &intervals}) {
    for (const config::NamedTimeInterval& named : *list) {
      for (const config::TimeInterval& interval : named.time_intervals) {
        TOCSIN_RETURN_IF_ERROR(CheckTimeZone(interval.location));
      }
      result.intervals_[named.name] = named.time_intervals;
    }
  }
  return result;
}

std::vector<std::string> TimeIntervals::Containing(const std::vector<std::string>& names,
                                                   int64_t unix_seconds) const {
  std::vector<std::string> containing;
  for (const std::string& name : names) {
    const auto found = intervals_.find(name);
    if (found == intervals_.end()) continue;
    const bool contains = std::any_of(
        found->second.begin(), found->second.end(),
        [&](const config::TimeInterval& i) { return ContainsInstant(i, unix_seconds); });
    if (contains) containing.push_back(name);
  }
  return containing;
}

}  // namespace tocsin::alertmanager
