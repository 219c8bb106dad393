#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tocsin {

/// What a clock on the wall of a zone shows. Value type.
struct CivilTime {
  int year = 1970;
  int month = 1;  ///< 1 to 12
  int day = 1;    ///< 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int weekday = 4;  ///< 0 is Sunday.
  int days_in_month = 31;
  int offset_seconds = 0;  ///< East of UTC.
  std::string zone;        ///< Abbreviation: "UTC", "CET", "CEST".
};

/// The civil time of the instant `unix_seconds` in the zone `name`: an IANA name ("Europe/Paris"),
/// "UTC" or "" for UTC, "Local" for the machine's zone. kNotFound for unknown names:
/// `unknown time zone Europe/Nowhere`. Thread-safe.
Result<CivilTime> ToCivilTime(int64_t unix_seconds, const std::string& name);

/// Whether ToCivilTime knows `name`.
Status CheckTimeZone(const std::string& name);

}  // namespace tocsin
