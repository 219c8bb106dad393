#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin::templates {

enum class TokenKind {
  kError,  ///< `text` says what is wrong
  kEof,
  kText,  ///< outside of {{ }}
  kLeftDelimiter,
  kRightDelimiter,
  kSpace,
  kAssign,   ///< =
  kDeclare,  ///< :=
  kPipe,
  kLeftParenthesis,
  kRightParenthesis,
  kCharacter,  ///< other printable ASCII, as the comma
  kBool,
  kCharacterConstant,
  kNumber,
  kString,
  kRawString,
  kDot,         ///< the cursor, `.`
  kField,       ///< .Name
  kVariable,    ///< $name
  kIdentifier,  ///< a function
  kNil,
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kElse,
  kEnd,
  kIf,
  kRange,
  kTemplate,
  kWith,
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  size_t position = 0;  ///< Byte offset in the template's text.
  int line = 1;
  std::string text;  ///< As written; for kError the message.

  bool is_reserved() const {
    return kind >= TokenKind::kBlock || kind == TokenKind::kNil || kind == TokenKind::kDot;
  }
  /// As error messages show it: `"foo"`, `<if>`, `EOF`, `"a very lo"...`.
  std::string Describe() const;
};

/// Splits a template's text into tokens: text, and the words inside {{ }}. Trim markers and
/// comments are dealt with here. After kError or kEof it must not be asked again. Confined to a
/// thread.
class Lexer {
 public:
  /// Borrows `text`, which must outlive the lexer.
  explicit Lexer(std::string_view text) : input_(text) {}

  Token Next();

 private:
  Token NextText();
  Token NextInAction();
  Token LexSpace();
  Token LexRightDelimiter();
  Token LexIdentifier();
  Token LexFieldOrVariable(TokenKind kind);
  Token LexNumber();
  Token LexQuoted(char quote, TokenKind kind, std::string_view what);
  Token LexRawString();
  Token LexCharacter(char32_t c);

  Token Emit(TokenKind kind);
  Token Fail(std::string message);
  /// Skips a comment, whose opening is next; false (with `failure`) when it is malformed.
  bool SkipComment(Token& failure);
  void Discard();
  std::string_view rest() const { return input_.substr(position_); }
  char32_t Peek() const;
  void Advance();
  bool Accept(std::string_view characters);
  void AcceptRun(std::string_view characters);
  bool ScanNumber();
  bool IsAtTerminator() const;
  /// Size of a right delimiter with its trim marker, if one is next; else 0.
  size_t RightDelimiterSize(std::string_view text) const;

  std::string_view input_;
  size_t position_ = 0;
  size_t start_ = 0;
  int start_line_ = 1;
  int parenthesis_depth_ = 0;
  bool is_inside_action_ = false;
};

}  // namespace tocsin::templates
