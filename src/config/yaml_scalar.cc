#include "config/yaml_scalar.h"

#include <algorithm>
#include <cctype>

namespace tocsin::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool IsWord(std::string_view text) {
  return IsOneOf(
      text, {"",     "~",    "null", "Null",  "NULL",  "y",     "Y",     "yes",   "Yes",   "YES",
             "on",   "On",   "ON",   "true",  "True",  "TRUE",  "n",     "N",     "no",    "No",
             "NO",   "off",  "Off",  "OFF",   "false", "False", "FALSE", ".nan",  ".NaN",  ".NAN",
             ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "<<"});
}

std::string_view SkipDigits(std::string_view text) {
  while (!text.empty() && IsDigit(text[0])) text.remove_prefix(1);
  return text;
}

std::string_view SkipSign(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, with underscores as digits.
bool IsNumber(std::string_view text) {
  text = SkipSign(text);
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b'))
    return std::all_of(text.begin() + 2, text.end(),
                       [](unsigned char c) { return std::isxdigit(c) || c == '_'; });
  const auto is_digit = [](char c) { return IsDigit(c) || c == '_'; };
  if (text.empty() ||
      !(IsDigit(text[0]) || (text[0] == '.' && text.size() > 1 && IsDigit(text[1]))))
    return false;
  while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  const std::string_view exponent = SkipSign(text.substr(1));
  return !exponent.empty() && SkipDigits(exponent).empty();
}

// 2001-12-14 and 2001-12-14T21:59:43Z.
bool IsTimestamp(std::string_view text) {
  if (text.size() < 8 || !std::all_of(text.begin(), text.begin() + 4, IsDigit) || text[4] != '-')
    return false;
  std::string_view rest = text.substr(5);
  std::string_view after = SkipDigits(rest);
  if (after.size() == rest.size() || after.empty() || after[0] != '-') return false;
  rest = after.substr(1);
  after = SkipDigits(rest);
  if (after.size() == rest.size()) return false;
  return after.empty() || after[0] == 'T' || after[0] == 't' || after[0] == ' ';
}

// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?: 1:30, which YAML 1.1 reads in base 60.
bool IsBase60(std::string_view text) {
  text = SkipSign(text);
  if (text.empty() || !IsDigit(text[0])) return false;
  while (!text.empty() && (IsDigit(text[0]) || text[0] == '_')) text.remove_prefix(1);
  bool has_part = false;
  while (text.size() > 1 && text[0] == ':' && IsDigit(text[1])) {
    const bool two_digits = text.size() > 2 && IsDigit(text[2]);
    if (two_digits && text[1] > '5') return false;
    text.remove_prefix(two_digits ? 3 : 2);
    has_part = true;
  }
  if (!has_part) return false;
  if (!text.empty() && text[0] == '.') text.remove_prefix(1);
  return std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '_'; });
}

bool IsPrintable(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

// Whether the emitter allows `text` without quotes.
bool AllowsPlain(std::string_view text, bool in_flow) {
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.front() == ' ' || text.back() == ' ') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool before_space = i + 1 == text.size() || text[i + 1] == ' ';
    if (!IsPrintable(c)) return false;
    if (i == 0 && std::string_view("#,[]{}&*!|>'\"%@`").find(c) != std::string_view::npos)
      return false;
    if (i == 0 && (c == '-' || c == '?') && before_space) return false;
    if (c == ':' && (in_flow || before_space)) return false;
    if (in_flow && std::string_view(",?[]{}").find(c) != std::string_view::npos) return false;
    if (c == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  return true;
}

}  // namespace

bool ResolvesToNonString(std::string_view text) {
  return IsWord(text) || IsNumber(text) || IsTimestamp(text) || IsBase60(text);
}

ScalarStyle ChooseScalarStyle(std::string_view text, bool is_key, bool in_flow) {
  const bool is_printable = std::all_of(
      text.begin(), text.end(), [](char c) { return IsPrintable(c) || c == '\n' || c == '\t'; });
  if (!is_printable) return ScalarStyle::kDoubleQuoted;
  if (text.find('\n') != std::string_view::npos) {
    const bool fits_block =
        !is_key && !in_flow && text.find(" \n") == std::string_view::npos && text.back() != ' ';
    return fits_block ? ScalarStyle::kLiteral : ScalarStyle::kDoubleQuoted;
  }
  if (ResolvesToNonString(text)) return ScalarStyle::kDoubleQuoted;
  if (text.find('\t') != std::string_view::npos) return ScalarStyle::kDoubleQuoted;
  return AllowsPlain(text, in_flow) ? ScalarStyle::kPlain : ScalarStyle::kSingleQuoted;
}

}  // namespace tocsin::config
