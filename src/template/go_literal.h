#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "template/value.h"

namespace tocsin::templates {

/// The text of a Go string literal in double quotes or backquotes (strconv.Unquote).
/// kInvalidArgument "invalid syntax" for anything else.
Result<std::string> UnquoteGoString(std::string_view literal);

/// A Go number or character constant: an int, or a float when it has a point or an exponent. Errors
/// are those of the template parser: `illegal number syntax: "0x"`, `malformed character constant:
/// ''`.
Result<Value> ParseGoNumber(std::string_view literal);

}  // namespace tocsin::templates
