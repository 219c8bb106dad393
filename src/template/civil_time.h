#pragma once

#include <cstdint>

namespace tocsin::templates::internal {

/// A date and time of day in the proleptic Gregorian calendar.
struct CivilTime {
  int64_t year = 1;
  int month = 1;  ///< 1 to 12
  int day = 1;
  int hour = 0, minute = 0, second = 0;
  int weekday = 0;  ///< 0 is Sunday.
  int day_of_year = 1;
};

/// The civil time `local_seconds` after 1970-01-01T00:00:00 (the zone's offset already added).
CivilTime CivilFromSeconds(int64_t local_seconds);
/// The inverse; month and day may be out of range and carry over, as in Go's time.Date.
int64_t SecondsFromCivil(const CivilTime& civil);

}  // namespace tocsin::templates::internal
