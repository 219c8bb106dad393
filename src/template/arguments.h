#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "template/value.h"

namespace tocsin::templates {

// What a Function checks before it works. An error with this code says that the arguments do not
// fit the function at all; the execution reports it as Go does, without "error calling NAME".
inline constexpr ErrorCode kArgumentMismatch = ErrorCode::kOutOfBounds;

/// `wrong number of args for NAME: want 1 got 2` unless there are exactly `want`.
Status CheckArgumentCount(std::string_view name, std::span<const Value> arguments, size_t want);
/// `wrong number of args for NAME: want at least 2 got 1` unless there are `want` or more.
Status CheckArgumentCountAtLeast(std::string_view name, std::span<const Value> arguments,
                                 size_t want);

/// The text of a string argument: `wrong type for value; expected string; got float64` for others.
Result<std::string> StringArgument(const Value& value);
/// An integer argument.
Result<int64_t> IntArgument(const Value& value);
/// A float argument; integers convert, as Go's untyped constants do.
Result<double> FloatArgument(const Value& value);

}  // namespace tocsin::templates
