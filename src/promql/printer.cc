#include "promql/printer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "model/duration.h"
#include "model/labels.h"
#include "model/number_text.h"

namespace tocsin::promql {
namespace {

void Append(std::string& out, const Expr& expr);

void AppendLabels(std::string& out, const std::vector<std::string>& labels) {
  std::string_view separator;
  for (const std::string& label : labels) {
    out.append(separator);
    separator = ", ";
    if (IsLegacyLabelName(label)) {
      out.append(label);
    } else {
      AppendGoQuoted(out, label);
    }
  }
}

void AppendNumber(std::string& out, const NumberLiteral& number) {
  if (!number.is_duration) {
    AppendFloatFixed(out, number.value);
    return;
  }
  if (number.value < 0) out.push_back('-');
  out.append(FormatDurationMs(std::llround(std::abs(number.value) * 1e3)));
}

void AppendDuration(std::string& out, int64_t duration_ms, const DurationExpr* expr) {
  if (expr != nullptr) {
    Append(out, *expr);
  } else {
    out.append(FormatDurationMs(duration_ms));
  }
}

std::string_view DurationOpText(DurationOp op) {
  switch (op) {
    case DurationOp::kAdd:
      return "+";
    case DurationOp::kSub:
      return "-";
    case DurationOp::kMul:
      return "*";
    case DurationOp::kDiv:
      return "/";
    case DurationOp::kMod:
      return "%";
    case DurationOp::kPow:
      return "^";
    case DurationOp::kMin:
      return "min_of";
    case DurationOp::kMax:
      return "max_of";
    case DurationOp::kStep:
      return "step()";
    case DurationOp::kRange:
      return "range()";
  }
  return "";
}

void AppendDurationOperation(std::string& out, const DurationExpr& duration) {
  const std::string_view op = DurationOpText(duration.op);
  switch (duration.op) {
    case DurationOp::kStep:
    case DurationOp::kRange:
      out.append(op);
      return;
    case DurationOp::kMin:
    case DurationOp::kMax:
      out.append(op).push_back('(');
      Append(out, *duration.lhs);
      out.append(", ");
      Append(out, *duration.rhs);
      out.push_back(')');
      return;
    default:
      break;
  }
  if (duration.lhs) {
    Append(out, *duration.lhs);
    out.append(" ").append(op).append(" ");
  } else if (duration.op == DurationOp::kSub) {
    out.append(op);
  }
  Append(out, *duration.rhs);
}

void AppendDurationExpr(std::string& out, const DurationExpr& duration) {
  if (duration.is_wrapped) out.push_back('(');
  AppendDurationOperation(out, duration);
  if (duration.is_wrapped) out.push_back(')');
}

void AppendAt(std::string& out, const TimeModifiers& time) {
  switch (time.at) {
    case AtModifier::kNone:
      break;
    case AtModifier::kStart:
      out.append(" @ start()");
      break;
    case AtModifier::kEnd:
      out.append(" @ end()");
      break;
    case AtModifier::kTimestamp:
      out.append(fmt::format(" @ {:.3f}", static_cast<double>(time.at_timestamp_ms) / 1e3));
      break;
  }
}

void AppendOffset(std::string& out, const TimeModifiers& time) {
  const int64_t offset_ms = time.original_offset_ms;
  if (offset_ms == 0 && !time.offset_expr) return;
  out.append(" offset ");
  if (!time.offset_expr && offset_ms < 0) out.push_back('-');
  AppendDuration(out, std::llabs(offset_ms), time.offset_expr.get());
}

void AppendExtended(std::string& out, const VectorSelector& selector) {
  if (selector.is_anchored) {
    out.append(" anchored");
  } else if (selector.is_smoothed) {
    out.append(" smoothed");
  }
}

// The name and the matchers, without modifiers.
void AppendSeries(std::string& out, const VectorSelector& selector) {
  std::vector<std::string> matchers;
  for (const Matcher& matcher : selector.matchers) {
    const bool is_the_name = matcher.name() == kMetricNameLabel &&
                             matcher.type() == MatchType::kEqual && !matcher.value().empty() &&
                             matcher.value() == selector.name;
    if (!is_the_name) matchers.push_back(matcher.ToString());
  }
  out.append(selector.name);
  if (matchers.empty()) {
    // An empty selector, which only info() takes, would print as nothing at all.
    if (selector.name.empty()) out.append("{}");
    return;
  }
  std::sort(matchers.begin(), matchers.end());
  char separator = '{';
  for (const std::string& matcher : matchers) {
    out.push_back(separator);
    out.append(matcher);
    separator = ',';
  }
  out.push_back('}');
}

void AppendVectorSelector(std::string& out, const VectorSelector& selector) {
  AppendSeries(out, selector);
  AppendAt(out, selector.time);
  AppendExtended(out, selector);
  AppendOffset(out, selector.time);
}

void AppendMatrixSelector(std::string& out, const MatrixSelector& matrix) {
  AppendSeries(out, *matrix.selector);
  out.push_back('[');
  AppendDuration(out, matrix.range_ms, matrix.range_expr.get());
  out.push_back(']');
  AppendExtended(out, *matrix.selector);
  AppendAt(out, matrix.selector->time);
  AppendOffset(out, matrix.selector->time);
}

void AppendAggregate(std::string& out, const AggregateExpr& aggregate) {
  AppendAggregateHead(out, aggregate);
  out.push_back('(');
  if (aggregate.param) {
    Append(out, *aggregate.param);
    out.append(", ");
  }
  Append(out, *aggregate.expr);
  out.push_back(')');
}

void AppendBinary(std::string& out, const BinaryExpr& binary) {
  Append(out, *binary.lhs);
  out.push_back(' ');
  AppendOperator(out, binary);
  out.push_back(' ');
  Append(out, *binary.rhs);
}

void AppendCall(std::string& out, const Call& call) {
  out.append(call.function->name);
  out.push_back('(');
  std::string_view separator;
  for (const ExprPtr& arg : call.args) {
    out.append(separator);
    Append(out, *arg);
    separator = ", ";
  }
  out.push_back(')');
}

void Append(std::string& out, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
      AppendNumber(out, As<NumberLiteral>(expr));
      break;
    case ExprKind::kStringLiteral:
      AppendGoQuoted(out, As<StringLiteral>(expr).value);
      break;
    case ExprKind::kParen:
      out.push_back('(');
      Append(out, *As<ParenExpr>(expr).expr);
      out.push_back(')');
      break;
    case ExprKind::kUnary:
      out.push_back(As<UnaryExpr>(expr).is_minus ? '-' : '+');
      Append(out, *As<UnaryExpr>(expr).expr);
      break;
    case ExprKind::kBinary:
      AppendBinary(out, As<BinaryExpr>(expr));
      break;
    case ExprKind::kAggregate:
      AppendAggregate(out, As<AggregateExpr>(expr));
      break;
    case ExprKind::kCall:
      AppendCall(out, As<Call>(expr));
      break;
    case ExprKind::kVectorSelector:
      AppendVectorSelector(out, As<VectorSelector>(expr));
      break;
    case ExprKind::kMatrixSelector:
      AppendMatrixSelector(out, As<MatrixSelector>(expr));
      break;
    case ExprKind::kSubquery:
      Append(out, *As<SubqueryExpr>(expr).expr);
      AppendSubquerySuffix(out, As<SubqueryExpr>(expr));
      break;
    case ExprKind::kStepInvariant:
      Append(out, *As<StepInvariantExpr>(expr).expr);
      break;
    case ExprKind::kDuration:
      AppendDurationExpr(out, As<DurationExpr>(expr));
      break;
  }
}

void AppendGrouping(std::string& out, std::string_view keyword,
                    const std::vector<std::string>& labels) {
  out.append(keyword).append(" (");
  AppendLabels(out, labels);
  out.push_back(')');
}

bool IsSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void AppendFill(std::string& out, std::string_view keyword, double value) {
  out.append(keyword).append(" (");
  AppendFloatGeneral(out, value);
  out.push_back(')');
}

}  // namespace

void AppendAggregateHead(std::string& out, const AggregateExpr& aggregate) {
  out.append(AggregateOpText(aggregate.op));
  if (!aggregate.without && aggregate.grouping.empty()) return;
  AppendGrouping(out, aggregate.without ? " without" : " by", aggregate.grouping);
  out.push_back(' ');
}

void AppendOperator(std::string& out, const BinaryExpr& binary) {
  out.append(BinaryOpText(binary.op));
  if (binary.return_bool) out.append(" bool");
  if (!binary.matching) return;
  const VectorMatching& matching = *binary.matching;
  const bool is_grouped = matching.card == MatchCardinality::kManyToOne ||
                          matching.card == MatchCardinality::kOneToMany;
  if (!matching.matching_labels.empty() || matching.on || is_grouped) {
    AppendGrouping(out, matching.on ? " on" : " ignoring", matching.matching_labels);
  }
  if (is_grouped) {
    const bool is_left = matching.card == MatchCardinality::kManyToOne;
    AppendGrouping(out, is_left ? " group_left" : " group_right", matching.include);
  }
  if (matching.fill_left && matching.fill_right &&
      IsSame(*matching.fill_left, *matching.fill_right)) {
    AppendFill(out, " fill", *matching.fill_left);
    return;
  }
  if (matching.fill_left) AppendFill(out, " fill_left", *matching.fill_left);
  if (matching.fill_right) AppendFill(out, " fill_right", *matching.fill_right);
}

void AppendSubquerySuffix(std::string& out, const SubqueryExpr& subquery) {
  out.push_back('[');
  AppendDuration(out, subquery.range_ms, subquery.range_expr.get());
  out.push_back(':');
  if (subquery.step_ms != 0 || subquery.step_expr) {
    AppendDuration(out, subquery.step_ms, subquery.step_expr.get());
  }
  out.push_back(']');
  AppendAt(out, subquery.time);
  AppendOffset(out, subquery.time);
}

std::string PrintExpr(const Expr& expr) {
  std::string out;
  Append(out, expr);
  return out;
}

}  // namespace tocsin::promql
