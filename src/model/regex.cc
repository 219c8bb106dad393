#include "model/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tocsin {

namespace {

// What a pattern comes down to without an engine.
enum class Shape { kGeneral, kLiterals, kAnything, kNonEmpty, kPrefix, kSuffix, kContains };

struct Analysis {
  Shape shape = Shape::kGeneral;
  std::vector<std::string> literals;  // kLiterals: the choices; kPrefix, kSuffix, kContains: one.
  bool needs_more = false;            // kPrefix, kSuffix: `.+` rather than `.*`.
  std::string prefix;                 // A literal that every match begins with.
};

constexpr std::string_view kMetaCharacters = "\\.+*?()|[]{}^$";

bool IsPunctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

// Takes the longest run of literal characters off the front of `pattern`. A last character that a
// quantifier follows is not part of it.
std::string TakeLiteral(std::string_view& pattern) {
  std::string literal;
  size_t before_last = 0;  // Size of `literal` before its last character.
  size_t last_start = 0;   // Where that character starts in the pattern.
  size_t at = 0;
  while (at < pattern.size()) {
    const size_t start = at;
    std::string character;
    if (pattern[at] == '\\') {
      if (at + 1 >= pattern.size() || !IsPunctuation(pattern[at + 1])) break;
      character = pattern[at + 1];
      at += 2;
    } else if (kMetaCharacters.find(pattern[at]) != kMetaCharacters.npos) {
      break;
    } else {
      character = pattern[at++];
      while (at < pattern.size() && (static_cast<unsigned char>(pattern[at]) & 0xC0) == 0x80) {
        character += pattern[at++];
      }
    }
    before_last = literal.size();
    last_start = start;
    literal += character;
  }
  const bool is_quantified =
      at < pattern.size() && std::string_view("?*+{").find(pattern[at]) != std::string_view::npos;
  if (is_quantified && !literal.empty()) {
    literal.resize(before_last);
    at = last_start;
  }
  pattern.remove_prefix(at);
  return literal;
}

// `a|b|c`, or nothing.
std::optional<std::vector<std::string>> ParseChoices(std::string_view pattern) {
  std::vector<std::string> choices;
  for (;;) {
    choices.push_back(TakeLiteral(pattern));
    if (pattern.empty()) break;
    if (pattern.front() != '|') return std::nullopt;
    pattern.remove_prefix(1);
  }
  std::sort(choices.begin(), choices.end());
  choices.erase(std::unique(choices.begin(), choices.end()), choices.end());
  return choices;
}

// The inside of a pattern that is one group, `(…)` or `(?:…)`; the pattern itself otherwise.
std::string_view StripGroup(std::string_view pattern) {
  if (pattern.size() < 2 || pattern.front() != '(' || pattern.back() != ')') return pattern;
  std::string_view inside = pattern.substr(1, pattern.size() - 2);
  if (inside.substr(0, 2) == "?:") inside.remove_prefix(2);
  // Any other parenthesis or an escape in front of the last one: leave it to the engine.
  if (inside.find_first_of("()?") != inside.npos || (!inside.empty() && inside.back() == '\\')) {
    return pattern;
  }
  return inside;
}

bool TakeDots(std::string_view& pattern, bool& needs_more) {
  if (pattern.substr(0, 2) != ".*" && pattern.substr(0, 2) != ".+") return false;
  if (pattern.size() > 2 && std::string_view("?*+{").find(pattern[2]) != std::string_view::npos) {
    return false;
  }
  needs_more = pattern[1] == '+';
  pattern.remove_prefix(2);
  return true;
}

Analysis Analyze(std::string_view pattern) {
  Analysis result;
  if (auto choices = ParseChoices(StripGroup(pattern))) {
    result.shape = Shape::kLiterals;
    result.literals = std::move(*choices);
    if (result.literals.size() == 1) result.prefix = result.literals[0];
    return result;
  }
  std::string_view rest = pattern;
  bool leading_more = false;
  bool trailing_more = false;
  const bool has_leading = TakeDots(rest, leading_more);
  std::string literal = TakeLiteral(rest);
  const bool has_trailing = has_leading && literal.empty() ? false : TakeDots(rest, trailing_more);
  if (!has_leading && pattern.find('|') == pattern.npos) result.prefix = literal;
  if (!rest.empty()) return result;
  if (literal.empty()) {
    result.shape = leading_more || trailing_more ? Shape::kNonEmpty : Shape::kAnything;
  } else if (has_leading && has_trailing) {
    if (leading_more || trailing_more) return result;
    result.shape = Shape::kContains;
  } else {
    result.shape = has_leading ? Shape::kSuffix : Shape::kPrefix;
  }
  result.needs_more = leading_more || trailing_more;
  result.literals = {std::move(literal)};
  return result;
}

// Go's words for RE2's error codes (regexp/syntax.ErrorCode).
std::string_view GoErrorText(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

Error CompileError(const RE2& program) {
  const RE2::ErrorCode code = program.error_code();
  const std::string_view text = GoErrorText(code);
  if (code == RE2::ErrorTrailingBackslash) {
    return Errorf(ErrorCode::kInvalidArgument, "error parsing regexp: {}: ``", text);
  }
  const bool names_whole_pattern =
      code == RE2::ErrorMissingParen || code == RE2::ErrorUnexpectedParen;
  return Errorf(ErrorCode::kInvalidArgument, "error parsing regexp: {}: `{}`", text,
                names_whole_pattern ? program.pattern() : program.error_arg());
}

RE2::Options MakeOptions(bool dot_matches_newline) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dot_matches_newline);
  return options;
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Takes `name` or `{name}` off the front of `text` (after the `$`); nothing when it is malformed.
std::optional<std::string_view> TakeReference(std::string_view& text) {
  const bool has_brace = !text.empty() && text.front() == '{';
  size_t end = has_brace ? 1 : 0;
  const size_t begin = end;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  if (end == begin || (has_brace && (end >= text.size() || text[end] != '}'))) return std::nullopt;
  const std::string_view name = text.substr(begin, end - begin);
  text.remove_prefix(has_brace ? end + 1 : end);
  return name;
}

// The group a reference means, or -1.
int GroupOf(const RE2& program, std::string_view name) {
  int group = 0;
  const auto [at, error] = std::from_chars(name.data(), name.data() + name.size(), group);
  if (error == std::errc() && at == name.data() + name.size()) return group;
  const auto& names = program.NamedCapturingGroups();
  const auto found = names.find(std::string(name));
  return found == names.end() ? -1 : found->second;
}

void ExpandTemplate(const RE2& program, std::string_view replacement,
                    const std::vector<re2::StringPiece>& groups, std::string& out) {
  while (!replacement.empty()) {
    const size_t dollar = replacement.find('$');
    out.append(replacement.substr(0, dollar));
    if (dollar == replacement.npos) return;
    replacement.remove_prefix(dollar + 1);
    if (!replacement.empty() && replacement.front() == '$') {
      out.push_back('$');
      replacement.remove_prefix(1);
      continue;
    }
    const auto name = TakeReference(replacement);
    if (!name) {
      out.push_back('$');
      continue;
    }
    const int group = GroupOf(program, *name);
    if (group >= 0 && static_cast<size_t>(group) < groups.size()) {
      out.append(groups[static_cast<size_t>(group)].data(),
                 groups[static_cast<size_t>(group)].size());
    }
  }
}

}  // namespace

struct Regex::Program {
  Program(std::string_view pattern_text, bool dot_matches_newline)
      : pattern(pattern_text),
        engine(re2::StringPiece(pattern_text.data(), pattern_text.size()),
               MakeOptions(dot_matches_newline)) {}

  std::string pattern;
  RE2 engine;
  Analysis analysis;
  bool dots_match_newline = true;
  bool is_identity = false;  // `(.*)` with newlines: group 1 is the whole text.
};

Regex::Regex() {
  static const Regex empty = *Compile("");
  program_ = empty.program_;
}

Result<Regex> Regex::Compile(std::string_view pattern, Dot dot) {
  const bool dots_match_newline = dot == Dot::kMatchesNewline;
  auto program = std::make_shared<Program>(pattern, dots_match_newline);
  if (!program->engine.ok()) return CompileError(program->engine);
  program->analysis = Analyze(pattern);
  program->dots_match_newline = dots_match_newline;
  program->is_identity = dots_match_newline && pattern == "(.*)";
  if (program->is_identity) program->analysis.shape = Shape::kAnything;
  Regex result(std::move(program));
  return result;
}

Result<Regex> Regex::CompileUnanchored(std::string_view pattern) {
  auto program = std::make_shared<Program>(pattern, false);
  if (!program->engine.ok()) return CompileError(program->engine);
  Regex result(std::move(program));
  return result;
}

bool Regex::Matches(std::string_view text) const {
  const Program& program = *program_;
  const Analysis& analysis = program.analysis;
  const auto general = [&] {
    return program.engine.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                                RE2::ANCHOR_BOTH, nullptr, 0);
  };
  if (analysis.shape == Shape::kGeneral) {
    return text.starts_with(analysis.prefix) && general();
  }
  if (analysis.shape == Shape::kLiterals) {
    return std::binary_search(analysis.literals.begin(), analysis.literals.end(), text,
                              std::less<>());
  }
  if (!program.dots_match_newline && text.find('\n') != text.npos) return general();
  if (analysis.shape == Shape::kAnything) return true;
  if (analysis.shape == Shape::kNonEmpty) return !text.empty();
  const std::string& literal = analysis.literals.front();
  const size_t shortest = literal.size() + (analysis.needs_more ? 1 : 0);
  if (text.size() < shortest) return false;
  if (analysis.shape == Shape::kPrefix) return text.starts_with(literal);
  if (analysis.shape == Shape::kSuffix) return text.ends_with(literal);
  return text.find(literal) != text.npos;
}

bool Regex::MatchesAnywhere(std::string_view text) const {
  return program_->engine.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                                RE2::UNANCHORED, nullptr, 0);
}

bool Regex::Expand(std::string_view text, std::string_view replacement, std::string& out) const {
  if (program_->is_identity && (replacement == "$1" || replacement.find('$') == replacement.npos)) {
    out = replacement == "$1" ? text : replacement;
    return true;
  }
  std::vector<re2::StringPiece> groups(
      static_cast<size_t>(program_->engine.NumberOfCapturingGroups()) + 1);
  if (!program_->engine.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                              RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    return false;
  }
  out.clear();
  ExpandTemplate(program_->engine, replacement, groups, out);
  return true;
}

std::string Regex::ReplaceAll(std::string_view text, std::string_view replacement) const {
  std::string out;
  std::vector<re2::StringPiece> groups(
      static_cast<size_t>(program_->engine.NumberOfCapturingGroups()) + 1);
  const re2::StringPiece subject(text.data(), text.size());
  size_t at = 0;
  size_t copied = 0;
  bool after_match = false;  // Go refuses an empty match right behind another match.
  while (at <= text.size()) {
    if (!program_->engine.Match(subject, at, text.size(), RE2::UNANCHORED, groups.data(),
                                static_cast<int>(groups.size()))) {
      break;
    }
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    const bool is_refused = begin == end && after_match && begin == copied;
    if (!is_refused) {
      out.append(text.substr(copied, begin - copied));
      ExpandTemplate(program_->engine, replacement, groups, out);
      copied = end;
    }
    after_match = true;
    if (end > at) {
      at = end;
    } else {
      // An empty match: go on behind the next character.
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
  }
  if (copied < text.size()) out.append(text.substr(copied));
  return out;
}

const std::string& Regex::pattern() const { return program_->pattern; }

const std::vector<std::string>& Regex::literal_choices() const {
  static const std::vector<std::string> none;
  return program_->analysis.shape == Shape::kLiterals ? program_->analysis.literals : none;
}

const std::string& Regex::literal_prefix() const { return program_->analysis.prefix; }

std::string QuoteRegex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kMetaCharacters.find(c) != kMetaCharacters.npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace tocsin
