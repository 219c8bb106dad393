#include "promql/go_text.h"

#include <fmt/core.h>

#include "model/labels.h"

namespace tocsin::promql {
namespace {

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

uint32_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// What one escape of a literal stands for: raw bytes for \x and octal, a character for \u and \U.
void AppendEscape(std::string& out, std::string_view literal, size_t& at) {
  constexpr std::string_view kNames = "abfnrtv";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
  const char c = literal[at++];
  if (const size_t i = kNames.find(c); i != std::string_view::npos) {
    out.push_back(kValues[i]);
    return;
  }
  uint32_t digits = 0;
  uint32_t base = 16;
  switch (c) {
    case 'x':
      digits = 2;
      break;
    case 'u':
      digits = 4;
      break;
    case 'U':
      digits = 8;
      break;
    default:
      if (!IsDigit(c)) {
        out.push_back(c);
        return;
      }
      digits = 3;
      base = 8;
      --at;
  }
  uint32_t value = 0;
  for (; digits > 0; --digits) value = value * base + HexDigitValue(literal[at++]);
  if (c == 'u' || c == 'U') {
    AppendUtf8(out, value);
  } else {
    out.push_back(static_cast<char>(value));
  }
}

}  // namespace

Rune DecodeRune(std::string_view text, size_t position) {
  if (position >= text.size()) return {};
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[position + i]); };
  const uint32_t length = SequenceLength(byte(0));
  if (length == 1) return {byte(0), 1};
  const Rune invalid{Rune::kInvalid, 1};
  if (length == 0 || text.size() - position < length) return invalid;
  int32_t code = byte(0) & (0x7F >> length);
  for (uint32_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool too_short = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool no_character = (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF;
  if (too_short || no_character) return invalid;
  return {code, length};
}

std::string_view FirstRunes(std::string_view text, size_t count) {
  size_t end = 0;
  for (; count > 0 && end < text.size(); --count) end += DecodeRune(text, end).size_bytes;
  return text.substr(0, end);
}

std::string QuoteRune(int32_t code) {
  if (code == '\'') return "'\\''";
  if (code == '"') return "'\"'";
  std::string text;
  AppendUtf8(text, static_cast<uint32_t>(code == Rune::kEnd ? Rune::kInvalid : code));
  std::string quoted = GoQuote(text);
  quoted.front() = quoted.back() = '\'';
  return quoted;
}

std::string DescribeRune(int32_t code) {
  std::string result = fmt::format("U+{:04X}", static_cast<uint32_t>(code));
  const std::string quoted = QuoteRune(code);
  const bool is_printable = quoted[1] != '\\' || code == '\\' || code == '\'';
  if (!is_printable) return result;
  std::string text;
  AppendUtf8(text, static_cast<uint32_t>(code));
  return result + " '" + text + "'";
}

std::string UnquoteString(std::string_view literal) {
  const std::string_view inner = literal.substr(1, literal.size() - 2);
  if (literal.front() == '`') return std::string(inner);
  std::string result;
  result.reserve(inner.size());
  for (size_t at = 0; at < inner.size();) {
    const char c = inner[at++];
    if (c == '\\') {
      AppendEscape(result, inner, at);
    } else {
      result.push_back(c);
    }
  }
  return result;
}

}  // namespace tocsin::promql
