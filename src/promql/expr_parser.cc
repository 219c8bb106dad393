#include "promql/expr_parser.h"

#include <algorithm>

#include "promql/number_literal.h"
#include "promql/parse_error.h"

namespace tocsin::promql {
namespace {

constexpr int kLowestPrecedence = 1;
constexpr int kPowPrecedence = 6;

int PrecedenceOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return kLowestPrecedence;
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      return 2;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
      return 4;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kAtan2:
      return 5;
    case BinaryOp::kPow:
      return kPowPrecedence;
    default:
      return 3;  // Comparisons and the trims of histograms.
  }
}

}  // namespace

ExprParser::ExprParser(std::string_view text, const ParserOptions& options)
    : text_(text), options_(options), lexer_(text) {
  Advance();
}

ExprPtr ExprParser::ParseExpression() {
  if (has_failed()) return nullptr;
  if (Is(TokenKind::kEndOfInput)) return Fail({}, "no expression found in input");
  ExprPtr expr = ParseBinary(kLowestPrecedence);
  if (expr && !Is(TokenKind::kEndOfInput)) return Unexpected();
  return has_failed() ? nullptr : std::move(expr);
}

ExprPtr ExprParser::ParseBinary(int min_precedence) {
  const Level level(*this);
  if (!level.ok()) return nullptr;
  ExprPtr lhs = ParseUnary();
  while (lhs) {
    const auto op = BinaryOpOf(token_.kind);
    if (!op || PrecedenceOf(*op) < min_precedence) break;
    Advance();
    BinaryModifiers modifiers = ParseBinaryModifiers();
    if (has_failed()) return nullptr;
    const bool is_right_associative = *op == BinaryOp::kPow;
    ExprPtr rhs = ParseBinary(PrecedenceOf(*op) + (is_right_associative ? 0 : 1));
    if (!rhs) return nullptr;
    lhs = MakeBinary(*op, std::move(lhs), std::move(modifiers), std::move(rhs));
  }
  return has_failed() ? nullptr : std::move(lhs);
}

ExprPtr ExprParser::MakeBinary(BinaryOp op, ExprPtr lhs, BinaryModifiers modifiers, ExprPtr rhs) {
  const PositionRange range{lhs->position.start, rhs->position.end};
  const bool fills = modifiers.matching.fill_left || modifiers.matching.fill_right;
  if (fills && !options_.enable_binop_fill_modifiers) {
    return Fail(range, "binop fill modifiers are experimental and not enabled");
  }
  const int32_t height = std::max(lhs->height, rhs->height);
  auto binary = std::make_unique<BinaryExpr>(op, std::move(lhs), std::move(rhs), range);
  binary->return_bool = modifiers.return_bool;
  binary->matching = std::move(modifiers.matching);
  return Raise(std::move(binary), height);
}

ExprParser::BinaryModifiers ExprParser::ParseBinaryModifiers() {
  BinaryModifiers modifiers;
  VectorMatching& matching = modifiers.matching;
  if (Is(TokenKind::kBool)) {
    modifiers.return_bool = true;
    Advance();
  }
  if (Is(TokenKind::kOn) || Is(TokenKind::kIgnoring)) {
    matching.on = Is(TokenKind::kOn);
    Advance();
    matching.matching_labels = ParseGroupingLabels();
    if (Is(TokenKind::kGroupLeft) || Is(TokenKind::kGroupRight)) {
      matching.card =
          Is(TokenKind::kGroupLeft) ? MatchCardinality::kManyToOne : MatchCardinality::kOneToMany;
      Advance();
      if (Is(TokenKind::kLeftParen)) matching.include = ParseGroupingLabels();
    }
  }
  if (Is(TokenKind::kFill)) {
    Advance();
    matching.fill_left = matching.fill_right = ParseFillValue();
    return modifiers;
  }
  for (int i = 0; i < 2 && !has_failed(); ++i) {
    const bool is_left = Is(TokenKind::kFillLeft);
    if (!is_left && !Is(TokenKind::kFillRight)) break;
    std::optional<double>& value = is_left ? matching.fill_left : matching.fill_right;
    if (value) break;
    Advance();
    value = ParseFillValue();
  }
  return modifiers;
}

std::optional<double> ExprParser::ParseFillValue() {
  if (!Expect(TokenKind::kLeftParen, where_)) return std::nullopt;
  bool is_negative = false;
  if (Is(TokenKind::kAdd) || Is(TokenKind::kSub)) is_negative = Take().kind == TokenKind::kSub;
  const std::unique_ptr<NumberLiteral> number = ParseNumberLiteral();
  if (!number || !Expect(TokenKind::kRightParen, where_)) return std::nullopt;
  return is_negative ? -number->value : number->value;
}

ExprPtr ExprParser::ParseUnary() {
  if (Is(TokenKind::kAdd) || Is(TokenKind::kSub)) return ParseUnaryOperator();
  ExprPtr expr = ParsePrimary();
  return expr ? ParsePostfix(std::move(expr)) : nullptr;
}

// A sign binds looser than `^` and tighter than `*`.
ExprPtr ExprParser::ParseUnaryOperator() {
  const Token sign = Take();
  const bool is_minus = sign.kind == TokenKind::kSub;
  ExprPtr operand = ParseBinary(kPowPrecedence);
  if (!operand) return nullptr;
  if (auto* number = TryAs<NumberLiteral>(operand.get())) {
    if (is_minus) number->value = -number->value;
    number->position.start = sign.start;
    return operand;
  }
  const PositionRange range{sign.start, operand->position.end};
  const int32_t height = operand->height;
  return Raise(std::make_unique<UnaryExpr>(is_minus, std::move(operand), range), height);
}

ExprPtr ExprParser::ParsePrimary() {
  switch (token_.kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return ParseNumberLiteral();
    case TokenKind::kString:
      return ParseString();
    case TokenKind::kLeftParen:
      return ParseParen();
    case TokenKind::kLeftBrace:
      return ParseSelector(std::nullopt);
    default:
      return CanNameMetric(token_.kind) ? ParseWord() : Unexpected();
  }
}

// A call, an aggregation or a metric: what follows the word decides.
ExprPtr ExprParser::ParseWord() {
  const Token word = Take();
  if (has_failed()) return nullptr;
  if (const auto op = AggregateOpOf(word.kind)) {
    const bool is_aggregation =
        Is(TokenKind::kLeftParen) || Is(TokenKind::kBy) || Is(TokenKind::kWithout);
    if (is_aggregation) return ParseAggregate(word, *op);
  }
  const bool names_function = word.kind == TokenKind::kIdentifier || word.kind >= TokenKind::kEnd;
  if (names_function && Is(TokenKind::kLeftParen)) return ParseCall(word);
  return ParseSelector(word);
}

ExprPtr ExprParser::ParseParen() {
  const Token left = Take();
  ExprPtr inner = ParseBinary(kLowestPrecedence);
  if (!inner) return nullptr;
  const PositionRange range{left.start, token_.range().end};
  if (!Expect(TokenKind::kRightParen, where_)) return nullptr;
  const int32_t height = inner->height;
  return Raise(std::make_unique<ParenExpr>(std::move(inner), range), height);
}

ExprPtr ExprParser::ParseString() {
  const Token literal = Take();
  return std::make_unique<StringLiteral>(UnquoteString(literal.text), literal.range());
}

std::unique_ptr<NumberLiteral> ExprParser::ParseNumberLiteral() {
  if (!Is(TokenKind::kNumber) && !Is(TokenKind::kDuration)) return Unexpected();
  const auto value = NumberValue(token_);
  if (!value) return nullptr;
  const Token literal = Take();
  return std::make_unique<NumberLiteral>(*value, literal.kind == TokenKind::kDuration,
                                         literal.range());
}

std::optional<double> ExprParser::NumberValue(const Token& token) {
  const Result<double> value = token.kind == TokenKind::kDuration
                                   ? ParseDurationLiteral(token.text)
                                   : ParseNumberLiteralText(token.text);
  if (value) return *value;
  Fail(token.range(), value.error().message());
  return std::nullopt;
}

void ExprParser::Advance() {
  token_ = lexer_.Next();
  if (Is(TokenKind::kError)) Fail(token_.range(), lexer_.error());
}

Token ExprParser::Take() {
  const Token taken = token_;
  Advance();
  return taken;
}

bool ExprParser::Expect(TokenKind kind, Where where) {
  if (has_failed()) return false;
  if (!Is(kind)) {
    Unexpected(where);
    return false;
  }
  Advance();
  return !has_failed();
}

std::nullptr_t ExprParser::Unexpected(Where where) {
  std::string message = "unexpected " + DescribeToken(token_);
  if (!where.context.empty()) message.append(" in ").append(where.context);
  if (!where.expected.empty()) message.append(", expected ").append(where.expected);
  return Fail(token_.range(), message);
}

std::nullptr_t ExprParser::Fail(PositionRange position, std::string_view message) {
  if (!error_) error_ = MakeParseError(text_, position, message);
  return nullptr;
}

}  // namespace tocsin::promql
