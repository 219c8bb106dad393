#include "promql/printer.h"

namespace tocsin::promql {
namespace {

constexpr size_t kMaxLineLength = 100;
constexpr std::string_view kIndent = "  ";

// Prints bottom-up, so that a node knows its own length before it decides whether to break: each
// node is printed in one line once per enclosing node that is broken.
class PrettyPrinter {
 public:
  std::string Print(const Expr& expr, size_t level) {
    std::string line = PrintExpr(expr);
    const bool fits = line.size() <= kMaxLineLength;
    switch (expr.kind) {
      case ExprKind::kUnary:
        return PrintUnary(As<UnaryExpr>(expr), level);
      case ExprKind::kStepInvariant:
        return Print(*As<StepInvariantExpr>(expr).expr, level);
      case ExprKind::kSubquery:
        // Without indentation, as upstream.
        return fits ? line : BreakSubquery(As<SubqueryExpr>(expr), level);
      default:
        break;
    }
    if (fits) return Indent(level) + line;
    switch (expr.kind) {
      case ExprKind::kAggregate:
        return BreakAggregate(As<AggregateExpr>(expr), level);
      case ExprKind::kBinary:
        return BreakBinary(As<BinaryExpr>(expr), level);
      case ExprKind::kCall:
        return BreakCall(As<Call>(expr), level);
      case ExprKind::kParen:
        return Indent(level) + "(\n" + Print(*As<ParenExpr>(expr).expr, level + 1) + "\n" +
               Indent(level) + ")";
      default:
        return Indent(level) + line;
    }
  }

 private:
  static std::string Indent(size_t level) {
    std::string result;
    for (; level > 0; --level) result.append(kIndent);
    return result;
  }

  std::string PrintUnary(const UnaryExpr& unary, size_t level) {
    std::string operand = Print(*unary.expr, level);
    operand.erase(0, operand.find_first_not_of(" \t\n\r"));
    return Indent(level) + (unary.is_minus ? "-" : "+") + operand;
  }

  std::string BreakSubquery(const SubqueryExpr& subquery, size_t level) {
    std::string result = Print(*subquery.expr, level);
    AppendSubquerySuffix(result, subquery);
    return result;
  }

  std::string BreakAggregate(const AggregateExpr& aggregate, size_t level) {
    std::string result = Indent(level);
    AppendAggregateHead(result, aggregate);
    result.append("(\n");
    if (aggregate.param) result.append(Print(*aggregate.param, level + 1)).append(",\n");
    result.append(Print(*aggregate.expr, level + 1)).append("\n");
    return result.append(Indent(level)).append(")");
  }

  std::string BreakBinary(const BinaryExpr& binary, size_t level) {
    std::string result = Print(*binary.lhs, level + 1) + "\n" + Indent(level);
    AppendOperator(result, binary);
    return result.append("\n").append(Print(*binary.rhs, level + 1));
  }

  std::string BreakCall(const Call& call, size_t level) {
    std::string result = Indent(level);
    result.append(call.function->name).append("(\n");
    std::string_view separator;
    for (const ExprPtr& arg : call.args) {
      result.append(separator).append(Print(*arg, level + 1));
      separator = ",\n";
    }
    return result.append("\n").append(Indent(level)).append(")");
  }
};

}  // namespace

std::string PrettyPrintExpr(const Expr& expr) { return PrettyPrinter().Print(expr, 0); }

}  // namespace tocsin::promql
