#pragma once

#include <string>
#include <string_view>

#include "promql/go_text.h"
#include "promql/token.h"

namespace tocsin::promql {

/// Cuts the text of an expression into tokens, comments left out. What a character means depends on
/// where it stands: in braces no word is a keyword, in brackets `:` is a token and words stand for
/// durations. Confined to a thread.
class Lexer {
 public:
  /// `text` must outlive the lexer and its tokens.
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token; after the last one kEndOfInput again and again. A kError token is final.
  Token Next();

  /// What is wrong, once Next() returned kError.
  const std::string& error() const { return error_; }

 private:
  // The part of the text that is being read.
  enum class Place { kExpression, kBraces, kBracketStart };

  Token NextInExpression();
  Token NextInBraces();
  Token NextAfterBracket();
  Token NextOperator(int32_t c);
  Token LessOrGreater(bool is_less);
  Token AfterEqualSign();
  Token AfterExclamation();
  Token LeftBracket();
  Token RightBracket();
  Token RightParen();
  Token Colon();
  Token ColonAfterBracket();
  Token WordInBracket(int32_t first);
  Token KeywordOrIdentifier();
  Token Identifier();
  Token EndOfExpression();

  // lexer_literals.cc
  Token String(char quote);
  Token RawString();
  bool SkipEscape(char quote);
  Token NumberOrDuration();
  bool SkipNumber();
  bool SkipNumberTail(std::string_view digits);
  bool SkipDuration();

  int32_t Peek() const { return DecodeRune(text_, position_).code; }
  int32_t Take() {
    const Rune rune = DecodeRune(text_, position_);
    position_ += rune.size_bytes;
    return rune.code;
  }
  bool Accept(std::string_view set);
  bool IsAt(std::string_view set) const;
  void SkipSpaces();
  /// Skips white space and comments; false at the end of input.
  void SkipBlank();
  bool IsFollowedByLeftParen() const;
  std::string_view word() const { return text_.substr(start_, position_ - start_); }
  Token Emit(TokenKind kind);
  Token Fail(std::string message);

  const std::string_view text_;
  size_t start_ = 0;     // Of the token being read.
  size_t position_ = 0;  // Of the next character.
  Place place_ = Place::kExpression;
  int paren_depth_ = 0;
  bool bracket_open_ = false;
  bool got_colon_ = false;     // In this bracket.
  bool got_duration_ = false;  // In this bracket.
  std::string error_;
};

}  // namespace tocsin::promql
