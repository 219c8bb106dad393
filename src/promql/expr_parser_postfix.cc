// What follows a selector: ranges, subqueries, offset, @, anchored and smoothed.
#include <cmath>

#include "promql/expr_parser.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kDurationExpected = "number, duration, step(), or range()";

// A literal's seconds; 0 for what has to be calculated.
int64_t LiteralMs(const Expr& duration) {
  const auto* literal = TryAs<NumberLiteral>(&duration);
  return literal != nullptr ? static_cast<int64_t>(std::llround(literal->value * 1e3)) : 0;
}

std::unique_ptr<DurationExpr> AsDurationExpr(ExprPtr duration) {
  if (TryAs<DurationExpr>(duration.get()) == nullptr) return nullptr;
  return std::unique_ptr<DurationExpr>(static_cast<DurationExpr*>(duration.release()));
}

// Where offset and @ of `expr` are kept; null if it takes none.
TimeModifiers* FindTimeModifiers(Expr& expr) {
  if (auto* selector = TryAs<VectorSelector>(&expr)) return &selector->time;
  if (auto* matrix = TryAs<MatrixSelector>(&expr)) return &matrix->selector->time;
  if (auto* subquery = TryAs<SubqueryExpr>(&expr)) return &subquery->time;
  return nullptr;
}

bool HasOffset(const TimeModifiers& time) {
  return time.original_offset_ms != 0 || time.offset_expr != nullptr;
}

}  // namespace

ExprPtr ExprParser::ParsePostfix(ExprPtr expr) {
  while (expr && !has_failed()) {
    switch (token_.kind) {
      case TokenKind::kLeftBracket:
        expr = ParseBracket(std::move(expr));
        break;
      case TokenKind::kOffset:
        expr = ParseOffset(std::move(expr));
        break;
      case TokenKind::kAt:
        expr = ParseAt(std::move(expr));
        break;
      case TokenKind::kAnchored:
      case TokenKind::kSmoothed:
        expr = ParseExtended(std::move(expr));
        break;
      default:
        return expr;
    }
  }
  return nullptr;
}

ExprPtr ExprParser::ParseBracket(ExprPtr expr) {
  const int32_t start = Take().start;
  ExprPtr range = ParsePositiveDuration({"subquery or range selector", kDurationExpected});
  if (!range || has_failed()) return nullptr;
  if (Is(TokenKind::kRightBracket)) {
    ExprPtr matrix =
        MakeMatrixSelector(std::move(expr), std::move(range), {start, token_.range().end});
    if (matrix) Advance();
    return matrix;
  }
  if (!Expect(TokenKind::kColon, {"subquery or range", "\":\" or \"]\""})) return nullptr;
  ExprPtr step;
  if (!Is(TokenKind::kRightBracket)) {
    constexpr std::string_view kExpected = "number, duration, step(), range(), or \"]\"";
    step = ParsePositiveDuration({"subquery selector", kExpected});
    if (!step) return nullptr;
  }
  const int32_t end = token_.range().end;
  if (!Expect(TokenKind::kRightBracket, {"subquery selector", "\"]\""})) return nullptr;
  return MakeSubquery(std::move(expr), std::move(range), std::move(step), end);
}

ExprPtr ExprParser::MakeMatrixSelector(ExprPtr expr, ExprPtr range, PositionRange bracket) {
  auto* selector = TryAs<VectorSelector>(expr.get());
  if (selector == nullptr) return Fail(bracket, "ranges only allowed for vector selectors");
  if (HasOffset(selector->time)) {
    return Fail(bracket, "no offset modifiers allowed before range");
  }
  if (selector->time.at != AtModifier::kNone) {
    return Fail(bracket, "no @ modifiers allowed before range");
  }
  expr.release();
  const PositionRange position{selector->position.start, bracket.end};
  auto matrix =
      std::make_unique<MatrixSelector>(std::unique_ptr<VectorSelector>(selector), position);
  matrix->range_ms = LiteralMs(*range);
  matrix->range_expr = AsDurationExpr(std::move(range));
  return Raise(std::move(matrix), 1);
}

ExprPtr ExprParser::MakeSubquery(ExprPtr expr, ExprPtr range, ExprPtr step, int32_t end) {
  const PositionRange position{expr->position.start, end};
  const int32_t height = expr->height;
  auto subquery = std::make_unique<SubqueryExpr>(std::move(expr), position);
  subquery->range_ms = LiteralMs(*range);
  subquery->range_expr = AsDurationExpr(std::move(range));
  if (step) {
    subquery->step_ms = LiteralMs(*step);
    subquery->step_expr = AsDurationExpr(std::move(step));
  }
  return Raise(std::move(subquery), height);
}

ExprPtr ExprParser::ParseOffset(ExprPtr expr) {
  Advance();
  if (has_failed()) return nullptr;
  ExprPtr offset = ParseOffsetDuration();
  if (!offset) return nullptr;
  TimeModifiers* const time = FindTimeModifiers(*expr);
  if (time == nullptr) {
    return Fail(expr->position,
                "offset modifier must be preceded by an instant vector selector or range vector "
                "selector or a subquery");
  }
  if (HasOffset(*time)) return Fail(expr->position, "offset may not be set multiple times");
  expr->position.end = offset->position.end;
  time->original_offset_ms = time->offset_ms = LiteralMs(*offset);
  time->offset_expr = AsDurationExpr(std::move(offset));
  return expr;
}

ExprPtr ExprParser::ParseAt(ExprPtr expr) {
  Advance();
  AtModifier at = AtModifier::kTimestamp;
  double seconds = 0;
  if (has_failed() || !ParseAtTime(at, seconds)) return nullptr;
  // Beyond these an int64 of milliseconds overflows.
  constexpr double kLimit = 9.223372036854775807e18;
  if (!std::isfinite(seconds) || seconds >= kLimit || seconds <= -kLimit) {
    const std::string shown = std::isnan(seconds)   ? "NaN"
                              : std::isinf(seconds) ? (seconds > 0 ? "+Inf" : "-Inf")
                                                    : fmt::format("{:.6f}", seconds);
    return Fail(expr->position, "timestamp out of bounds for @ modifier: " + shown);
  }
  TimeModifiers* const time = FindTimeModifiers(*expr);
  if (time == nullptr) {
    return Fail(expr->position,
                "@ modifier must be preceded by an instant vector selector or range vector "
                "selector or a subquery");
  }
  if (time->at != AtModifier::kNone) {
    return Fail(expr->position, "@ <timestamp> may not be set multiple times");
  }
  time->at = at;
  const double milliseconds = std::round(seconds * 1e3);
  constexpr int64_t kMaxMs = INT64_MAX;
  time->at_timestamp_ms = milliseconds >= kLimit    ? kMaxMs
                          : milliseconds <= -kLimit ? INT64_MIN
                                                    : static_cast<int64_t>(milliseconds);
  expr->position.end = last_closing_;
  return expr;
}

// A signed number, start() or end().
bool ExprParser::ParseAtTime(AtModifier& at, double& seconds) {
  constexpr Where kWhere{"@", "timestamp"};
  if (Is(TokenKind::kStart) || Is(TokenKind::kEnd)) {
    at = Take().kind == TokenKind::kStart ? AtModifier::kStart : AtModifier::kEnd;
    if (!Expect(TokenKind::kLeftParen, kWhere)) return false;
    last_closing_ = token_.range().end;
    return Expect(TokenKind::kRightParen, kWhere);
  }
  bool is_negative = false;
  if (Is(TokenKind::kAdd) || Is(TokenKind::kSub)) is_negative = Take().kind == TokenKind::kSub;
  if (has_failed()) return false;
  if (!Is(TokenKind::kNumber) && !Is(TokenKind::kDuration)) {
    Unexpected(kWhere);
    return false;
  }
  const auto value = NumberValue(token_);
  if (!value) return false;
  seconds = is_negative ? -*value : *value;
  last_closing_ = token_.range().end;
  Advance();
  return !has_failed();
}

ExprPtr ExprParser::ParseExtended(ExprPtr expr) {
  const Token word = Take();
  const bool is_anchored = word.kind == TokenKind::kAnchored;
  const std::string_view name = is_anchored ? "anchored" : "smoothed";
  const auto fail = [&](std::string_view rest) {
    return Fail(expr->position, fmt::format("{} modifier {}", name, rest));
  };
  if (!options_.enable_extended_range_selectors) return fail("is experimental and not enabled");
  if (TryAs<SubqueryExpr>(expr.get())) return fail("is not supported for subqueries");
  auto* selector = TryAs<VectorSelector>(expr.get());
  if (auto* matrix = TryAs<MatrixSelector>(expr.get())) selector = matrix->selector.get();
  if (selector == nullptr) return fail("not implemented");
  (is_anchored ? selector->is_anchored : selector->is_smoothed) = true;
  if (selector->is_anchored && selector->is_smoothed) {
    return Fail(expr->position, "anchored and smoothed modifiers cannot be used together");
  }
  return expr;
}

}  // namespace tocsin::promql
