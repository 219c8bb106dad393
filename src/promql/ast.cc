#include "promql/ast.h"

namespace tocsin::promql {
namespace {

ExprPtr CloneOrNull(const ExprPtr& expr) { return expr ? expr->Clone() : nullptr; }

std::unique_ptr<DurationExpr> CloneOrNull(const std::unique_ptr<DurationExpr>& expr) {
  return expr ? expr->CloneDuration() : nullptr;
}

// Gives the copy what constructors do not take.
template <typename T>
std::unique_ptr<T> WithHeight(std::unique_ptr<T> copy, const Expr& original) {
  copy->height = original.height;
  return copy;
}

ValueType BinaryType(const BinaryExpr& expr) {
  const bool scalars =
      expr.lhs->type() == ValueType::kScalar && expr.rhs->type() == ValueType::kScalar;
  return scalars ? ValueType::kScalar : ValueType::kVector;
}

}  // namespace

ValueType Expr::type() const {
  switch (kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kDuration:
      return ValueType::kScalar;
    case ExprKind::kStringLiteral:
      return ValueType::kString;
    case ExprKind::kParen:
      return As<ParenExpr>(*this).expr->type();
    case ExprKind::kUnary:
      return As<UnaryExpr>(*this).expr->type();
    case ExprKind::kStepInvariant:
      return As<StepInvariantExpr>(*this).expr->type();
    case ExprKind::kBinary:
      return BinaryType(As<BinaryExpr>(*this));
    case ExprKind::kCall:
      return As<Call>(*this).function->return_type;
    case ExprKind::kAggregate:
    case ExprKind::kVectorSelector:
      return ValueType::kVector;
    case ExprKind::kMatrixSelector:
    case ExprKind::kSubquery:
      return ValueType::kMatrix;
  }
  return ValueType::kNone;
}

std::string_view MatchCardinalityName(MatchCardinality cardinality) {
  switch (cardinality) {
    case MatchCardinality::kOneToOne:
      return "one-to-one";
    case MatchCardinality::kManyToOne:
      return "many-to-one";
    case MatchCardinality::kOneToMany:
      return "one-to-many";
    case MatchCardinality::kManyToMany:
      return "many-to-many";
  }
  return "";
}

ExprPtr NumberLiteral::Clone() const {
  return std::make_unique<NumberLiteral>(value, is_duration, position);
}

ExprPtr StringLiteral::Clone() const { return std::make_unique<StringLiteral>(value, position); }

ExprPtr ParenExpr::Clone() const {
  return WithHeight(std::make_unique<ParenExpr>(expr->Clone(), position), *this);
}

ExprPtr UnaryExpr::Clone() const {
  return WithHeight(std::make_unique<UnaryExpr>(is_minus, expr->Clone(), position), *this);
}

ExprPtr BinaryExpr::Clone() const {
  auto copy = std::make_unique<BinaryExpr>(op, lhs->Clone(), rhs->Clone(), position);
  copy->return_bool = return_bool;
  copy->matching = matching;
  return WithHeight(std::move(copy), *this);
}

ExprPtr AggregateExpr::Clone() const {
  auto copy = std::make_unique<AggregateExpr>(op, position);
  copy->expr = CloneOrNull(expr);
  copy->param = CloneOrNull(param);
  copy->grouping = grouping;
  copy->without = without;
  return WithHeight(std::move(copy), *this);
}

ExprPtr Call::Clone() const {
  std::vector<ExprPtr> arguments;
  arguments.reserve(args.size());
  for (const ExprPtr& arg : args) arguments.push_back(arg->Clone());
  return WithHeight(std::make_unique<Call>(*function, std::move(arguments), position), *this);
}

TimeModifiers& TimeModifiers::operator=(const TimeModifiers& other) {
  if (this == &other) return *this;
  original_offset_ms = other.original_offset_ms;
  offset_ms = other.offset_ms;
  offset_expr = CloneOrNull(other.offset_expr);
  at = other.at;
  at_timestamp_ms = other.at_timestamp_ms;
  return *this;
}

TimeModifiers::TimeModifiers() = default;
TimeModifiers::TimeModifiers(const TimeModifiers& other) { *this = other; }
TimeModifiers::TimeModifiers(TimeModifiers&&) noexcept = default;
TimeModifiers& TimeModifiers::operator=(TimeModifiers&&) noexcept = default;
TimeModifiers::~TimeModifiers() = default;

std::unique_ptr<VectorSelector> VectorSelector::CloneSelector() const {
  auto copy = std::make_unique<VectorSelector>(position);
  copy->name = name;
  copy->matchers = matchers;
  copy->time = time;
  copy->is_anchored = is_anchored;
  copy->is_smoothed = is_smoothed;
  copy->may_match_empty = may_match_empty;
  copy->needs_histogram_totals_only = needs_histogram_totals_only;
  return WithHeight(std::move(copy), *this);
}

ExprPtr VectorSelector::Clone() const { return CloneSelector(); }

MatrixSelector::MatrixSelector(std::unique_ptr<VectorSelector> vector_selector, PositionRange range)
    : Expr(kKind, range), selector(std::move(vector_selector)) {}

ExprPtr MatrixSelector::Clone() const {
  auto copy = std::make_unique<MatrixSelector>(selector->CloneSelector(), position);
  copy->range_ms = range_ms;
  copy->range_expr = CloneOrNull(range_expr);
  return WithHeight(std::move(copy), *this);
}

SubqueryExpr::SubqueryExpr(ExprPtr child, PositionRange range)
    : Expr(kKind, range), expr(std::move(child)) {}

ExprPtr SubqueryExpr::Clone() const {
  auto copy = std::make_unique<SubqueryExpr>(expr->Clone(), position);
  copy->range_ms = range_ms;
  copy->range_expr = CloneOrNull(range_expr);
  copy->step_ms = step_ms;
  copy->step_expr = CloneOrNull(step_expr);
  copy->time = time;
  return WithHeight(std::move(copy), *this);
}

ExprPtr StepInvariantExpr::Clone() const {
  return WithHeight(std::make_unique<StepInvariantExpr>(expr->Clone()), *this);
}

std::unique_ptr<DurationExpr> DurationExpr::CloneDuration() const {
  auto copy = std::make_unique<DurationExpr>(op, CloneOrNull(lhs), CloneOrNull(rhs), position);
  copy->is_wrapped = is_wrapped;
  return WithHeight(std::move(copy), *this);
}

ExprPtr DurationExpr::Clone() const { return CloneDuration(); }

}  // namespace tocsin::promql
