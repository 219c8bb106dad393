#include <cmath>
#include <cstdint>

#include "promql/instant_functions.h"

namespace tocsin::promql {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kDaysPerEra = 146'097;  // 400 years.

struct Date {
  int64_t year;
  int64_t month;        ///< 1 … 12
  int64_t day;          ///< 1 … 31
  int64_t day_of_year;  ///< 1 … 366
  int64_t days;         ///< Since 1970-01-01.
  int64_t second_of_day;
};

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int64_t DaysInMonthOf(int64_t year, int64_t month) {
  constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/// Whole seconds; what no int64 holds (NaN too) becomes the smallest one, as Go does on amd64, only
/// bounded so that the calendar's arithmetic stays in range.
int64_t WholeSeconds(double unix_seconds) {
  constexpr double kLimit = 1e17;
  if (!(std::abs(unix_seconds) < kLimit)) return -static_cast<int64_t>(kLimit);
  return static_cast<int64_t>(unix_seconds);
}

/// Civil date from days (H. Hinnant, "chrono-compatible low-level date algorithms").
Date DateOf(double unix_seconds) {
  const int64_t seconds = WholeSeconds(unix_seconds);
  const int64_t days = FloorDivide(seconds, kSecondsPerDay);
  const int64_t shifted = days + 719'468;  // Since 0000-03-01.
  const int64_t era = FloorDivide(shifted, kDaysPerEra);
  const int64_t day_of_era = shifted - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t march_day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * march_day + 2) / 153;
  Date date;
  date.day = march_day - (153 * march_month + 2) / 5 + 1;
  date.month = march_month < 10 ? march_month + 3 : march_month - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2);
  date.days = days;
  date.second_of_day = seconds - days * kSecondsPerDay;
  date.day_of_year = date.day;
  for (int64_t m = 1; m < date.month; ++m) date.day_of_year += DaysInMonthOf(date.year, m);
  return date;
}

double Number(int64_t value) { return static_cast<double>(value); }

double DaysInMonth(double t) {
  const Date date = DateOf(t);
  return Number(DaysInMonthOf(date.year, date.month));
}
double DayOfMonth(double t) { return Number(DateOf(t).day); }
double DayOfYear(double t) { return Number(DateOf(t).day_of_year); }
double DayOfWeek(double t) {
  const int64_t days = DateOf(t).days + 4;  // 1970-01-01 was a Thursday; Sunday is 0.
  return Number(days - FloorDivide(days, 7) * 7);
}
double Hour(double t) { return Number(DateOf(t).second_of_day / 3600); }
double Minute(double t) { return Number(DateOf(t).second_of_day / 60 % 60); }
double Month(double t) { return Number(DateOf(t).month); }
double Year(double t) { return Number(DateOf(t).year); }

}  // namespace

double (*FindDateFunction(FunctionId id))(double) {
  switch (id) {
    case FunctionId::kDaysInMonth:
      return DaysInMonth;
    case FunctionId::kDayOfMonth:
      return DayOfMonth;
    case FunctionId::kDayOfWeek:
      return DayOfWeek;
    case FunctionId::kDayOfYear:
      return DayOfYear;
    case FunctionId::kHour:
      return Hour;
    case FunctionId::kMinute:
      return Minute;
    case FunctionId::kMonth:
      return Month;
    case FunctionId::kYear:
      return Year;
    default:
      return nullptr;
  }
}

}  // namespace tocsin::promql
