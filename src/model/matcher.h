#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/labels.h"
#include "model/regex.h"

namespace tocsin {

enum class MatchType { kEqual, kNotEqual, kRegex, kNotRegex };

/// "=", "!=", "=~", "!~".
std::string_view MatchTypeText(MatchType type);

/// Accepts or refuses the value of one label; an absent label has the value "".
/// Immutable; thread-safe.
class Matcher {
 public:
  /// Fails only for a regular expression that does not compile.
  static Result<Matcher> Make(MatchType type, std::string_view name, std::string_view value,
                              Regex::Dot dot = Regex::Dot::kMatchesNewline);
  static Matcher Equal(std::string_view name, std::string_view value);

  bool Matches(std::string_view value) const;
  bool Matches(const Labels& labels) const { return Matches(labels.Get(name_)); }
  bool MatchesEmpty() const { return Matches(std::string_view()); }

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  /// Meaningful for the two regex types only.
  const Regex& regex() const { return regex_; }

  /// `name="value"` with Go quoting; a name that needs it is quoted too.
  std::string ToString() const;

  friend bool operator==(const Matcher& a, const Matcher& b) {
    return a.type_ == b.type_ && a.name_ == b.name_ && a.value_ == b.value_;
  }

 private:
  Matcher(MatchType type, std::string_view name, std::string_view value)
      : type_(type), name_(name), value_(value) {}
  MatchType type_;
  std::string name_;
  std::string value_;
  Regex regex_;
};

}  // namespace tocsin
