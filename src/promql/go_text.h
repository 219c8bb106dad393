#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::promql {

// Texts as Go reads and prints them, as far as error messages and string literals of PromQL need
// it.

/// A decoded character and how many bytes it took (0 at the end of the text).
struct Rune {
  static constexpr int32_t kEnd = -1;
  static constexpr int32_t kInvalid = 0xFFFD;
  int32_t code = kEnd;
  uint32_t size_bytes = 0;
};

/// The character at `position`; a byte that is no UTF-8 is kInvalid of size 1.
Rune DecodeRune(std::string_view text, size_t position);

/// `text` up to `count` characters.
std::string_view FirstRunes(std::string_view text, size_t count);

/// `code` in single quotes as fmt's %q: `'x'`, `'\n'`, `'\''`.
std::string QuoteRune(int32_t code);

/// `code` as fmt's %#U: `U+0041 'A'`, without the character if it cannot be printed.
std::string DescribeRune(int32_t code);

/// The value of a string literal that the lexer accepted, quotes and all.
std::string UnquoteString(std::string_view literal);

constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool IsDigit(int32_t c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlpha(int32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool IsAlphaNumeric(int32_t c) { return IsAlpha(c) || IsDigit(c); }
constexpr bool IsSpace(int32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// 0-15 for a hexadecimal digit, else 16.
constexpr uint32_t HexDigitValue(int32_t c) {
  if (IsDigit(c)) return static_cast<uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint32_t>(c - 'A' + 10);
  return 16;
}

}  // namespace tocsin::promql
