#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tocsin::rules {

// How templates print numbers for people (template/template.go of Prometheus).

/// 1234567 is "1.235M", 0.001 is "1m".
std::string Humanize(double value);
/// 1048576 is "1Mi".
std::string Humanize1024(double value);
/// Seconds: 3700 is "1h 1m 40s", 0.0012 is "1.2ms".
std::string HumanizeDuration(double seconds);
/// 0.1234567 is "12.35%".
std::string HumanizePercentage(double ratio);

/// Nanoseconds of `seconds` on the clock of samples (whole milliseconds). Fails for NaN, infinities
/// and times beyond 64 bits.
Result<int64_t> SecondsToUnixNs(double seconds);

}  // namespace tocsin::rules
