#pragma once

#include <string>

#include "promql/ast.h"

namespace tocsin::web {

/// The tree as /api/v1/parse_query shows it, for the tree view of the web interface: an object a
/// node, its keys in order of name.
std::string SyntaxTreeJson(const promql::Expr& expr);

}  // namespace tocsin::web
