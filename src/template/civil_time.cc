#include "template/civil_time.h"

namespace tocsin::templates::internal {

namespace {

constexpr int64_t kSecondsPerDay = 86400;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDivide(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

}  // namespace

CivilTime CivilFromSeconds(int64_t local_seconds) {
  const int64_t days = FloorDivide(local_seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<int>(local_seconds - days * kSecondsPerDay);
  // civil_from_days of the same paper.
  const int64_t shifted = days + 719468;
  const int64_t era = FloorDivide(shifted, 146097);
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * month_index + 2) / 5 + 1);
  civil.month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.hour = second_of_day / 3600;
  civil.minute = second_of_day / 60 % 60;
  civil.second = second_of_day % 60;
  civil.weekday = static_cast<int>((days % 7 + 11) % 7);  // 1970-01-01 was a Thursday.
  civil.day_of_year = static_cast<int>(days - DaysFromCivil(civil.year, 1, 1) + 1);
  return civil;
}

int64_t SecondsFromCivil(const CivilTime& civil) {
  const int64_t month_index = civil.month - 1;
  const int64_t year = civil.year + FloorDivide(month_index, 12);
  const int64_t month = month_index - FloorDivide(month_index, 12) * 12 + 1;
  const int64_t days = DaysFromCivil(year, month, 1) + civil.day - 1;
  return days * kSecondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

}  // namespace tocsin::templates::internal
