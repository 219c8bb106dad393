#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin {

/// Parses Prometheus' duration (`1h30m`, `0`; units y w d h m s ms in that order) into
/// milliseconds. The message is upstream's: `not a valid duration string: "1x"`, `empty duration
/// string`.
Result<int64_t> ParseDurationMs(std::string_view text);

/// The text of prometheus/common's Duration.String(): 90 s is "1m30s", 0 is "0s".
std::string FormatDurationMs(int64_t duration_ms);

/// Go's time.Duration.String(): 1.5 s is "1.5s", 90 s is "1m30s", 100 µs is "100µs".
std::string FormatGoDurationNs(int64_t duration_ns);

/// Parses Go's time.ParseDuration ("300ms", "-1.5h") into nanoseconds.
Result<int64_t> ParseGoDurationNs(std::string_view text);

/// RFC 3339 in UTC with nanoseconds, trailing zeros trimmed: Go's RFC3339Nano.
std::string FormatRfc3339Nano(int64_t unix_ns);
/// RFC 3339 in UTC with exactly three fraction digits: Alertmanager's API.
std::string FormatRfc3339Milli(int64_t unix_ns);
/// Parses RFC 3339 with any fraction and offset into nanoseconds since the epoch.
Result<int64_t> ParseRfc3339Ns(std::string_view text);

}  // namespace tocsin
