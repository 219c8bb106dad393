#include "config/utf8_matchers.h"

#include <optional>
#include <string>
#include <utility>

#include "config/go_unquote.h"
#include "model/labels.h"

namespace tocsin::config {
namespace {

enum class TokenKind { kEnd, kOpenBrace, kCloseBrace, kComma, kOperator, kQuoted, kBare };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;
  size_t start = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Matcher>> Parse() {
    TOCSIN_RETURN_IF_ERROR(Advance());
    if (next_.kind == TokenKind::kEnd) return std::vector<Matcher>{};
    const bool has_brace = next_.kind == TokenKind::kOpenBrace;
    if (has_brace) TOCSIN_RETURN_IF_ERROR(Advance());
    std::vector<Matcher> matchers;
    while (next_.kind != TokenKind::kCloseBrace && next_.kind != TokenKind::kEnd) {
      TOCSIN_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher());
      matchers.push_back(std::move(matcher));
      if (next_.kind == TokenKind::kComma) {
        TOCSIN_RETURN_IF_ERROR(Advance());
      } else if (next_.kind != TokenKind::kCloseBrace && next_.kind != TokenKind::kEnd) {
        return Unexpected("expected a comma or close brace");
      }
    }
    TOCSIN_RETURN_IF_ERROR(ParseClose(has_brace));
    return matchers;
  }

 private:
  Status ParseClose(bool has_brace) {
    if (has_brace && next_.kind != TokenKind::kCloseBrace)
      return Errorf(ErrorCode::kInvalidArgument, "0:{}: end of input: expected close brace",
                    text_.size());
    if (!has_brace && next_.kind == TokenKind::kCloseBrace)
      return Errorf(ErrorCode::kInvalidArgument, "0:{}: }}: expected opening brace", position_);
    if (has_brace) TOCSIN_RETURN_IF_ERROR(Advance());
    if (next_.kind != TokenKind::kEnd) return Unexpected("expected end of input");
    return {};
  }

  Result<Matcher> ParseMatcher() {
    TOCSIN_ASSIGN_OR_RETURN(const std::string name, TakeWord("expected label name"));
    if (next_.kind != TokenKind::kOperator)
      return Unexpected("expected an operator such as '=', '!=', '=~' or '!~'");
    const std::string_view op = next_.text;
    TOCSIN_RETURN_IF_ERROR(Advance());
    TOCSIN_ASSIGN_OR_RETURN(const std::string value, TakeWord("expected label value"));
    MatchType type = MatchType::kEqual;
    if (op == "!=") type = MatchType::kNotEqual;
    if (op == "=~") type = MatchType::kRegex;
    if (op == "!~") type = MatchType::kNotRegex;
    auto matcher = Matcher::Make(type, name, value, Regex::Dot::kNotNewline);
    if (!matcher) return matcher.error().WithContext("failed to create matcher");
    return matcher;
  }

  Result<std::string> TakeWord(std::string_view expected) {
    const Token word = next_;
    if (word.kind != TokenKind::kBare && word.kind != TokenKind::kQuoted)
      return Unexpected(expected);
    TOCSIN_RETURN_IF_ERROR(Advance());
    if (word.kind == TokenKind::kBare) return std::string(word.text);
    const std::optional<std::string> value = GoUnquote(word.text);
    if (!value || !IsValidUtf8(*value))
      return Errorf(ErrorCode::kInvalidArgument, "{}:{}: {}: invalid input", word.start,
                    word.start + word.text.size(), word.text);
    return *value;
  }

  Error Unexpected(std::string_view expected) const {
    if (next_.kind == TokenKind::kEnd)
      return Errorf(ErrorCode::kInvalidArgument, "0:{}: end of input: {}", text_.size(), expected);
    return Errorf(ErrorCode::kInvalidArgument, "{}:{}: unexpected {}: {}", next_.start,
                  next_.start + next_.text.size(), next_.text, expected);
  }

  // Reads the next token into next_.
  Status Advance() {
    while (position_ < text_.size() && IsSpaceAt(position_)) ++position_;
    next_ = {TokenKind::kEnd, "", position_};
    if (position_ == text_.size()) return {};
    const char c = text_[position_];
    switch (c) {
      case '{':
        return Take(TokenKind::kOpenBrace, 1);
      case '}':
        return Take(TokenKind::kCloseBrace, 1);
      case ',':
        return Take(TokenKind::kComma, 1);
      case '=':
        return Take(TokenKind::kOperator, CharAt(position_ + 1) == '~' ? 2 : 1);
      case '!':
        if (CharAt(position_ + 1) == '=' || CharAt(position_ + 1) == '~')
          return Take(TokenKind::kOperator, 2);
        return Errorf(ErrorCode::kInvalidArgument, "{}:{}: unexpected {}: expected one of '=~'",
                      position_, position_ + 1, c);
      case '"':
        return TakeQuoted();
      default:
        break;
    }
    size_t end = position_;
    while (end < text_.size() && !IsReservedMatcherChar(text_[end])) ++end;
    if (end == position_)
      return Errorf(ErrorCode::kInvalidArgument, "{}:{}: {}: invalid input", position_,
                    position_ + 1, c);
    return Take(TokenKind::kBare, end - position_);
  }

  Status TakeQuoted() {
    for (size_t end = position_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '\\') {
        ++end;
      } else if (text_[end] == '"') {
        return Take(TokenKind::kQuoted, end + 1 - position_);
      }
    }
    return Errorf(ErrorCode::kInvalidArgument, "{}:{}: {}: missing end \"", position_, text_.size(),
                  text_.substr(position_));
  }

  Status Take(TokenKind kind, size_t size) {
    next_ = {kind, text_.substr(position_, size), position_};
    position_ += size;
    return {};
  }

  bool IsSpaceAt(size_t at) const {
    const char c = text_[at];
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
  char CharAt(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  const std::string_view text_;
  size_t position_ = 0;
  Token next_;
};

}  // namespace

bool IsReservedMatcherChar(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') ||
         std::string_view("{}!=~,\\\"'`").find(c) != std::string_view::npos;
}

Result<std::vector<Matcher>> ParseUtf8Matchers(std::string_view text) {
  if (!IsValidUtf8(text)) return Error(ErrorCode::kInvalidArgument, "matchers are not valid UTF-8");
  return Parser(text).Parse();
}

}  // namespace tocsin::config
