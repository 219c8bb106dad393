#pragma once

#include <string_view>

#include "base/result.h"

namespace tocsin::promql {

/// The value of a number as the lexer cuts it: decimal or hexadecimal, `1_000`, octal after a
/// leading 0, `inf` and `nan` in any case. The error is upstream's ("error parsing number:
/// strconv.ParseFloat: …").
Result<double> ParseNumberLiteralText(std::string_view text);

/// The seconds of a duration as the lexer cuts it.
Result<double> ParseDurationLiteral(std::string_view text);

}  // namespace tocsin::promql
