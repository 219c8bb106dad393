#pragma once

#include <string_view>

#include "base/result.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// Checks a freshly parsed tree: types of operands and arguments, numbers of arguments, modifiers
/// where they make no sense, selectors that would match everything. Completes it too: set operators
/// become many-to-many, `matching` stays only between vectors. `text` is what the tree was parsed
/// from. The error is that of the first mistake in reading order, as ParseExpr gives it.
Status CheckTypes(Expr& expr, std::string_view text);

}  // namespace tocsin::promql
