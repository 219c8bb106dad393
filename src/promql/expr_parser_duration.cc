// Arithmetic where a duration stands:
//   duration ::= sign duration | duration operator duration | number | '(' duration ')'
//              | 'step' '(' ')' | 'range' '(' ')' | ('min_of' | 'max_of') '(' duration ',' duration
//              ')'
// with the precedence of expressions. After `offset` only one operand is read unless it stands in
// parentheses: `x offset 1m ^ 2` is `(x offset 1m) ^ 2`.
#include <cmath>

#include "promql/expr_parser.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kDurationExpected = "number, duration, step(), or range()";
constexpr int kLowestPrecedence = 1;
constexpr int kPowPrecedence = 3;

struct DurationOperator {
  DurationOp op;
  int precedence;
};

std::optional<DurationOperator> DurationOperatorOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kAdd:
      return DurationOperator{DurationOp::kAdd, 1};
    case TokenKind::kSub:
      return DurationOperator{DurationOp::kSub, 1};
    case TokenKind::kMul:
      return DurationOperator{DurationOp::kMul, 2};
    case TokenKind::kDiv:
      return DurationOperator{DurationOp::kDiv, 2};
    case TokenKind::kMod:
      return DurationOperator{DurationOp::kMod, 2};
    case TokenKind::kPow:
      return DurationOperator{DurationOp::kPow, kPowPrecedence};
    default:
      return std::nullopt;
  }
}

// Literals must fit int64 nanoseconds, as upstream's do.
bool IsOutOfRange(double seconds) { return std::abs(seconds) > 9223372036.854775807; }

bool IsZero(const Expr& expr) {
  const auto* literal = TryAs<NumberLiteral>(&expr);
  return literal != nullptr && literal->value == 0;
}

bool IsDurationCall(TokenKind kind) {
  return kind == TokenKind::kStep || kind == TokenKind::kRange || kind == TokenKind::kMinOf ||
         kind == TokenKind::kMaxOf;
}

}  // namespace

ExprPtr ExprParser::ParsePositiveDuration(Where where) {
  ExprPtr duration = ParseDurationBinary(kLowestPrecedence, where);
  if (!duration) return nullptr;
  const auto* literal = TryAs<NumberLiteral>(duration.get());
  if (literal != nullptr && !(literal->value > 0)) {
    return Fail(literal->position, "duration must be greater than 0");
  }
  return duration;
}

ExprPtr ExprParser::ParseOffsetDuration() {
  constexpr Where kWhere{"offset", kDurationExpected};
  if (Is(TokenKind::kAdd) || Is(TokenKind::kSub)) return ParseSignedOffsetDuration();
  if (Is(TokenKind::kLeftParen)) return ParseDurationBinary(kLowestPrecedence, kWhere);
  return ParseDurationPrimary(kWhere);
}

ExprPtr ExprParser::ParseSignedOffsetDuration() {
  constexpr Where kWhere{"offset", kDurationExpected};
  const Token sign = Take();
  if (has_failed()) return nullptr;
  if (Is(TokenKind::kAdd) || Is(TokenKind::kSub)) {
    ExprPtr operand = ParseDurationBinary(kPowPrecedence, kWhere);
    if (!operand) return nullptr;
    return ParseDurationBinary(kLowestPrecedence, kWhere, NegateDuration(sign, std::move(operand)));
  }
  ExprPtr operand = ParseDurationPrimary(kWhere);
  return operand ? NegateDuration(sign, std::move(operand)) : nullptr;
}

// Goes on from `lhs` if that has been read already.
ExprPtr ExprParser::ParseDurationBinary(int min_precedence, Where where, ExprPtr lhs) {
  const Level level(*this);
  if (!level.ok()) return nullptr;
  if (!lhs) lhs = ParseDurationUnary(where);
  while (lhs && !has_failed()) {
    const auto found = DurationOperatorOf(token_.kind);
    if (!found || found->precedence < min_precedence) return lhs;
    const Token sign = Take();
    const bool is_right_associative = found->op == DurationOp::kPow;
    ExprPtr rhs = ParseDurationBinary(found->precedence + (is_right_associative ? 0 : 1), where);
    if (!rhs || !CheckDurationExprEnabled(lhs->position)) return nullptr;
    if (found->op == DurationOp::kDiv && IsZero(*rhs))
      return Fail(sign.range(), "division by zero");
    if (found->op == DurationOp::kMod && IsZero(*rhs)) return Fail(sign.range(), "modulo by zero");
    const PositionRange range{lhs->position.start, rhs->position.end};
    lhs = MakeDuration(found->op, std::move(lhs), std::move(rhs), range);
  }
  return nullptr;
}

ExprPtr ExprParser::ParseDurationUnary(Where where) {
  if (!Is(TokenKind::kAdd) && !Is(TokenKind::kSub)) return ParseDurationPrimary(where);
  const Token sign = Take();
  ExprPtr operand = ParseDurationBinary(kPowPrecedence, where);
  return operand ? NegateDuration(sign, std::move(operand)) : nullptr;
}

ExprPtr ExprParser::ParseDurationPrimary(Where where) {
  if (has_failed()) return nullptr;
  if (Is(TokenKind::kLeftParen)) return ParseDurationParen(where);
  if (IsDurationCall(token_.kind)) return ParseDurationCall(where);
  if (!Is(TokenKind::kNumber) && !Is(TokenKind::kDuration)) return Unexpected(where);
  std::unique_ptr<NumberLiteral> literal = ParseNumberLiteral();
  if (literal && IsOutOfRange(literal->value)) {
    return Fail(literal->position, "duration out of range");
  }
  return literal;
}

ExprPtr ExprParser::ParseDurationParen(Where where) {
  const int32_t start = Take().start;
  ExprPtr inner = ParseDurationBinary(kLowestPrecedence, where);
  if (!inner) return nullptr;
  const PositionRange range{start, token_.range().end};
  if (!Expect(TokenKind::kRightParen, where)) return nullptr;
  if (!CheckDurationExprEnabled(inner->position)) return nullptr;
  return WrapDuration(std::move(inner), range);
}

// step(), range(), min_of(a, b) and max_of(a, b).
ExprPtr ExprParser::ParseDurationCall(Where where) {
  const Token name = Take();
  const bool has_operands = name.kind == TokenKind::kMinOf || name.kind == TokenKind::kMaxOf;
  ExprPtr lhs;
  ExprPtr rhs;
  if (!Expect(TokenKind::kLeftParen, where)) return nullptr;
  if (has_operands) {
    lhs = ParseDurationBinary(kLowestPrecedence, where);
    if (!lhs || !Expect(TokenKind::kComma, where)) return nullptr;
    rhs = ParseDurationBinary(kLowestPrecedence, where);
    if (!rhs) return nullptr;
  }
  const PositionRange range{name.start, token_.range().end};
  if (!Expect(TokenKind::kRightParen, where)) return nullptr;
  if (!CheckDurationExprEnabled(range)) return nullptr;
  switch (name.kind) {
    case TokenKind::kStep:
      return MakeDuration(DurationOp::kStep, nullptr, nullptr, range);
    case TokenKind::kRange:
      return MakeDuration(DurationOp::kRange, nullptr, nullptr, range);
    case TokenKind::kMinOf:
      return MakeDuration(DurationOp::kMin, std::move(lhs), std::move(rhs), range);
    default:
      return MakeDuration(DurationOp::kMax, std::move(lhs), std::move(rhs), range);
  }
}

ExprPtr ExprParser::NegateDuration(const Token& sign, ExprPtr operand) {
  const bool is_minus = sign.kind == TokenKind::kSub;
  if (auto* literal = TryAs<NumberLiteral>(operand.get())) {
    if (is_minus) literal->value = -literal->value;
    literal->position.start = sign.start;
    return operand;
  }
  if (!is_minus) return operand;
  const PositionRange range{sign.start, operand->position.end};
  return MakeDuration(DurationOp::kSub, nullptr, std::move(operand), range);
}

// A literal has no mark for parentheses; a unary plus around it has.
ExprPtr ExprParser::WrapDuration(ExprPtr inner, PositionRange range) {
  if (TryAs<DurationExpr>(inner.get()) == nullptr) {
    inner = MakeDuration(DurationOp::kAdd, nullptr, std::move(inner), range);
    if (!inner) return nullptr;
  }
  As<DurationExpr>(*inner).is_wrapped = true;
  return inner;
}

ExprPtr ExprParser::MakeDuration(DurationOp op, ExprPtr lhs, ExprPtr rhs, PositionRange range) {
  const int32_t height = std::max(HeightOf(lhs), HeightOf(rhs));
  return Raise(std::make_unique<DurationExpr>(op, std::move(lhs), std::move(rhs), range), height);
}

bool ExprParser::CheckDurationExprEnabled(PositionRange range) {
  if (!options_.enable_duration_expr) {
    Fail(range, "experimental duration expression is not enabled");
  }
  return !has_failed();
}

}  // namespace tocsin::promql
