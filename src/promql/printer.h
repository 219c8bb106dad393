#pragma once

#include <string>
#include <string_view>

#include "promql/ast.h"

namespace tocsin::promql {

/// The expression in one line, as upstream writes it: parsing it gives the same tree again.
/// Matchers are in order of their text, durations in their shortest form.
std::string PrintExpr(const Expr& expr);

/// The expression with everything longer than 100 characters broken into indented lines, as the
/// HTTP API's format_query writes it.
std::string PrettyPrintExpr(const Expr& expr);

/// `sum by (job) (` … what stands before the arguments of an aggregation, and between the operands
/// of a binary operation: ` * on (job) group_left () `. Parts that both printers share.
void AppendAggregateHead(std::string& out, const AggregateExpr& aggregate);
void AppendOperator(std::string& out, const BinaryExpr& binary);
/// `[5m:1m] @ 10.000 offset 1h`
void AppendSubquerySuffix(std::string& out, const SubqueryExpr& subquery);

}  // namespace tocsin::promql
