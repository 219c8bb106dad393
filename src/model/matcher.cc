#include "model/matcher.h"

namespace tocsin {

std::string_view MatchTypeText(MatchType type) {
  switch (type) {
    case MatchType::kEqual:
      return "=";
    case MatchType::kNotEqual:
      return "!=";
    case MatchType::kRegex:
      return "=~";
    case MatchType::kNotRegex:
      return "!~";
  }
  return "=";
}

Result<Matcher> Matcher::Make(MatchType type, std::string_view name, std::string_view value,
                              Regex::Dot dot) {
  Matcher matcher(type, name, value);
  if (type == MatchType::kRegex || type == MatchType::kNotRegex) {
    TOCSIN_ASSIGN_OR_RETURN(matcher.regex_, Regex::Compile(value, dot));
  }
  return matcher;
}

Matcher Matcher::Equal(std::string_view name, std::string_view value) {
  return Matcher(MatchType::kEqual, name, value);
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case MatchType::kEqual:
      return value == value_;
    case MatchType::kNotEqual:
      return value != value_;
    case MatchType::kRegex:
      return regex_.Matches(value);
    case MatchType::kNotRegex:
      return !regex_.Matches(value);
  }
  return false;
}

std::string Matcher::ToString() const {
  std::string out;
  if (IsLegacyLabelName(name_)) {
    out = name_;
  } else {
    AppendGoQuoted(out, name_);
  }
  out += MatchTypeText(type_);
  AppendGoQuoted(out, value_);
  return out;
}

}  // namespace tocsin
