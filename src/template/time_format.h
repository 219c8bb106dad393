#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "template/value.h"

namespace tocsin::templates {

/// Go's time.Format: `time` in its own zone, by a layout of the reference time
/// "Mon Jan 2 15:04:05 MST 2006".
std::string FormatTime(const Time& time, std::string_view layout);

/// What %v prints: "2006-01-02 15:04:05.999999999 -0700 MST".
std::string FormatTimeDefault(const Time& time);

/// Calls a method of time.Time or time.Duration (those that take and give values we have), or
/// nullopt when it has no such method. `value` is of kind kTime or kDuration.
std::optional<Result<Value>> CallTimeMethod(const Value& value, std::string_view method,
                                            std::span<const Value> arguments);

}  // namespace tocsin::templates
