#include "template/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/labels.h"
#include "template/utf8.h"

namespace tocsin::templates {

namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
// A trim marker is a minus and a space: "{{- " and " -}}".
constexpr size_t kTrimMarkerSize = 2;
// What begins a token other than a word, a number or a single character.
constexpr std::string_view kOpeners = "=:|\"'`$.";
constexpr char32_t kEnd = 0xFFFFFFFF;

constexpr std::array<std::pair<std::string_view, TokenKind>, 11> kKeywords = {{
    {"block", TokenKind::kBlock},
    {"break", TokenKind::kBreak},
    {"continue", TokenKind::kContinue},
    {"define", TokenKind::kDefine},
    {"else", TokenKind::kElse},
    {"end", TokenKind::kEnd},
    {"if", TokenKind::kIf},
    {"nil", TokenKind::kNil},
    {"range", TokenKind::kRange},
    {"template", TokenKind::kTemplate},
    {"with", TokenKind::kWith},
}};

bool IsSpace(char32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool HasLeftTrimMarker(std::string_view text) {
  return text.size() >= 2 && text[0] == '-' && IsSpace(static_cast<unsigned char>(text[1]));
}

bool HasRightTrimMarker(std::string_view text) {
  return text.size() >= 2 && IsSpace(static_cast<unsigned char>(text[0])) && text[1] == '-';
}

std::string_view TrimRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

std::string_view TrimLeft(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kSpaces), text.size()));
}

// Go's %#U: U+0040 '@'.
std::string DescribeRune(char32_t code) {
  std::string text = fmt::format("U+{:04X}", static_cast<uint32_t>(code));
  if (code < 0x20 || code == 0x7F) return text;
  text.append(" '");
  internal::AppendRune(text, code);
  text.push_back('\'');
  return text;
}

// What Go prints for the end of the input there (its eof is rune -1).
std::string DescribeCharacter(char32_t code) {
  return code == kEnd ? "U+FFFFFFFFFFFFFFFF" : DescribeRune(code);
}

}  // namespace

std::string Token::Describe() const {
  if (kind == TokenKind::kEof) return "EOF";
  if (kind == TokenKind::kError) return text;
  if (is_reserved()) return fmt::format("<{}>", text);
  if (text.size() > 10) return GoQuote(internal::FirstRunes(text, 10)) + "...";
  return GoQuote(text);
}

Token Lexer::Next() { return is_inside_action_ ? NextInAction() : NextText(); }

Token Lexer::Emit(TokenKind kind) {
  Token token{kind, start_, start_line_, std::string(input_.substr(start_, position_ - start_))};
  Discard();
  return token;
}

Token Lexer::Fail(std::string message) {
  Token token{TokenKind::kError, start_, start_line_, std::move(message)};
  input_ = {};
  start_ = position_ = 0;
  is_inside_action_ = false;
  return token;
}

void Lexer::Discard() {
  const std::string_view passed = input_.substr(start_, position_ - start_);
  start_line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
  start_ = position_;
}

char32_t Lexer::Peek() const {
  return position_ < input_.size() ? internal::DecodeRune(rest()).code : kEnd;
}

void Lexer::Advance() {
  if (position_ < input_.size()) position_ += internal::DecodeRune(rest()).size_bytes;
}

bool Lexer::Accept(std::string_view characters) {
  const bool is_match =
      position_ < input_.size() && characters.find(input_[position_]) != std::string_view::npos;
  if (is_match) ++position_;
  return is_match;
}

void Lexer::AcceptRun(std::string_view characters) {
  while (Accept(characters)) {
  }
}

size_t Lexer::RightDelimiterSize(std::string_view text) const {
  if (HasRightTrimMarker(text) && text.substr(kTrimMarkerSize).starts_with(kRight)) {
    return kTrimMarkerSize + kRight.size();
  }
  return text.starts_with(kRight) ? kRight.size() : 0;
}

Token Lexer::NextText() {
  for (;;) {
    const size_t delimiter = rest().find(kLeft);
    if (delimiter == std::string_view::npos) {
      position_ = input_.size();
      return Emit(position_ > start_ ? TokenKind::kText : TokenKind::kEof);
    }
    const size_t left = position_ + delimiter;
    const bool is_trimmed = HasLeftTrimMarker(input_.substr(left + kLeft.size()));
    if (delimiter > 0) {
      const std::string_view text = input_.substr(start_, left - start_);
      position_ = start_ + (is_trimmed ? TrimRight(text).size() : text.size());
      const bool is_empty = position_ == start_;
      Token token = Emit(TokenKind::kText);
      position_ = left;
      Discard();
      if (!is_empty) return token;
    }
    const size_t after = left + kLeft.size() + (is_trimmed ? kTrimMarkerSize : 0);
    if (!input_.substr(after).starts_with("/*")) {
      position_ = left + kLeft.size();
      Token token = Emit(TokenKind::kLeftDelimiter);
      position_ = after;
      Discard();
      is_inside_action_ = true;
      parenthesis_depth_ = 0;
      return token;
    }
    position_ = after;
    Discard();
    if (Token failure; !SkipComment(failure)) return failure;
  }
}

bool Lexer::SkipComment(Token& failure) {
  const size_t close = rest().find("*/", 2);
  if (close == std::string_view::npos) {
    failure = Fail("unclosed comment");
    return false;
  }
  position_ += close + 2;
  const size_t delimiter_size = RightDelimiterSize(rest());
  if (delimiter_size == 0) {
    failure = Fail("comment ends before closing delimiter");
    return false;
  }
  position_ += delimiter_size;
  if (delimiter_size > kRight.size()) position_ = input_.size() - TrimLeft(rest()).size();
  Discard();
  return true;
}

Token Lexer::LexRightDelimiter() {
  const bool is_trimmed = RightDelimiterSize(rest()) > kRight.size();
  if (is_trimmed) {
    position_ += kTrimMarkerSize;
    Discard();
  }
  position_ += kRight.size();
  Token token = Emit(TokenKind::kRightDelimiter);
  if (is_trimmed) {
    position_ = input_.size() - TrimLeft(rest()).size();
    Discard();
  }
  is_inside_action_ = false;
  return token;
}

Token Lexer::NextInAction() {
  if (RightDelimiterSize(rest()) > 0) {
    return parenthesis_depth_ == 0 ? LexRightDelimiter() : Fail("unclosed left paren");
  }
  const char32_t c = Peek();
  if (c == kEnd) return Fail("unclosed action");
  if (IsSpace(c)) return LexSpace();
  if (c == '+' || c == '-' || (c >= '0' && c <= '9')) return LexNumber();
  if (internal::IsIdentifierRune(c)) return LexIdentifier();
  if (c >= 0x80 || kOpeners.find(static_cast<char>(c)) == std::string_view::npos) {
    return LexCharacter(c);
  }
  Advance();
  switch (c) {
    case '=':
      return Emit(TokenKind::kAssign);
    case ':':
      return Accept("=") ? Emit(TokenKind::kDeclare) : Fail("expected :=");
    case '|':
      return Emit(TokenKind::kPipe);
    case '"':
      return LexQuoted('"', TokenKind::kString, "quoted string");
    case '\'':
      return LexQuoted('\'', TokenKind::kCharacterConstant, "character constant");
    case '`':
      return LexRawString();
    case '$':
      return LexFieldOrVariable(TokenKind::kVariable);
    default:
      break;
  }
  // A point is a number's, a field's or the cursor.
  if (Peek() < '0' || Peek() > '9') return LexFieldOrVariable(TokenKind::kField);
  position_ = start_;
  return LexNumber();
}

Token Lexer::LexCharacter(char32_t c) {
  if (c >= 0x80 || c < 0x20 || c == 0x7F) {
    return Fail("unrecognized character in action: " + DescribeRune(c));
  }
  Advance();
  if (c == '(') {
    ++parenthesis_depth_;
    return Emit(TokenKind::kLeftParenthesis);
  }
  if (c == ')') {
    return --parenthesis_depth_ < 0 ? Fail("unexpected right paren")
                                    : Emit(TokenKind::kRightParenthesis);
  }
  return Emit(TokenKind::kCharacter);
}

Token Lexer::LexSpace() {
  while (IsSpace(Peek())) {
    // A space may be the first half of a trimmed closing delimiter.
    if (RightDelimiterSize(rest()) > kRight.size()) break;
    Advance();
  }
  return position_ == start_ ? LexRightDelimiter() : Emit(TokenKind::kSpace);
}

bool Lexer::IsAtTerminator() const {
  const char32_t c = Peek();
  static constexpr std::string_view kTerminators = ".,|:)(";
  if (c == kEnd || IsSpace(c)) return true;
  if (c < 0x80 && kTerminators.find(static_cast<char>(c)) != std::string_view::npos) return true;
  return rest().starts_with(kRight);
}

Token Lexer::LexIdentifier() {
  while (internal::IsIdentifierRune(Peek())) Advance();
  if (!IsAtTerminator()) return Fail("bad character " + DescribeCharacter(Peek()));
  const std::string_view word = input_.substr(start_, position_ - start_);
  for (const auto& [keyword, kind] : kKeywords) {
    if (word == keyword) return Emit(kind);
  }
  if (word == "true" || word == "false") return Emit(TokenKind::kBool);
  return Emit(TokenKind::kIdentifier);
}

Token Lexer::LexFieldOrVariable(TokenKind kind) {
  if (IsAtTerminator()) {
    return Emit(kind == TokenKind::kVariable ? TokenKind::kVariable : TokenKind::kDot);
  }
  while (internal::IsIdentifierRune(Peek())) Advance();
  if (!IsAtTerminator()) return Fail("bad character " + DescribeCharacter(Peek()));
  return Emit(kind);
}

bool Lexer::ScanNumber() {
  Accept("+-");
  std::string_view digits = "0123456789_";
  if (Accept("0")) {
    if (Accept("xX")) {
      digits = "0123456789abcdefABCDEF_";
    } else if (Accept("oO")) {
      digits = "01234567_";
    } else if (Accept("bB")) {
      digits = "01_";
    }
  }
  AcceptRun(digits);
  if (Accept(".")) AcceptRun(digits);
  const bool is_decimal = digits.size() == 11;
  const bool is_hex = digits.size() == 23;
  if ((is_decimal && Accept("eE")) || (is_hex && Accept("pP"))) {
    Accept("+-");
    AcceptRun("0123456789_");
  }
  if (!internal::IsIdentifierRune(Peek())) return true;
  Advance();
  return false;
}

Token Lexer::LexNumber() {
  bool is_number = ScanNumber();
  if (is_number && (Peek() == '+' || Peek() == '-')) {
    // Go has complex constants here; templates have no use for them.
    ScanNumber();
    is_number = false;
  }
  if (is_number) return Emit(TokenKind::kNumber);
  return Fail("bad number syntax: " + GoQuote(input_.substr(start_, position_ - start_)));
}

Token Lexer::LexQuoted(char quote, TokenKind kind, std::string_view what) {
  while (position_ < input_.size() && input_[position_] != '\n') {
    const char c = input_[position_++];
    if (c == quote) return Emit(kind);
    const bool is_escape = c == '\\' && position_ < input_.size() && input_[position_] != '\n';
    if (is_escape) ++position_;
  }
  return Fail(fmt::format("unterminated {}", what));
}

Token Lexer::LexRawString() {
  const size_t close = rest().find('`');
  if (close == std::string_view::npos) return Fail("unterminated raw quoted string");
  position_ += close + 1;
  return Emit(TokenKind::kRawString);
}

}  // namespace tocsin::templates
