#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/ast.h"
#include "promql/lexer.h"
#include "promql/parser.h"

namespace tocsin::promql {

/// Recursive descent over the tokens of one text, with precedence climbing for binary operators.
/// Stops at the first mistake: then has_failed() is true and whatever was being built is null or
/// incomplete.
///
/// Messages depend on what was being read when the mistake showed up. Upstream's parser is an LALR
/// one that unwinds to the innermost rule with an error case; `where_` and the `where` arguments
/// name it.
///
///   expr       ::= binary
///   binary     ::= unary { operator [modifiers] binary }
///   unary      ::= ('+' | '-') binary | primary { postfix }
///   primary    ::= number | string | '(' expr ')' | call | aggregate | selector
///   postfix    ::= 'offset' duration | '@' time | '[' duration [':' [duration]] ']'
///                | 'anchored' | 'smoothed'
///
/// Confined to a thread.
class ExprParser {
 public:
  ExprParser(std::string_view text, const ParserOptions& options);

  /// Each reads the whole text; null or nullopt after a mistake.
  ExprPtr ParseExpression();
  std::unique_ptr<VectorSelector> ParseSelectorOnly();
  std::optional<Labels> ParseMetricOnly();

  bool has_failed() const { return error_.has_value(); }
  Error error() const { return *error_; }

 private:
  // What an unexpected token is "in", and what would have been right there.
  struct Where {
    std::string_view context;
    std::string_view expected;
  };
  struct BinaryModifiers {
    bool return_bool = false;
    VectorMatching matching;
  };
  struct Grouping {
    std::vector<std::string> labels;
    bool without = false;
  };
  struct Matchers {
    std::vector<Matcher> list;
    PositionRange range;
  };

  // expr_parser.cc: operators and primaries.
  ExprPtr ParseBinary(int min_precedence);
  ExprPtr ParseUnary();
  ExprPtr ParseUnaryOperator();
  ExprPtr ParsePrimary();
  ExprPtr ParseWord();
  ExprPtr ParseParen();
  ExprPtr ParseString();
  std::unique_ptr<NumberLiteral> ParseNumberLiteral();
  BinaryModifiers ParseBinaryModifiers();
  std::optional<double> ParseFillValue();
  ExprPtr MakeBinary(BinaryOp op, ExprPtr lhs, BinaryModifiers modifiers, ExprPtr rhs);
  std::optional<double> NumberValue(const Token& token);

  // expr_parser_call.cc: functions, aggregations and lists of labels.
  ExprPtr ParseCall(const Token& name);
  ExprPtr ParseAggregate(const Token& name, AggregateOp op);
  ExprPtr MakeAggregate(const Token& name, AggregateOp op, std::vector<ExprPtr> args,
                        Grouping grouping, int32_t end);
  /// From `(` up to `)`, which stays the current token.
  std::vector<ExprPtr> ParseArguments();
  Grouping ParseGrouping();
  std::vector<std::string> ParseGroupingLabels();
  std::optional<std::string> ParseGroupingLabel();

  // expr_parser_selector.cc: selectors and label sets.
  ExprPtr ParseSelector(std::optional<Token> name);
  std::unique_ptr<VectorSelector> MakeSelector(std::optional<Token> name);
  Matchers ParseMatchers();
  std::optional<Matcher> ParseMatcher();
  std::optional<Matcher> MakeMatcher(const Token& label, std::string_view name);
  std::optional<Labels> ParseMetricLabels();
  bool ParseLabelSet(std::vector<std::pair<std::string, std::string>>& labels);
  bool ParseLabelSetItem(std::vector<std::pair<std::string, std::string>>& labels);

  // expr_parser_postfix.cc: what follows a selector.
  ExprPtr ParsePostfix(ExprPtr expr);
  ExprPtr ParseBracket(ExprPtr expr);
  ExprPtr MakeMatrixSelector(ExprPtr expr, ExprPtr range, PositionRange bracket);
  ExprPtr MakeSubquery(ExprPtr expr, ExprPtr range, ExprPtr step, int32_t end);
  ExprPtr ParseOffset(ExprPtr expr);
  ExprPtr ParseAt(ExprPtr expr);
  ExprPtr ParseExtended(ExprPtr expr);
  bool ParseAtTime(AtModifier& at, double& seconds);

  // expr_parser_duration.cc: arithmetic of durations.
  ExprPtr ParsePositiveDuration(Where where);
  ExprPtr ParseOffsetDuration();
  ExprPtr ParseSignedOffsetDuration();
  ExprPtr ParseDurationBinary(int min_precedence, Where where, ExprPtr lhs = nullptr);
  ExprPtr ParseDurationUnary(Where where);
  ExprPtr ParseDurationPrimary(Where where);
  ExprPtr ParseDurationParen(Where where);
  ExprPtr ParseDurationCall(Where where);
  ExprPtr NegateDuration(const Token& sign, ExprPtr operand);
  ExprPtr WrapDuration(ExprPtr inner, PositionRange range);
  ExprPtr MakeDuration(DurationOp op, ExprPtr lhs, ExprPtr rhs, PositionRange range);
  bool CheckDurationExprEnabled(PositionRange range);

  // Tokens and mistakes. Fail() and Unexpected() return null for the caller to return.
  bool Is(TokenKind kind) const { return token_.kind == kind; }
  void Advance();
  Token Take();
  bool Expect(TokenKind kind, Where where);
  std::nullptr_t Unexpected(Where where);
  std::nullptr_t Unexpected() { return Unexpected(where_); }
  std::nullptr_t Fail(PositionRange position, std::string_view message);

  /// Sets the node's height from its child's; null if the tree gets too high.
  template <typename T>
  std::unique_ptr<T> Raise(std::unique_ptr<T> node, int32_t child_height);

  // Counts a level of recursion for as long as it lives.
  class Level;

  const std::string_view text_;
  const ParserOptions options_;
  Lexer lexer_;
  Token token_;  // The current one, not yet consumed.
  Where where_;  // The innermost aggregation, if any.
  int32_t nesting_ = 0;
  int32_t last_closing_ = 0;  // The end of the modifier or grouping read last.
  std::optional<Error> error_;
};

/// See kMaxNesting. Use: `Level level(*this); if (!level.ok()) return nullptr;`
class ExprParser::Level {
 public:
  explicit Level(ExprParser& parser) : parser_(parser) {
    if (++parser_.nesting_ > kMaxNesting) {
      parser_.Fail(parser_.token_.range(),
                   fmt::format("expression nested too deeply, the limit is {}", kMaxNesting));
    }
  }
  ~Level() { --parser_.nesting_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  bool ok() const { return !parser_.has_failed(); }

 private:
  ExprParser& parser_;
};

template <typename T>
std::unique_ptr<T> ExprParser::Raise(std::unique_ptr<T> node, int32_t child_height) {
  node->height = child_height + 1;
  if (node->height <= kMaxTreeHeight) return node;
  return Fail(node->position,
              fmt::format("expression has too many operations, the limit is {}", kMaxTreeHeight));
}

inline int32_t HeightOf(const ExprPtr& expr) { return expr ? expr->height : 0; }

}  // namespace tocsin::promql
