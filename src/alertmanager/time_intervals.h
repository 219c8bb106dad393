#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/time_interval.h"

namespace tocsin::alertmanager {

/// Whether the instant lies in the interval: every field that is given contains it, in the
/// interval's zone. An unknown zone contains nothing (the configuration was checked for it).
bool ContainsInstant(const config::TimeInterval& interval, int64_t unix_seconds);

/// The named time intervals of a configuration. Immutable; thread-safe.
class TimeIntervals {
 public:
  TimeIntervals() = default;
  /// kInvalidArgument for a zone that the machine does not know.
  static Result<TimeIntervals> Make(const std::vector<config::NamedTimeInterval>& deprecated,
                                    const std::vector<config::NamedTimeInterval>& intervals);

  /// Those of `names` that contain the instant, in order.
  std::vector<std::string> Containing(const std::vector<std::string>& names,
                                      int64_t unix_seconds) const;

 private:
  std::map<std::string, std::vector<config::TimeInterval>> intervals_;
};

}  // namespace tocsin::alertmanager
