#include "config/alertmanager_matchers.h"

#include <algorithm>
#include <utility>

#include "config/classic_matchers.h"
#include "config/utf8_matchers.h"
#include "model/labels.h"

namespace tocsin::config {
namespace {

void Warn(ConfigWarnings* warnings, std::string message) {
  if (warnings != nullptr) warnings->push_back(std::move(message));
}

Result<Matcher> ParseSingleUtf8(std::string_view text) {
  TOCSIN_ASSIGN_OR_RETURN(std::vector<Matcher> matchers, ParseUtf8Matchers(text));
  if (matchers.empty()) return Error(ErrorCode::kInvalidArgument, "no matchers");
  if (matchers.size() > 1)
    return Errorf(ErrorCode::kInvalidArgument, "expected 1 matcher, found {}", matchers.size());
  return std::move(matchers.front());
}

// What both grammars said; the classic one decides where they differ.
template <typename T>
Result<T> Choose(std::string_view text, Result<T> modern, Result<T> classic,
                 ConfigWarnings* warnings) {
  if (!modern) {
    if (classic)
      Warn(warnings,
           fmt::format("matchers are not valid for the UTF-8 parser and were parsed by the "
                       "classic one; put names and values in double quotes ({}): {}",
                       text, modern.error().message()));
    return classic;
  }
  if (classic && !(*classic == *modern)) {
    Warn(warnings, fmt::format("matchers mean something else to the UTF-8 parser; the classic "
                               "meaning is used ({})",
                               text));
    return classic;
  }
  return modern;
}

}  // namespace

Result<std::vector<Matcher>> ParseAlertmanagerMatchers(std::string_view text, MatcherMode mode,
                                                       ConfigWarnings* warnings) {
  if (mode == MatcherMode::kClassic) return ParseClassicMatchers(text);
  if (mode == MatcherMode::kUtf8Strict) return ParseUtf8Matchers(text);
  return Choose(text, ParseUtf8Matchers(text), ParseClassicMatchers(text), warnings);
}

Result<Matcher> ParseAlertmanagerMatcher(std::string_view text, MatcherMode mode,
                                         ConfigWarnings* warnings) {
  if (mode == MatcherMode::kClassic) return ParseClassicMatcher(text);
  if (text.starts_with('{') || text.ends_with('}'))
    return Errorf(ErrorCode::kInvalidArgument, "unexpected open or close brace: {}", text);
  if (mode == MatcherMode::kUtf8Strict) return ParseSingleUtf8(text);
  return Choose(text, ParseSingleUtf8(text), ParseClassicMatcher(text), warnings);
}

bool IsAlertmanagerLabelName(std::string_view name, MatcherMode mode) {
  return mode == MatcherMode::kClassic ? IsLegacyLabelName(name) : IsValidUtf8Name(name);
}

std::string FormatAlertmanagerMatcher(const Matcher& matcher) {
  const bool quote_name =
      std::any_of(matcher.name().begin(), matcher.name().end(), IsReservedMatcherChar);
  std::string text = quote_name ? GoQuote(matcher.name()) : matcher.name();
  text += MatchTypeText(matcher.type());
  text.push_back('"');
  for (const char c : matcher.value()) {
    if (c == '\\' || c == '"') text.push_back('\\');
    if (c == '\n')
      text += "\\n";
    else
      text.push_back(c);
  }
  text.push_back('"');
  return text;
}

}  // namespace tocsin::config
