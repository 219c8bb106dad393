// Strings, numbers and durations.
#include <fmt/core.h>

#include "model/labels.h"
#include "promql/lexer.h"

namespace tocsin::promql {

Token Lexer::String(char quote) {
  for (;;) {
    const int32_t c = Take();
    if (c == quote) return Emit(TokenKind::kString);
    if (c == '\\') {
      if (!SkipEscape(quote)) return {TokenKind::kError, static_cast<int32_t>(start_), {}};
    } else if (c == Rune::kInvalid) {
      return Fail("invalid UTF-8 rune");
    } else if (c == Rune::kEnd || c == '\n') {
      return Fail("unterminated quoted string");
    }
  }
}

Token Lexer::RawString() {
  for (;;) {
    const int32_t c = Take();
    if (c == '`') return Emit(TokenKind::kString);
    if (c == Rune::kInvalid) return Fail("invalid UTF-8 rune");
    if (c == Rune::kEnd) return Fail("unterminated raw string");
  }
}

// Skips what follows a backslash; false after Fail().
bool Lexer::SkipEscape(char quote) {
  constexpr std::string_view kSimple = "abfnrtv\\";
  int32_t c = Take();
  if (c == quote || (c > 0 && c < 0x80 && kSimple.find(static_cast<char>(c)) != kSimple.npos)) {
    return true;
  }
  uint32_t digits = 0;
  uint32_t base = 16;
  uint32_t max_value = c == 'x' ? 0xFF : 0x10FFFF;
  if (c >= '0' && c <= '7') {
    digits = 3;
    base = 8;
    max_value = 0xFF;
  } else if (c == 'x' || c == 'u' || c == 'U') {
    digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
    c = Take();
  } else if (c == Rune::kEnd) {
    Fail("escape sequence not terminated");
    return false;
  } else {
    Fail(fmt::format("unknown escape sequence {}", DescribeRune(c)));
    return false;
  }
  uint32_t value = 0;
  while (digits > 0) {
    const uint32_t digit = HexDigitValue(c);
    if (digit >= base) {
      Fail(c == Rune::kEnd
               ? "escape sequence not terminated"
               : fmt::format("illegal character {} in escape sequence", DescribeRune(c)));
      return false;
    }
    value = value * base + digit;
    if (--digits > 0) c = Take();
  }
  if (value <= max_value && (value < 0xD800 || value >= 0xE000)) return true;
  Fail("escape sequence is an invalid Unicode code point");
  return false;
}

Token Lexer::NumberOrDuration() {
  position_ = start_;
  if (SkipNumber()) return Emit(TokenKind::kNumber);
  if (SkipDuration()) return Emit(TokenKind::kDuration);
  return Fail(fmt::format("bad number or duration syntax: {}", GoQuote(word())));
}

// Stops where it goes wrong, which is where SkipDuration() goes on and what messages show.
bool Lexer::SkipNumber() {
  std::string_view digits = "0123456789";
  if (Accept("0") && Accept("xX")) {
    Accept("_");
    digits = "0123456789abcdefABCDEF";
  }
  Accept(".");
  Accept(digits);
  return SkipNumberTail(digits) && !IsAlphaNumeric(Peek());
}

bool Lexer::SkipNumberTail(std::string_view digits) {
  const bool is_hex = digits.size() > 10;
  bool had_dot = false;
  bool had_exponent = false;
  const auto ends_badly = [&](std::string_view must_not_follow) {
    return Accept(must_not_follow) || Peek() == Rune::kEnd;
  };
  for (;;) {
    if (IsAt(".")) {
      Accept(".");
      if (had_dot || Accept("_.") || is_hex) return false;
      had_dot = true;
    } else if (!is_hex && IsAt("eE")) {
      Accept("eE");
      if (had_exponent) return false;
      had_exponent = true;
      Accept("+-");
      if (ends_badly("._eE")) return false;
    } else if (Accept("_")) {
      if (ends_badly("._eE")) return false;
    } else if (IsAt(digits)) {
      while (Accept(digits)) {
      }
    } else {
      return true;
    }
  }
}

// Units are checked when the duration is parsed; here `ms` and nonsense like `ys` pass.
bool Lexer::SkipDuration() {
  if (!Accept("smhdwy")) return false;
  Accept("s");
  while (Accept("0123456789")) {
    while (Accept("0123456789")) {
    }
    if (!Accept("smhdw")) return false;
    Accept("s");
  }
  if (!IsAlphaNumeric(Peek())) return true;
  Take();  // Part of the message.
  return false;
}

}  // namespace tocsin::promql
