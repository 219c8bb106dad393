#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promql/ast.h"
#include "promql/operators.h"

namespace tocsin::promql {

enum class TokenKind : uint8_t {
  kEndOfInput,
  kError,  ///< Lexer::error() says what is wrong.
  kIdentifier,
  kMetricIdentifier,  ///< An identifier with a colon.
  kNumber,
  kDuration,
  kString,
  // Delimiters.
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kEqual,
  // Operators.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kEqualEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,
  kTrimLower,
  kRegexEqual,
  kRegexNotEqual,
  kAt,
  kAnd,
  kOr,
  kUnless,
  kAtan2,
  // Aggregators.
  kAvg,
  kBottomK,
  kCount,
  kCountValues,
  kGroup,
  kLimitK,
  kLimitRatio,
  kMax,
  kMin,
  kQuantile,
  kStddev,
  kStdvar,
  kSum,
  kTopK,
  // Keywords.
  kAnchored,
  kBool,
  kBy,
  kFill,
  kFillLeft,
  kFillRight,
  kGroupLeft,
  kGroupRight,
  kIgnoring,
  kOffset,
  kOn,
  kSmoothed,
  kWithout,
  // Functions that mean something to the parser: in @, and where a duration stands.
  kEnd,
  kMaxOf,
  kMinOf,
  kRange,
  kStart,
  kStep,
};

/// A piece of the text. `text` points into what is parsed.
struct Token {
  TokenKind kind = TokenKind::kEndOfInput;
  int32_t start = 0;
  std::string_view text;

  PositionRange range() const { return {start, start + static_cast<int32_t>(text.size())}; }
};

/// The keyword, aggregator, operator or number (`inf`, `nan`) that `word` is in any case.
std::optional<TokenKind> FindKeyword(std::string_view word);

/// `token` as error messages name it: `identifier "foo"`, `<op:+>`, `end of input`.
std::string DescribeToken(const Token& token);

std::optional<BinaryOp> BinaryOpOf(TokenKind kind);
std::optional<AggregateOp> AggregateOpOf(TokenKind kind);
std::optional<MatchType> MatchTypeOf(TokenKind kind);

/// Whether a metric may have this name without quotes: most keywords may.
bool CanNameMetric(TokenKind kind);
/// Whether this can be a label in by (…), on (…) and the like.
bool CanNameLabel(TokenKind kind);

}  // namespace tocsin::promql
