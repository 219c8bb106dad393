#include "config/classic_matchers.h"

#include <cctype>
#include <string>

#include "model/labels.h"

namespace tocsin::config {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

struct RawMatcher {
  std::string_view name;
  MatchType type = MatchType::kEqual;
  std::string_view value;
};

// ^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*$
bool Split(std::string_view text, RawMatcher& raw) {
  text = TrimSpace(text);
  size_t size = 0;
  const auto is_name_char = [](char c) {
    return c == '_' || c == ':' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  while (size < text.size() && is_name_char(text[size])) ++size;
  if (size == 0 || std::isdigit(static_cast<unsigned char>(text[0]))) return false;
  raw.name = text.substr(0, size);
  text = TrimSpace(text.substr(size));
  if (text.starts_with("=~"))
    raw.type = MatchType::kRegex;
  else if (text.starts_with("!="))
    raw.type = MatchType::kNotEqual;
  else if (text.starts_with("!~"))
    raw.type = MatchType::kNotRegex;
  else if (text.starts_with("="))
    raw.type = MatchType::kEqual;
  else
    return false;
  raw.value = TrimSpace(text.substr(raw.type == MatchType::kEqual ? 1 : 2));
  return true;
}

// A backslash before anything but a quote, a backslash or n stands for itself.
Result<std::string> Unescape(std::string_view raw) {
  std::string_view text = raw;
  const bool quoted = text.starts_with('"');
  if (quoted) text.remove_prefix(1);
  bool expects_quote = quoted;
  std::string value;
  const Error stray =
      Errorf(ErrorCode::kInvalidArgument, "matcher value contains unescaped double quote: {}", raw);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_last = i + 1 == text.size();
    if (c == '\\' && !is_last) {
      const char next = text[++i];
      if (next != 'n' && next != '"' && next != '\\') value.push_back('\\');
      value.push_back(next == 'n' ? '\n' : next);
    } else if (c == '"') {
      if (!expects_quote || !is_last) return stray;
      expects_quote = false;
    } else {
      value.push_back(c);
    }
  }
  if (expects_quote) return stray;
  return value;
}

// Splits at commas outside of quotes.
std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> tokens;
  bool quoted = false;
  bool escaped = false;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' && !quoted) {
      tokens.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (c == '"') {
      if (!escaped) quoted = !quoted;
      escaped = false;
    } else if (c == '\\') {
      escaped = !escaped;
    } else {
      escaped = false;
    }
  }
  if (begin < text.size()) tokens.push_back(text.substr(begin));
  return tokens;
}

}  // namespace

Result<Matcher> ParseClassicMatcher(std::string_view text) {
  RawMatcher raw;
  if (!Split(text, raw)) return Errorf(ErrorCode::kInvalidArgument, "bad matcher format: {}", text);
  if (!IsValidUtf8(raw.value))
    return Errorf(ErrorCode::kInvalidArgument, "matcher value not valid UTF-8: {}", raw.value);
  TOCSIN_ASSIGN_OR_RETURN(const std::string value, Unescape(raw.value));
  return Matcher::Make(raw.type, raw.name, value, Regex::Dot::kNotNewline);
}

Result<std::vector<Matcher>> ParseClassicMatchers(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  std::vector<Matcher> matchers;
  for (const std::string_view token : SplitList(text)) {
    TOCSIN_ASSIGN_OR_RETURN(Matcher matcher, ParseClassicMatcher(token));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

}  // namespace tocsin::config
