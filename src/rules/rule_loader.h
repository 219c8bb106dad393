#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "config/rule_file.h"
#include "rules/alert_template.h"
#include "rules/rule_group.h"
#include "rules/rule_queries.h"

namespace tocsin::rules {

/// What groups take from the main configuration where they say nothing themselves.
struct RuleDefaults {
  std::chrono::milliseconds interval = std::chrono::minutes(1);
  std::chrono::milliseconds query_offset{0};
  std::shared_ptr<const TemplateEnvironment> environment;  // Shared with all rules.
};

/// Parses the expressions and templates of a file. The first error is
/// `file:line:column: group "g", rule 1, "name": could not parse expression: …`.
Result<std::vector<RuleGroupOptions>> BuildRuleGroups(const config::RuleFileConfig& file,
                                                      const RuleDefaults& defaults,
                                                      RuleQueries& queries);

/// Reads the files that `globs` match, each once, and builds all their groups: all or none.
Result<std::vector<RuleGroupOptions>> LoadRuleGroups(Fs& fs, const std::vector<std::string>& globs,
                                                     const RuleDefaults& defaults,
                                                     RuleQueries& queries);

}  // namespace tocsin::rules
