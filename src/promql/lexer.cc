#include "promql/lexer.h"

#include <fmt/core.h>

#include "model/labels.h"

namespace tocsin::promql {

Token Lexer::Next() {
  if (!error_.empty()) return {TokenKind::kError, static_cast<int32_t>(start_), {}};
  switch (place_) {
    case Place::kExpression:
      return NextInExpression();
    case Place::kBraces:
      return NextInBraces();
    case Place::kBracketStart:
      return NextAfterBracket();
  }
  return EndOfExpression();
}

Token Lexer::NextInExpression() {
  SkipBlank();
  const int32_t c = Take();
  if (c == Rune::kEnd) return EndOfExpression();
  if (IsDigit(c) || (c == '.' && IsDigit(Peek()))) return NumberOrDuration();
  if (IsAlpha(c) || c == ':') {
    if (!bracket_open_) return KeywordOrIdentifier();
    return c == ':' ? Colon() : WordInBracket(c);
  }
  switch (c) {
    case '"':
    case '\'':
      return String(static_cast<char>(c));
    case '`':
      return RawString();
    case '(':
      ++paren_depth_;
      return Emit(TokenKind::kLeftParen);
    case ')':
      return RightParen();
    case '{':
      place_ = Place::kBraces;
      return Emit(TokenKind::kLeftBrace);
    case '[':
      return LeftBracket();
    case ']':
      return RightBracket();
    case '=':
      return AfterEqualSign();
    case '!':
      return AfterExclamation();
    case '<':
    case '>':
      return LessOrGreater(c == '<');
    default:
      return NextOperator(c);
  }
}

Token Lexer::NextOperator(int32_t c) {
  switch (c) {
    case ',':
      return Emit(TokenKind::kComma);
    case '*':
      return Emit(TokenKind::kMul);
    case '/':
      return Emit(TokenKind::kDiv);
    case '%':
      return Emit(TokenKind::kMod);
    case '+':
      return Emit(TokenKind::kAdd);
    case '-':
      return Emit(TokenKind::kSub);
    case '^':
      return Emit(TokenKind::kPow);
    case '@':
      return Emit(TokenKind::kAt);
    default:
      return Fail(fmt::format("unexpected character: {}", QuoteRune(c)));
  }
}

Token Lexer::NextInBraces() {
  SkipBlank();
  const int32_t c = Take();
  if (c == Rune::kEnd) return Fail("unexpected end of input inside braces");
  if (IsAlpha(c)) return Identifier();
  switch (c) {
    case ',':
      return Emit(TokenKind::kComma);
    case '"':
    case '\'':
      return String(static_cast<char>(c));
    case '`':
      return RawString();
    case '=':
      return Emit(Accept("~") ? TokenKind::kRegexEqual : TokenKind::kEqual);
    case '!': {
      const int32_t next = Take();
      if (next == '~') return Emit(TokenKind::kRegexNotEqual);
      if (next == '=') return Emit(TokenKind::kNotEqual);
      return Fail(fmt::format("unexpected character after '!' inside braces: {}", QuoteRune(next)));
    }
    case '{':
      return Fail(fmt::format("unexpected left brace {}", QuoteRune(c)));
    case '}':
      place_ = Place::kExpression;
      return Emit(TokenKind::kRightBrace);
    default:
      return Fail(fmt::format("unexpected character inside braces: {}", QuoteRune(c)));
  }
}

// Right after `[`, up to the first number, everything must be part of a duration; upstream's
// messages differ from those further on.
Token Lexer::NextAfterBracket() {
  SkipSpaces();
  const int32_t c = Take();
  if (IsDigit(c) || (c == '.' && IsDigit(Peek()))) {
    place_ = Place::kExpression;
    got_duration_ = true;
    return NumberOrDuration();
  }
  switch (c) {
    case Rune::kEnd:
      return Fail("unexpected end of input in duration expression");
    case ']':
      return RightBracket();
    case ':':
      return ColonAfterBracket();
    case '(':
      ++paren_depth_;
      return Emit(TokenKind::kLeftParen);
    case ')':
      return RightParen();
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
    case ',':
      return NextOperator(c);
    default:
      if (IsAlpha(c)) return WordInBracket(c);
      return Fail(fmt::format("unexpected character in duration expression: {}", QuoteRune(c)));
  }
}

Token Lexer::ColonAfterBracket() {
  const Token colon = Emit(TokenKind::kColon);
  if (!got_duration_) return Fail("unexpected colon before duration in duration expression");
  if (got_colon_) return Fail("unexpected repeated colon in duration expression");
  got_colon_ = true;
  return colon;
}

Token Lexer::Colon() {
  if (got_colon_) return Fail("unexpected colon ':'");
  got_colon_ = true;
  return Emit(TokenKind::kColon);
}

Token Lexer::WordInBracket(int32_t first) {
  while (IsAlpha(Peek())) Take();
  switch (FindKeyword(word()).value_or(TokenKind::kError)) {
    case TokenKind::kStep:
      got_duration_ = true;
      return Emit(TokenKind::kStep);
    case TokenKind::kRange:
      got_duration_ = true;
      return Emit(TokenKind::kRange);
    case TokenKind::kMinOf:
      return Emit(TokenKind::kMinOf);
    case TokenKind::kMaxOf:
      return Emit(TokenKind::kMaxOf);
    default:
      break;
  }
  if (place_ == Place::kBracketStart) {
    return Fail(fmt::format("unexpected character in duration expression: {}", QuoteRune(first)));
  }
  return Fail(fmt::format("unexpected character: {}, expected ':'", QuoteRune(first)));
}

Token Lexer::LeftBracket() {
  if (bracket_open_) return Fail("unexpected left bracket '['");
  bracket_open_ = true;
  got_colon_ = false;
  got_duration_ = false;
  place_ = Place::kBracketStart;
  return Emit(TokenKind::kLeftBracket);
}

Token Lexer::RightBracket() {
  if (!bracket_open_) return Fail("unexpected right bracket ']'");
  bracket_open_ = false;
  place_ = Place::kExpression;
  return Emit(TokenKind::kRightBracket);
}

Token Lexer::RightParen() {
  const Token paren = Emit(TokenKind::kRightParen);
  if (--paren_depth_ < 0) return Fail("unexpected right parenthesis ')'");
  return paren;
}

Token Lexer::AfterEqualSign() {
  const int32_t next = Peek();
  if (next == '~') return Fail("unexpected character after '=': '~'");
  if (next != '=') return Emit(TokenKind::kEqual);
  Take();
  return Emit(TokenKind::kEqualEqual);
}

Token Lexer::AfterExclamation() {
  const int32_t next = Take();
  if (next == '=') return Emit(TokenKind::kNotEqual);
  return Fail(fmt::format("unexpected character after '!': {}", QuoteRune(next)));
}

Token Lexer::LessOrGreater(bool is_less) {
  if (Accept("=")) return Emit(is_less ? TokenKind::kLessOrEqual : TokenKind::kGreaterOrEqual);
  if (Accept("/")) return Emit(is_less ? TokenKind::kTrimUpper : TokenKind::kTrimLower);
  return Emit(is_less ? TokenKind::kLess : TokenKind::kGreater);
}

Token Lexer::KeywordOrIdentifier() {
  while (IsAlphaNumeric(Peek()) || Peek() == ':') Take();
  if (const auto keyword = FindKeyword(word())) {
    // These are young and were metric names before; only a parenthesis makes them keywords.
    const bool is_fill = *keyword == TokenKind::kFill || *keyword == TokenKind::kFillLeft ||
                         *keyword == TokenKind::kFillRight;
    return Emit(is_fill && !IsFollowedByLeftParen() ? TokenKind::kIdentifier : *keyword);
  }
  const bool has_colon = word().find(':') != std::string_view::npos;
  return Emit(has_colon ? TokenKind::kMetricIdentifier : TokenKind::kIdentifier);
}

Token Lexer::Identifier() {
  while (IsAlphaNumeric(Peek())) Take();
  return Emit(TokenKind::kIdentifier);
}

Token Lexer::EndOfExpression() {
  if (paren_depth_ != 0) return Fail("unclosed left parenthesis");
  if (bracket_open_) return Fail("unclosed left bracket");
  return Emit(TokenKind::kEndOfInput);
}

bool Lexer::IsAt(std::string_view set) const {
  return position_ < text_.size() && set.find(text_[position_]) != std::string_view::npos;
}

bool Lexer::Accept(std::string_view set) {
  if (!IsAt(set)) return false;
  ++position_;
  return true;
}

void Lexer::SkipSpaces() {
  while (position_ < text_.size() && IsSpace(text_[position_])) ++position_;
  start_ = position_;
}

void Lexer::SkipBlank() {
  SkipSpaces();
  while (position_ < text_.size() && text_[position_] == '#') {
    const size_t end = text_.find_first_of("\r\n", position_);
    position_ = end == std::string_view::npos ? text_.size() : end;
    SkipSpaces();
  }
}

bool Lexer::IsFollowedByLeftParen() const {
  size_t at = position_;
  while (at < text_.size() && IsSpace(text_[at])) ++at;
  return at < text_.size() && text_[at] == '(';
}

Token Lexer::Emit(TokenKind kind) {
  const Token token{kind, static_cast<int32_t>(start_), word()};
  start_ = position_;
  return token;
}

Token Lexer::Fail(std::string message) {
  error_ = std::move(message);
  return {TokenKind::kError, static_cast<int32_t>(start_), {}};
}

}  // namespace tocsin::promql
