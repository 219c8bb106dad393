#include "rules/rule_loader.h"

#include <map>
#include <set>
#include <utility>

#include "config/glob.h"
#include "model/labels.h"
#include "rules/alerting_rule.h"
#include "rules/recording_rule.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

Error RuleError(const config::RuleFileConfig& file, const config::RuleGroupConfig& group,
                const config::RuleConfig& rule, int line, int column, const std::string& what) {
  const std::string& name = rule.record.empty() ? rule.alert : rule.record;
  const auto index = &rule - group.rules.data();
  return Errorf(ErrorCode::kInvalidArgument, "{}:{}:{}: group {}, rule {}, {}: {}", file.path, line,
                column, GoQuote(group.name), index + 1, GoQuote(name), what);
}

// Those of the rule win over those of the group.
LabelPairs MergeLabels(const LabelPairs& group, const LabelPairs& rule) {
  std::map<std::string, std::string> merged(rule.begin(), rule.end());
  merged.insert(group.begin(), group.end());
  return {merged.begin(), merged.end()};
}

Status CheckTemplates(const config::RuleFileConfig& file, const config::RuleGroupConfig& group,
                      const config::RuleConfig& rule) {
  const auto check = [&](const LabelPairs& texts, const char* what) -> Status {
    for (const auto& [name, text] : texts) {
      const Status status = CheckAlertTemplate(rule.alert, text);
      if (!status)
        return RuleError(file, group, rule, rule.line, rule.column,
                         fmt::format("{} {}: {}", what, GoQuote(name), status.error().message()));
    }
    return {};
  };
  TOCSIN_RETURN_IF_ERROR(check(rule.labels, "label"));
  return check(rule.annotations, "annotation");
}

Result<std::unique_ptr<Rule>> BuildRule(const config::RuleFileConfig& file,
                                        const config::RuleGroupConfig& group,
                                        const config::RuleConfig& rule,
                                        const RuleDefaults& defaults, RuleQueries& queries) {
  auto query = queries.Prepare(rule.expr);
  if (!query)
    return RuleError(file, group, rule, rule.expr_line, rule.expr_column,
                     "could not parse expression: " + query.error().message());
  LabelPairs labels = MergeLabels(group.labels, rule.labels);
  if (!rule.record.empty())
    return std::unique_ptr<Rule>(
        std::make_unique<RecordingRule>(rule.record, *std::move(query), std::move(labels)));
  TOCSIN_RETURN_IF_ERROR(CheckTemplates(file, group, rule));
  AlertingRuleOptions options;
  options.name = rule.alert;
  options.query = *std::move(query);
  options.hold_ns = rule.hold_duration.count() * kNsPerMs;
  options.keep_firing_ns = rule.keep_firing_for.count() * kNsPerMs;
  options.labels = std::move(labels);
  options.annotations = rule.annotations;
  return std::unique_ptr<Rule>(
      std::make_unique<AlertingRule>(std::move(options), defaults.environment));
}

// A text that two groups share exactly when they behave the same.
class Definition {
 public:
  void Add(std::string_view part) {
    text_.append(std::to_string(part.size())) += ':' + std::string(part);
  }
  void Add(int64_t number) { Add(std::to_string(number)); }
  void Add(const LabelPairs& pairs) {
    Add(static_cast<int64_t>(pairs.size()));
    for (const auto& [name, value] : pairs) {
      Add(name);
      Add(value);
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string Define(const config::RuleGroupConfig& group, const RuleGroupOptions& options,
                   const TemplateEnvironment& environment) {
  Definition definition;
  definition.Add(options.interval_ns);
  definition.Add(options.query_offset_ms);
  definition.Add(options.limit);
  definition.Add(environment.external_url);
  definition.Add(environment.external_labels.bytes());
  definition.Add(group.labels);
  for (const config::RuleConfig& rule : group.rules) {
    definition.Add(rule.record);
    definition.Add(rule.alert);
    definition.Add(rule.expr);
    definition.Add(rule.hold_duration.count());
    definition.Add(rule.keep_firing_for.count());
    definition.Add(rule.labels);
    definition.Add(rule.annotations);
  }
  return definition.Take();
}

Result<RuleGroupOptions> BuildGroup(const config::RuleFileConfig& file,
                                    const config::RuleGroupConfig& group,
                                    const RuleDefaults& defaults, RuleQueries& queries) {
  RuleGroupOptions options;
  options.file = file.path;
  options.name = group.name;
  options.interval_ns = group.interval.value_or(defaults.interval).count() * kNsPerMs;
  options.query_offset_ms = group.query_offset.value_or(defaults.query_offset).count();
  options.limit = group.limit;
  options.definition = Define(group, options, *defaults.environment);
  for (const config::RuleConfig& rule : group.rules) {
    TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<Rule> built,
                            BuildRule(file, group, rule, defaults, queries));
    options.rules.push_back(std::move(built));
  }
  return options;
}

}  // namespace

Result<std::vector<RuleGroupOptions>> BuildRuleGroups(const config::RuleFileConfig& file,
                                                      const RuleDefaults& defaults,
                                                      RuleQueries& queries) {
  std::vector<RuleGroupOptions> groups;
  for (const config::RuleGroupConfig& group : file.groups) {
    TOCSIN_ASSIGN_OR_RETURN(RuleGroupOptions options, BuildGroup(file, group, defaults, queries));
    groups.push_back(std::move(options));
  }
  return groups;
}

Result<std::vector<RuleGroupOptions>> LoadRuleGroups(Fs& fs, const std::vector<std::string>& globs,
                                                     const RuleDefaults& defaults,
                                                     RuleQueries& queries) {
  std::vector<RuleGroupOptions> groups;
  std::set<std::string> seen;
  for (const std::string& glob : globs) {
    auto paths = config::Glob(fs, glob);
    if (!paths)
      return Errorf(ErrorCode::kInvalidArgument, "error retrieving rule files for {}: {}", glob,
                    paths.error().message());
    for (const std::string& path : *paths) {
      if (!seen.insert(path).second) continue;
      TOCSIN_ASSIGN_OR_RETURN(const config::RuleFileConfig file, config::LoadRuleFile(fs, path));
      TOCSIN_ASSIGN_OR_RETURN(std::vector<RuleGroupOptions> built,
                              BuildRuleGroups(file, defaults, queries));
      for (RuleGroupOptions& group : built) groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace tocsin::rules
