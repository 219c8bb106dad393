#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::config {

/// One rule as written. Exactly one of `record` and `alert` is set. Expressions and templates are
/// not parsed here: module `rules` does that and reports with file, line and column. Value type.
struct RuleConfig {
  std::string record;
  std::string alert;
  std::string expr;
  std::chrono::milliseconds hold_duration{0};  ///< `for`
  std::chrono::milliseconds keep_firing_for{0};
  std::vector<std::pair<std::string, std::string>> labels;       ///< Sorted by name.
  std::vector<std::pair<std::string, std::string>> annotations;  ///< Sorted by name.
  int line = 0;                                                  ///< Where the rule begins.
  int column = 0;
  int expr_line = 0;  ///< Where the expression's value begins.
  int expr_column = 0;
};

struct RuleGroupConfig {
  std::string name;
  std::optional<std::chrono::milliseconds> interval;        ///< Unset: global evaluation_interval.
  std::optional<std::chrono::milliseconds> query_offset;    ///< Unset: global rule_query_offset.
  int64_t limit = 0;                                        ///< 0 means none.
  std::vector<std::pair<std::string, std::string>> labels;  ///< Sorted by name.
  std::vector<RuleConfig> rules;
  int line = 0;
  int column = 0;
};

struct RuleFileConfig {
  std::string path;
  std::vector<RuleGroupConfig> groups;
};

/// Reads and validates the structure of a rule file (model/rulefmt): unknown keys, duplicate
/// groups, record or alert but not both, label names. Errors are `file:line:column: what (value)`.
Result<RuleFileConfig> LoadRuleFile(Fs& fs, const std::string& path);
Result<RuleFileConfig> ParseRuleFile(std::string_view text, const std::string& file_name);

}  // namespace tocsin::config
