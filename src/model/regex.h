#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin {

/// A regular expression with Go's (RE2's) syntax, anchored at both ends, with fast paths for what
/// people write in matchers: literals, `a|b|c`, `prefix.*`, `.*suffix`, `.*contains.*`, `.+`, `.*`
/// never reach RE2. Cheap to copy (shares the compiled program, which is immutable). Immutable;
/// thread-safe.
class Regex {
 public:
  enum class Dot {
    kMatchesNewline,  ///< `^(?s:…)$`: PromQL, relabeling
    kNotNewline,      ///< `^(?:…)$`: Alertmanager
  };

  /// Matches only "".
  Regex();
  /// kInvalidArgument carries Go's text: "error parsing regexp: missing closing ): `(a`".
  static Result<Regex> Compile(std::string_view pattern, Dot dot = Dot::kMatchesNewline);
  /// Unanchored, for templates' match and reReplaceAll; only UnanchoredMatch and ReplaceAll apply.
  static Result<Regex> CompileUnanchored(std::string_view pattern);

  bool Matches(std::string_view text) const;
  bool MatchesAnywhere(std::string_view text) const;

  /// If `text` matches, replaces `out` by `replacement` with `$1`, `${1}`, `${name}`, `$$` expanded
  /// as Go's Regexp.ExpandString does, and returns true.
  bool Expand(std::string_view text, std::string_view replacement, std::string& out) const;
  /// Go's ReplaceAllString.
  std::string ReplaceAll(std::string_view text, std::string_view replacement) const;

  /// The pattern as written.
  const std::string& pattern() const;
  /// When the expression is just a choice of literals, those (unordered, no duplicates); else
  /// empty. Lets an index look the values up instead of testing each.
  const std::vector<std::string>& literal_choices() const;
  /// A literal that every match begins with ("" if none is known).
  const std::string& literal_prefix() const;

 private:
  struct Program;
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

/// `text` with all regular-expression characters escaped, as Go's regexp.QuoteMeta.
std::string QuoteRegex(std::string_view text);

}  // namespace tocsin
