#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// Parts of the language behind a switch, as in Prometheus' --enable-feature.
struct ParserOptions {
  bool enable_experimental_functions = false;
  bool enable_duration_expr = true;
  bool enable_extended_range_selectors = false;  ///< anchored, smoothed
  bool enable_binop_fill_modifiers = false;      ///< fill, fill_left, fill_right
};

/// Bounds on trees, so that recursion over them stays within any thread's stack: how deep
/// parentheses, calls and signs may nest, and how high the tree may grow, which long chains of
/// operators also do.
inline constexpr int32_t kMaxNesting = 500;
inline constexpr int32_t kMaxTreeHeight = 2'000;

/// Parses an expression and checks its types. The error is kInvalidArgument with the text of the
/// first mistake, as upstream words it: `1:5: parse error: unexpected character: '@'`. Columns
/// count bytes.
Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options = {});

/// Parses `name{matchers}`, as in match[]. Does not demand a matcher that refuses the empty string.
/// Errors as ParseExpr.
Result<std::vector<Matcher>> ParseMetricSelector(std::string_view text);

/// Parses `name{label="value"}` into a label set. Errors as ParseExpr.
Result<Labels> ParseMetric(std::string_view text);

}  // namespace tocsin::promql
