#include "base/time_zone.h"

#include <date/tz.h>

#include <chrono>
#include <exception>

namespace tocsin {

namespace {

using std::chrono::seconds;

CivilTime FromLocal(date::local_seconds local, seconds offset, std::string zone) {
  const auto days = date::floor<date::days>(local);
  const date::year_month_day day(days);
  const date::hh_mm_ss<seconds> time(local - days);
  const date::year_month_day_last last = day.year() / day.month() / date::last;
  CivilTime civil;
  civil.year = static_cast<int>(day.year());
  civil.month = static_cast<int>(static_cast<unsigned>(day.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(day.day()));
  civil.hour = static_cast<int>(time.hours().count());
  civil.minute = static_cast<int>(time.minutes().count());
  civil.second = static_cast<int>(time.seconds().count());
  civil.weekday = static_cast<int>(date::weekday(days).c_encoding());
  civil.days_in_month = static_cast<int>(static_cast<unsigned>(last.day()));
  civil.offset_seconds = static_cast<int>(offset.count());
  civil.zone = std::move(zone);
  return civil;
}

}  // namespace

Result<CivilTime> ToCivilTime(int64_t unix_seconds, const std::string& name) {
  const date::sys_seconds instant{seconds(unix_seconds)};
  if (name.empty() || name == "UTC") {
    return FromLocal(date::local_seconds(instant.time_since_epoch()), seconds(0), "UTC");
  }
  // The library throws for unknown names and for a missing or broken zone database.
  try {
    const date::time_zone* zone = name == "Local" ? date::current_zone() : date::locate_zone(name);
    const date::sys_info info = zone->get_info(instant);
    return FromLocal(date::local_seconds(instant.time_since_epoch() + info.offset), info.offset,
                     info.abbrev);
  } catch (const std::exception&) {
    return Errorf(ErrorCode::kNotFound, "unknown time zone {}", name);
  }
}

Status CheckTimeZone(const std::string& name) {
  const auto civil = ToCivilTime(0, name);
  if (!civil) return civil.error();
  return {};
}

}  // namespace tocsin
