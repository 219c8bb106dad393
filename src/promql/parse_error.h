#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// `line:column` of byte `offset` of `text`, both from 1; "unknown position" for an empty text.
std::string DescribePosition(std::string_view text, int32_t offset);

/// kInvalidArgument with "`line:column`: parse error: `message`".
Error MakeParseError(std::string_view text, PositionRange position, std::string_view message);

}  // namespace tocsin::promql
