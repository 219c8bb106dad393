#include "config/rule_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/yaml_parser.h"
#include "config/yaml_reader.h"
#include "model/labels.h"

namespace tocsin::config {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // As kMaxYamlBytes.

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Reads a mapping of names to texts, sorted by name.
void ReadPairs(MappingReader& at, std::string_view key, Pairs& out) {
  std::map<std::string, std::string> values;
  at.Field(key, values);
  out.assign(values.begin(), values.end());
}

// Reports the rule and its place in the file, as upstream does.
class RuleReader {
 public:
  RuleReader(ConfigReader& reader, const YamlNode& node, const RuleGroupConfig& group, size_t index)
      : at_(reader, node), group_(group), index_(index) {}

  void Read(RuleConfig& rule) {
    rule.line = at_.node().line;
    rule.column = at_.node().column;
    at_.Field("record", rule.record);
    at_.Field("alert", rule.alert);
    at_.Field("expr", rule.expr);
    at_.Field("for", rule.hold_duration);
    at_.Field("keep_firing_for", rule.keep_firing_for);
    ReadPairs(at_, "labels", rule.labels);
    ReadPairs(at_, "annotations", rule.annotations);
    at_.Finish();
    if (const YamlNode* expr = at_.node().Find("expr")) {
      rule.expr_line = expr->line;
      rule.expr_column = expr->column;
    }
    if (!at_.failed()) Check(rule);
  }

 private:
  void Fail(std::string_view key, const RuleConfig& rule, std::string_view what) {
    const std::string& name = rule.record.empty() ? rule.alert : rule.record;
    at_.Fail(key, fmt::format("group {}, rule {}, {}: {}", GoQuote(group_.name), index_ + 1,
                              GoQuote(name), what));
  }

  void Check(const RuleConfig& rule) {
    if (!rule.record.empty() && !rule.alert.empty())
      return Fail("alert", rule, "only one of 'record' and 'alert' must be set");
    if (rule.record.empty() && rule.alert.empty())
      return Fail("record", rule, "one of 'record' or 'alert' must be set");
    if (rule.expr.empty()) return Fail("expr", rule, "field 'expr' must be set in rule");
    if (!rule.record.empty()) CheckRecording(rule);
    CheckLabels(rule);
    for (const auto& [name, value] : rule.annotations) {
      if (!IsValidUtf8Name(name)) Fail("annotations", rule, "invalid annotation name: " + name);
    }
  }

  void CheckRecording(const RuleConfig& rule) {
    if (!rule.annotations.empty())
      return Fail("annotations", rule, "invalid field 'annotations' in recording rule");
    if (rule.hold_duration.count() != 0)
      return Fail("for", rule, "invalid field 'for' in recording rule");
    if (rule.keep_firing_for.count() != 0)
      return Fail("keep_firing_for", rule, "invalid field 'keep_firing_for' in recording rule");
    if (!IsValidUtf8Name(rule.record))
      return Fail("record", rule, "invalid recording rule name: " + rule.record);
    // A selector in the place of a name is a mistake people make.
    if (rule.record.find_first_of("{}") != std::string::npos)
      Fail("record", rule,
           "braces present in the recording rule name; should it be in expr?: " + rule.record);
  }

  void CheckLabels(const RuleConfig& rule) {
    for (const auto& [name, value] : rule.labels) {
      if (!IsValidUtf8Name(name) || name == kMetricNameLabel)
        return Fail("labels", rule, "invalid label name: " + name);
      if (!IsValidUtf8(value)) return Fail("labels", rule, "invalid label value: " + value);
    }
  }

  MappingReader at_;
  const RuleGroupConfig& group_;
  const size_t index_;
};

void CheckGroup(MappingReader& at, const RuleGroupConfig& group, std::set<std::string>& names) {
  if (group.name.empty()) return at.Fail("name", "Groupname must not be empty");
  if (!names.insert(group.name).second)
    return at.Fail("name",
                   fmt::format("groupname: {} is repeated in the same file", GoQuote(group.name)));
  for (const auto& [name, value] : group.labels) {
    if (!IsValidUtf8Name(name) || name == kMetricNameLabel)
      return at.Fail("labels", "invalid label name: " + name);
  }
}

void ReadGroup(ConfigReader& reader, const YamlNode& node, std::set<std::string>& names,
               RuleGroupConfig& group) {
  MappingReader at(reader, node);
  group.line = node.line;
  group.column = node.column;
  at.Field("name", group.name);
  at.Field("interval", group.interval);
  at.Field("query_offset", group.query_offset);
  at.Field("limit", group.limit);
  ReadPairs(at, "labels", group.labels);
  const YamlNode* rules = at.Take("rules");
  at.Finish();
  if (!reader.failed()) CheckGroup(at, group, names);
  if (group.interval && group.interval->count() == 0) group.interval.reset();
  if (rules == nullptr || reader.failed() || !ExpectSequence(reader, *rules)) return;
  group.rules.resize(rules->items.size());
  for (size_t i = 0; i < group.rules.size() && !reader.failed(); ++i)
    RuleReader(reader, rules->items[i], group, i).Read(group.rules[i]);
}

}  // namespace

Result<RuleFileConfig> ParseRuleFile(std::string_view text, const std::string& file_name) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseYaml(text, file_name));
  ConfigReader reader(file_name, nullptr);
  RuleFileConfig file;
  file.path = file_name;
  MappingReader root(reader, node);
  const YamlNode* groups = root.Take("groups");
  root.Finish();
  if (groups != nullptr && !reader.failed() && ExpectSequence(reader, *groups)) {
    std::set<std::string> names;
    for (const YamlNode& group : groups->items) {
      if (reader.failed()) break;
      ReadGroup(reader, group, names, file.groups.emplace_back());
    }
  }
  if (reader.failed()) return reader.error();
  return file;
}

Result<RuleFileConfig> LoadRuleFile(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  return ParseRuleFile(text, path);
}

}  // namespace tocsin::config
