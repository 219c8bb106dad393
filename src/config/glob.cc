#include "config/glob.h"

#include <optional>

namespace tocsin::config {
namespace {

const Error kBadPattern(ErrorCode::kInvalidArgument, "syntax error in pattern");

bool HasMeta(std::string_view path) {
  return path.find_first_of("*?[\\") != std::string_view::npos;
}

// One character of a class, with its escape; false at the end of the pattern.
bool TakeClassChar(std::string_view& pattern, char& c) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return false;
  if (pattern[0] == '\\') {
    pattern.remove_prefix(1);
    if (pattern.empty()) return false;
  }
  c = pattern[0];
  pattern.remove_prefix(1);
  return !pattern.empty();
}

// Matches the class that `pattern` begins with (after '[') against `c` and removes it; nullopt if
// it is malformed.
std::optional<bool> MatchClass(std::string_view& pattern, char c) {
  const bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool matched = false;
  for (int ranges = 0;; ++ranges) {
    if (!pattern.empty() && pattern[0] == ']' && ranges > 0) {
      pattern.remove_prefix(1);
      return matched != negated;
    }
    char low = 0;
    if (!TakeClassChar(pattern, low)) return std::nullopt;
    char high = low;
    if (pattern[0] == '-') {
      pattern.remove_prefix(1);
      if (!TakeClassChar(pattern, high)) return std::nullopt;
    }
    if (low <= c && c <= high) matched = true;
  }
}

// Matches one element that is not a star; nullopt if it is malformed.
std::optional<bool> MatchElement(std::string_view& pattern, char c) {
  const char element = pattern[0];
  pattern.remove_prefix(1);
  if (element == '?') return c != '/';
  if (element == '[') return MatchClass(pattern, c);
  if (element != '\\') return element == c;
  if (pattern.empty()) return std::nullopt;
  const char escaped = pattern[0];
  pattern.remove_prefix(1);
  return escaped == c;
}

// Walks a malformed rest that matching did not reach.
bool IsWellFormed(std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern[0] == '*') {
      pattern.remove_prefix(1);
    } else if (!MatchElement(pattern, 'x')) {
      return false;
    }
  }
  return true;
}

std::string Join(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.back() == '/' ? directory + name : directory + "/" + name;
}

}  // namespace

Result<bool> MatchGlob(std::string_view pattern, std::string_view name) {
  if (!IsWellFormed(pattern)) return kBadPattern;
  // The classic loop: on a mismatch, let the last star swallow one more character.
  std::optional<std::string_view> after_star;
  std::string_view star_name;
  while (true) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      after_star = pattern;
      star_name = name;
      continue;
    }
    if (name.empty() && pattern.empty()) return true;
    std::string_view rest = pattern;
    if (!name.empty() && !pattern.empty() && *MatchElement(rest, name[0])) {
      pattern = rest;
      name.remove_prefix(1);
      continue;
    }
    if (!after_star || star_name.empty() || star_name[0] == '/') return false;
    star_name.remove_prefix(1);
    name = star_name;
    pattern = *after_star;
  }
}

Result<std::vector<std::string>> Glob(Fs& fs, const std::string& pattern) {
  if (!IsWellFormed(pattern)) return kBadPattern;
  if (!HasMeta(pattern)) {
    if (fs.Exists(pattern)) return std::vector<std::string>{pattern};
    return std::vector<std::string>{};
  }
  const size_t slash = pattern.rfind('/');
  std::vector<std::string> directories = {""};
  std::string name_pattern = pattern;
  if (slash != std::string::npos) {
    const std::string directory = slash == 0 ? "/" : pattern.substr(0, slash);
    name_pattern = pattern.substr(slash + 1);
    if (HasMeta(directory)) {
      TOCSIN_ASSIGN_OR_RETURN(directories, Glob(fs, directory));
    } else {
      directories = {directory};
    }
  }
  std::vector<std::string> paths;
  for (const std::string& directory : directories) {
    const auto entries = fs.List(directory.empty() ? "." : directory);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      TOCSIN_ASSIGN_OR_RETURN(const bool matches, MatchGlob(name_pattern, entry.name));
      if (matches) paths.push_back(Join(directory, entry.name));
    }
  }
  return paths;
}

}  // namespace tocsin::config
