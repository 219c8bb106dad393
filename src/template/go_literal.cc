#include "template/go_literal.h"

#include <charconv>
#include <cmath>

#include "model/labels.h"
#include "model/number_text.h"
#include "template/utf8.h"

namespace tocsin::templates {

namespace {

std::optional<uint32_t> ParseDigits(std::string_view digits, int base) {
  uint32_t number = 0;
  const auto [at, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  const bool is_whole = at == digits.data() + digits.size() && !digits.empty();
  if (error != std::errc() || !is_whole) return std::nullopt;
  return number;
}

std::optional<char> SimpleEscape(char letter, char quote) {
  switch (letter) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
      return '\\';
    default:
      return letter == quote ? std::optional(quote) : std::nullopt;
  }
}

// Decodes the escape after a backslash at the front of `rest` and drops it; false if malformed.
bool AppendEscape(std::string_view& rest, char quote, std::string& out) {
  if (rest.empty()) return false;
  const char letter = rest.front();
  if (const auto simple = SimpleEscape(letter, quote)) {
    out.push_back(*simple);
    rest.remove_prefix(1);
    return true;
  }
  const bool is_octal = letter >= '0' && letter <= '7';
  const size_t skip = is_octal ? 0 : 1;
  const size_t size = is_octal ? 3 : letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (size == 0 || rest.size() < skip + size) return false;
  const auto code = ParseDigits(rest.substr(skip, size), is_octal ? 8 : 16);
  if (!code) return false;
  rest.remove_prefix(skip + size);
  if (letter == 'u' || letter == 'U') {
    if (*code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF)) return false;
    internal::AppendRune(out, *code);
    return true;
  }
  if (*code > 255) return false;
  out.push_back(static_cast<char>(*code));
  return true;
}

Result<Value> ParseCharacter(std::string_view literal) {
  const auto malformed =
      Errorf(ErrorCode::kInvalidArgument, "malformed character constant: {}", literal);
  if (literal.size() < 3 || literal.back() != '\'') {
    return Error(ErrorCode::kInvalidArgument, "invalid syntax");
  }
  std::string_view body = literal.substr(1, literal.size() - 2);
  if (body.front() != '\\') {
    const internal::Rune rune = internal::DecodeRune(body);
    if (rune.size_bytes != body.size()) return malformed;
    return Value(static_cast<int64_t>(rune.code));
  }
  const bool is_byte = body.size() > 1 && (body[1] == 'x' || (body[1] >= '0' && body[1] <= '7'));
  body.remove_prefix(1);
  std::string decoded;
  if (!AppendEscape(body, '\'', decoded) || !body.empty()) return malformed;
  if (is_byte) return Value(int64_t{static_cast<unsigned char>(decoded.front())});
  return Value(static_cast<int64_t>(internal::DecodeRune(decoded).code));
}

// strconv.ParseInt(text, 0, 64): prefixes, and underscores between digits.
std::optional<int64_t> ParseInteger(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits.push_back(c);
  }
  uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, magnitude, base);
  if (digits.empty() || at != end || error != std::errc()) return std::nullopt;
  const uint64_t limit = uint64_t{1} << 63;
  if (magnitude > limit || (magnitude == limit && !is_negative)) return std::nullopt;
  return static_cast<int64_t>(is_negative ? uint64_t{0} - magnitude : magnitude);
}

}  // namespace

Result<std::string> UnquoteGoString(std::string_view literal) {
  const Error invalid(ErrorCode::kInvalidArgument, "invalid syntax");
  if (literal.size() < 2 || literal.front() != literal.back()) return invalid;
  const char quote = literal.front();
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string out;
  if (quote == '`') {
    for (const char c : rest) {
      if (c == '`') return invalid;
      if (c != '\r') out.push_back(c);
    }
    return out;
  }
  if (quote != '"') return invalid;
  while (!rest.empty()) {
    const char c = rest.front();
    if (c == '"' || c == '\n') return invalid;
    rest.remove_prefix(1);
    if (c != '\\') {
      out.push_back(c);
    } else if (!AppendEscape(rest, quote, out)) {
      return invalid;
    }
  }
  return out;
}

Result<Value> ParseGoNumber(std::string_view literal) {
  if (literal.starts_with('\'')) return ParseCharacter(literal);
  const bool is_hex = literal.find_first_of("xX") != std::string_view::npos;
  const bool looks_float = literal.find_first_of(is_hex ? ".pP" : ".eE") != std::string_view::npos;
  if (const auto integer = ParseInteger(literal); integer && !looks_float) return Value(*integer);
  if (looks_float) {
    std::string digits;
    for (const char c : literal) {
      if (c != '_') digits.push_back(c);
    }
    if (const auto number = ParseGoFloat(digits)) return Value(*number);
  } else if (const auto number = ParseGoFloat(literal); number && std::isfinite(*number)) {
    return Errorf(ErrorCode::kInvalidArgument, "integer overflow: {}", GoQuote(literal));
  }
  return Errorf(ErrorCode::kInvalidArgument, "illegal number syntax: {}", GoQuote(literal));
}

}  // namespace tocsin::templates
