// Selectors and label sets.
#include "model/labels.h"
#include "promql/expr_parser.h"

namespace tocsin::promql {

ExprPtr ExprParser::ParseSelector(std::optional<Token> name) { return MakeSelector(name); }

std::unique_ptr<VectorSelector> ExprParser::ParseSelectorOnly() {
  if (has_failed()) return nullptr;
  std::optional<Token> name;
  if (CanNameMetric(token_.kind)) {
    name = Take();
  } else if (!Is(TokenKind::kLeftBrace)) {
    return Unexpected();
  }
  std::unique_ptr<VectorSelector> selector = MakeSelector(name);
  if (selector && !Is(TokenKind::kEndOfInput)) return Unexpected();
  return has_failed() ? nullptr : std::move(selector);
}

std::unique_ptr<VectorSelector> ExprParser::MakeSelector(std::optional<Token> name) {
  if (has_failed()) return nullptr;
  auto selector = std::make_unique<VectorSelector>(name ? name->range() : PositionRange());
  if (Is(TokenKind::kLeftBrace)) {
    Matchers matchers = ParseMatchers();
    if (has_failed()) return nullptr;
    selector->matchers = std::move(matchers.list);
    if (!name) selector->position.start = matchers.range.start;
    selector->position.end = matchers.range.end;
  }
  if (name) {
    selector->name = name->text;
    selector->matchers.push_back(Matcher::Equal(kMetricNameLabel, name->text));
  }
  return selector;
}

ExprParser::Matchers ExprParser::ParseMatchers() {
  Matchers matchers;
  matchers.range.start = Take().start;
  while (!has_failed() && !Is(TokenKind::kRightBrace)) {
    auto matcher = ParseMatcher();
    if (!matcher) return matchers;
    matchers.list.push_back(std::move(*matcher));
    if (Is(TokenKind::kRightBrace)) break;
    if (!Expect(TokenKind::kComma, {"label matching", "\",\" or \"}\""})) return matchers;
  }
  matchers.range.end = token_.range().end;
  if (!has_failed()) Advance();
  return matchers;
}

std::optional<Matcher> ExprParser::ParseMatcher() {
  if (Is(TokenKind::kIdentifier)) {
    const Token label = Take();
    if (has_failed()) return std::nullopt;
    if (MatchTypeOf(token_.kind)) return MakeMatcher(label, label.text);
    Unexpected({"label matching", "label matching operator"});
    return std::nullopt;
  }
  if (!Is(TokenKind::kString)) {
    Unexpected({"label matching", "identifier or \"}\""});
    return std::nullopt;
  }
  const Token quoted = Take();
  if (has_failed()) return std::nullopt;
  const std::string name = UnquoteString(quoted.text);
  if (MatchTypeOf(token_.kind)) return MakeMatcher(quoted, name);
  return Matcher::Equal(kMetricNameLabel, name);
}

std::optional<Matcher> ExprParser::MakeMatcher(const Token& label, std::string_view name) {
  const MatchType type = *MatchTypeOf(Take().kind);
  if (has_failed()) return std::nullopt;
  if (!Is(TokenKind::kString)) {
    Unexpected({"label matching", "string"});
    return std::nullopt;
  }
  Result<Matcher> matcher = Matcher::Make(type, name, UnquoteString(token_.text));
  if (!matcher) {
    Fail({label.start, token_.range().end}, matcher.error().message());
    return std::nullopt;
  }
  Advance();
  return std::move(*matcher);
}

std::optional<Labels> ExprParser::ParseMetricOnly() {
  auto labels = ParseMetricLabels();
  if (labels && !Is(TokenKind::kEndOfInput)) Unexpected();
  if (has_failed()) return std::nullopt;
  return labels;
}

std::optional<Labels> ExprParser::ParseMetricLabels() {
  std::vector<std::pair<std::string, std::string>> labels;
  std::optional<std::string> name;
  if (CanNameMetric(token_.kind)) name = std::string(Take().text);
  if (has_failed()) return std::nullopt;
  if (Is(TokenKind::kLeftBrace) && !ParseLabelSet(labels)) return std::nullopt;
  if (name) labels.emplace_back(kMetricNameLabel, std::move(*name));
  return Labels::FromPairs(std::move(labels));
}

bool ExprParser::ParseLabelSet(std::vector<std::pair<std::string, std::string>>& labels) {
  Advance();
  while (!has_failed() && !Is(TokenKind::kRightBrace)) {
    if (!ParseLabelSetItem(labels)) return false;
    if (Is(TokenKind::kRightBrace)) break;
    if (!Expect(TokenKind::kComma, {"label set", "\",\" or \"}\""})) return false;
  }
  if (has_failed()) return false;
  Advance();
  return !has_failed();
}

bool ExprParser::ParseLabelSetItem(std::vector<std::pair<std::string, std::string>>& labels) {
  const bool is_quoted = Is(TokenKind::kString);
  if (!is_quoted && !Is(TokenKind::kIdentifier)) {
    Unexpected({"label set", "identifier or \"}\""});
    return false;
  }
  const Token label = Take();
  if (has_failed()) return false;
  std::string name = is_quoted ? UnquoteString(label.text) : std::string(label.text);
  if (!Is(TokenKind::kEqual)) {
    if (!is_quoted) {
      Unexpected({"label set", "\"=\""});
      return false;
    }
    labels.emplace_back(kMetricNameLabel, std::move(name));
    return true;
  }
  Advance();
  if (has_failed()) return false;
  if (!Is(TokenKind::kString)) {
    Unexpected({"label set", "string"});
    return false;
  }
  labels.emplace_back(std::move(name), UnquoteString(Take().text));
  return !has_failed();
}

}  // namespace tocsin::promql
