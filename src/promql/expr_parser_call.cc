// Functions, aggregations and lists of labels.
#include "model/labels.h"
#include "promql/expr_parser.h"

namespace tocsin::promql {
namespace {

constexpr int kLowestPrecedence = 1;

bool StartsExpression(TokenKind kind) {
  switch (kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
    case TokenKind::kString:
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBrace:
    case TokenKind::kAdd:
    case TokenKind::kSub:
      return true;
    default:
      return CanNameMetric(kind);
  }
}

bool IsExperimental(AggregateOp op) {
  return op == AggregateOp::kLimitK || op == AggregateOp::kLimitRatio;
}

}  // namespace

ExprPtr ExprParser::ParseCall(const Token& name) {
  std::vector<ExprPtr> args = ParseArguments();
  if (has_failed()) return nullptr;
  const Function* function = FindFunction(name.text);
  if (function == nullptr) {
    return Fail(name.range(), fmt::format("unknown function with name {}", GoQuote(name.text)));
  }
  if (function->is_experimental && !options_.enable_experimental_functions) {
    return Fail(name.range(), fmt::format("function {} is not enabled", GoQuote(name.text)));
  }
  const PositionRange range{name.start, Take().range().end};
  int32_t height = 0;
  for (const ExprPtr& arg : args) height = std::max(height, arg->height);
  return Raise(std::make_unique<Call>(*function, std::move(args), range), height);
}

std::vector<ExprPtr> ExprParser::ParseArguments() {
  std::vector<ExprPtr> args;
  Advance();
  if (has_failed() || Is(TokenKind::kRightParen)) return args;
  for (;;) {
    ExprPtr arg = ParseBinary(kLowestPrecedence);
    if (!arg) return args;
    args.push_back(std::move(arg));
    if (Is(TokenKind::kRightParen)) return args;
    if (!Is(TokenKind::kComma)) {
      Unexpected();
      return args;
    }
    const Token comma = Take();
    if (has_failed()) return args;
    if (!StartsExpression(token_.kind)) {
      Fail(comma.range(), "trailing commas not allowed in function call args");
      return args;
    }
  }
}

ExprPtr ExprParser::ParseAggregate(const Token& name, AggregateOp op) {
  const Where outside = std::exchange(where_, {"aggregation", ""});
  const bool grouping_first = !Is(TokenKind::kLeftParen);
  Grouping grouping;
  if (grouping_first) grouping = ParseGrouping();
  if (has_failed()) return nullptr;
  if (!Is(TokenKind::kLeftParen)) return Unexpected();
  std::vector<ExprPtr> args = ParseArguments();
  if (has_failed()) return nullptr;
  where_ = outside;
  int32_t end = Take().range().end;
  if (!grouping_first && (Is(TokenKind::kBy) || Is(TokenKind::kWithout))) {
    grouping = ParseGrouping();
    end = last_closing_;
  }
  if (has_failed()) return nullptr;
  return MakeAggregate(name, op, std::move(args), std::move(grouping), end);
}

ExprPtr ExprParser::MakeAggregate(const Token& name, AggregateOp op, std::vector<ExprPtr> args,
                                  Grouping grouping, int32_t end) {
  const PositionRange range{name.start, end};
  if (args.empty()) return Fail(range, "no arguments for aggregate expression provided");
  if (IsExperimental(op) && !options_.enable_experimental_functions) {
    return Fail(range, fmt::format("{}() is experimental and must be enabled with "
                                   "--enable-feature=promql-experimental-functions",
                                   AggregateOpText(op)));
  }
  const size_t wanted = HasParameter(op) ? 2 : 1;
  if (args.size() != wanted) {
    return Fail(range, fmt::format("wrong number of arguments for aggregate expression provided, "
                                   "expected {}, got {}",
                                   wanted, args.size()));
  }
  auto aggregate = std::make_unique<AggregateExpr>(op, range);
  aggregate->expr = std::move(args.back());
  if (wanted == 2) aggregate->param = std::move(args.front());
  aggregate->grouping = std::move(grouping.labels);
  aggregate->without = grouping.without;
  const int32_t height = std::max(HeightOf(aggregate->expr), HeightOf(aggregate->param));
  return Raise(std::move(aggregate), height);
}

ExprParser::Grouping ExprParser::ParseGrouping() {
  Grouping grouping;
  grouping.without = Take().kind == TokenKind::kWithout;
  grouping.labels = ParseGroupingLabels();
  return grouping;
}

std::vector<std::string> ExprParser::ParseGroupingLabels() {
  std::vector<std::string> labels;
  if (!Expect(TokenKind::kLeftParen, {"grouping opts", "\"(\""})) return labels;
  while (!has_failed() && !Is(TokenKind::kRightParen)) {
    auto label = ParseGroupingLabel();
    if (!label) return labels;
    labels.push_back(std::move(*label));
    if (Is(TokenKind::kRightParen)) break;
    if (!Expect(TokenKind::kComma, {"grouping opts", "\",\" or \")\""})) return labels;
  }
  if (has_failed()) return labels;
  last_closing_ = token_.range().end;
  Advance();
  return labels;
}

std::optional<std::string> ExprParser::ParseGroupingLabel() {
  if (!CanNameLabel(token_.kind) && !Is(TokenKind::kString)) {
    Unexpected({"grouping opts", "label"});
    return std::nullopt;
  }
  const bool is_quoted = Is(TokenKind::kString);
  std::string label = is_quoted ? UnquoteString(token_.text) : std::string(token_.text);
  if (!IsValidUtf8Name(label)) {
    Fail(token_.range(), fmt::format("invalid label name for grouping: {}", GoQuote(label)));
    return std::nullopt;
  }
  Advance();
  return label;
}

}  // namespace tocsin::promql
