#include "web/label_name_escaping.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace tocsin::web {
namespace {

constexpr std::string_view kEscapedPrefix = "U__";

bool AppendCodePoint(std::string& out, uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | (code >> shift & 0x3F)));
  };
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

// Reads `2e_` at the front of `rest`.
bool TakeCodePoint(std::string_view& rest, std::string& out) {
  constexpr size_t kMaxDigits = 6;
  const size_t end = rest.find('_');
  if (end == std::string_view::npos || end == 0 || end > kMaxDigits) return false;
  uint32_t code = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + end, code, 16);
  if (error != std::errc() || stop != rest.data() + end) return false;
  rest.remove_prefix(end + 1);
  return AppendCodePoint(out, code);
}

std::optional<std::string> Unescape(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '_') {
      out.push_back(c);
    } else if (!rest.empty() && rest.front() == '_') {
      out.push_back('_');
      rest.remove_prefix(1);
    } else if (!TakeCodePoint(rest, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::string UnescapeLabelName(std::string_view name) {
  if (!name.starts_with(kEscapedPrefix)) return std::string(name);
  return Unescape(name.substr(kEscapedPrefix.size())).value_or(std::string(name));
}

std::string ReplaceNonLegacyCharacters(std::string_view name, bool allow_colon) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) continue;  // One underscore a character, not a byte.
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool is_digit = c >= '0' && c <= '9' && !out.empty();
    out.push_back(is_letter || is_digit || (allow_colon && c == ':') ? c : '_');
  }
  return out;
}

}  // namespace tocsin::web
