#include "promql/parser.h"

#include "promql/expr_parser.h"
#include "promql/type_check.h"

namespace tocsin::promql {

Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options) {
  ExprParser parser(text, options);
  ExprPtr expr = parser.ParseExpression();
  if (parser.has_failed()) return parser.error();
  TOCSIN_RETURN_IF_ERROR(CheckTypes(*expr, text));
  return expr;
}

Result<std::vector<Matcher>> ParseMetricSelector(std::string_view text) {
  ExprParser parser(text, {});
  const std::unique_ptr<VectorSelector> selector = parser.ParseSelectorOnly();
  if (parser.has_failed()) return parser.error();
  return std::move(selector->matchers);
}

Result<Labels> ParseMetric(std::string_view text) {
  ExprParser parser(text, {});
  std::optional<Labels> labels = parser.ParseMetricOnly();
  if (parser.has_failed()) return parser.error();
  return std::move(*labels);
}

}  // namespace tocsin::promql
