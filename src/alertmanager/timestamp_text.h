#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::alertmanager {

/// An instant and the zone its sender wrote it in. 0 stands for Go's zero time.
struct Timestamp {
  int64_t unix_ns = 0;
  int32_t offset_seconds = 0;
};

/// RFC 3339 with the fraction it has, as Go marshals times; the zero time is 0001-01-01T00:00:00Z.
std::string FormatTimestamp(const Timestamp& time);
/// RFC 3339 with exactly three fraction digits: the API.
std::string FormatTimestampMilli(const Timestamp& time);
/// Parses RFC 3339, keeping the offset. Go's zero time gives 0.
Result<Timestamp> ParseTimestamp(std::string_view text);

}  // namespace tocsin::alertmanager
