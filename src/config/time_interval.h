#pragma once

#include <string>
#include <vector>

namespace tocsin::config {

/// A range of integers, both ends inclusive. Days of the month may be negative: from the month's
/// end.
struct IntegerRange {
  int begin = 0;
  int end = 0;
  friend bool operator==(const IntegerRange&, const IntegerRange&) = default;
};

/// Minutes of a day: start inclusive, end exclusive, at most 1440 (24:00).
struct MinuteRange {
  int start_minute = 0;
  int end_minute = 0;
  friend bool operator==(const MinuteRange&, const MinuteRange&) = default;
};

/// One entry of a time interval: every field that is not empty must contain the moment, a field
/// does when one of its ranges does. Value type.
struct TimeInterval {
  std::vector<MinuteRange> times;
  std::vector<IntegerRange> weekdays;       ///< 0 is Sunday.
  std::vector<IntegerRange> days_of_month;  ///< 1…31 or -31…-1.
  std::vector<IntegerRange> months;         ///< 1 is January.
  std::vector<IntegerRange> years;
  std::string location;  ///< IANA name, "Local", "UTC"; empty means UTC.
};

/// A named entry of time_intervals or (deprecated) mute_time_intervals.
struct NamedTimeInterval {
  std::string name;
  std::vector<TimeInterval> time_intervals;
};

}  // namespace tocsin::config
