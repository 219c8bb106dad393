#include "config/go_unquote.h"

#include <cstdint>

namespace tocsin::config {
namespace {

void AppendUtf8(std::string& out, uint32_t rune) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xc0 | rune >> 6);
    put(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    put(0xe0 | rune >> 12);
    put(0x80 | (rune >> 6 & 0x3f));
    put(0x80 | (rune & 0x3f));
  } else {
    put(0xf0 | rune >> 18);
    put(0x80 | (rune >> 12 & 0x3f));
    put(0x80 | (rune >> 6 & 0x3f));
    put(0x80 | (rune & 0x3f));
  }
}

// Takes `count` digits of `base` from the front; nullopt when there are fewer.
std::optional<uint32_t> TakeDigits(std::string_view& text, size_t count, uint32_t base) {
  if (text.size() < count) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    const char c = text[i];
    uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  text.remove_prefix(count);
  return value;
}

bool AppendRune(std::string& out, std::string_view& text, size_t digits) {
  const std::optional<uint32_t> rune = TakeDigits(text, digits, 16);
  if (!rune || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000)) return false;
  AppendUtf8(out, *rune);
  return true;
}

bool AppendByte(std::string& out, std::optional<uint32_t> byte) {
  if (!byte || *byte > 255) return false;
  out.push_back(static_cast<char>(*byte));
  return true;
}

// The escape after a backslash.
bool AppendEscape(std::string& out, std::string_view& text) {
  if (text.empty()) return false;
  const char c = text[0];
  if (c >= '0' && c <= '7') return AppendByte(out, TakeDigits(text, 3, 8));
  text.remove_prefix(1);
  switch (c) {
    case 'a':
      out.push_back('\a');
      return true;
    case 'b':
      out.push_back('\b');
      return true;
    case 'f':
      out.push_back('\f');
      return true;
    case 'n':
      out.push_back('\n');
      return true;
    case 'r':
      out.push_back('\r');
      return true;
    case 't':
      out.push_back('\t');
      return true;
    case 'v':
      out.push_back('\v');
      return true;
    case '\\':
    case '"':
      out.push_back(c);
      return true;
    case 'x':
      return AppendByte(out, TakeDigits(text, 2, 16));
    case 'u':
      return AppendRune(out, text, 4);
    case 'U':
      return AppendRune(out, text, 8);
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> GoUnquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != '"' || literal.back() != '"') return std::nullopt;
  std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '"' || c == '\n') return std::nullopt;
    if (c != '\\') {
      out.push_back(c);
    } else if (!AppendEscape(out, text)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace tocsin::config
