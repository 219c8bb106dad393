#include "config/relabel_binding.h"

#include <array>
#include <cctype>

#include "model/labels.h"

namespace tocsin {
namespace config {
namespace {

using Action = RelabelRule::Action;

constexpr std::string_view kDefaultRegex = "(.*)";
constexpr std::string_view kDefaultSeparator = ";";
constexpr std::string_view kDefaultReplacement = "$1";

struct ActionName {
  Action action;
  std::string_view name;
};
constexpr std::array<ActionName, 11> kActionNames = {{{Action::kReplace, "replace"},
                                                      {Action::kKeep, "keep"},
                                                      {Action::kDrop, "drop"},
                                                      {Action::kKeepEqual, "keepequal"},
                                                      {Action::kDropEqual, "dropequal"},
                                                      {Action::kHashMod, "hashmod"},
                                                      {Action::kLabelMap, "labelmap"},
                                                      {Action::kLabelDrop, "labeldrop"},
                                                      {Action::kLabelKeep, "labelkeep"},
                                                      {Action::kLowercase, "lowercase"},
                                                      {Action::kUppercase, "uppercase"}}};

std::string_view NameOf(Action action) {
  for (const ActionName& entry : kActionNames)
    if (entry.action == action) return entry.name;
  return "";
}

void ReadAction(MappingReader& mapping, Action& action) {
  const YamlNode* value = mapping.Take("action");
  if (value == nullptr) return;
  std::string text;
  ReadValue(mapping.reader(), *value, text);
  if (value->is_null() && !mapping.failed())
    return mapping.Fail("action", "relabel action cannot be empty");
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const ActionName& entry : kActionNames) {
    if (entry.name == lower) {
      action = entry.action;
      return;
    }
  }
  mapping.Fail("action", fmt::format("unknown relabel action {}", GoQuote(text)));
}

// A key without a value means "", which matches only the empty string; no key means the default.
void ReadRegex(MappingReader& mapping, Regex& regex) {
  std::string pattern(kDefaultRegex);
  mapping.Field("regex", pattern);
  if (mapping.failed()) return;
  Result<Regex> compiled = Regex::Compile(pattern);
  if (!compiled) return mapping.Fail("regex", compiled.error().message());
  regex = *std::move(compiled);
}

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// ^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$: a legacy name with references to groups.
bool IsLegacyTargetTemplate(std::string_view text) {
  if (text.empty()) return false;
  bool begun = false;  // A digit cannot come first.
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      if (!IsWordChar(text[i]) || (!begun && std::isdigit(static_cast<unsigned char>(text[i]))))
        return false;
      begun = true;
      continue;
    }
    const bool braced = i + 1 < text.size() && text[i + 1] == '{';
    size_t end = i + (braced ? 2 : 1);
    const size_t begin = end;
    while (end < text.size() && IsWordChar(text[end])) ++end;
    if (end == begin || (braced && (end == text.size() || text[end] != '}'))) return false;
    i = braced ? end : end - 1;
    begun = true;
  }
  return true;
}

// Reports what is wrong with one rule at the key that is wrong.
class RuleChecker {
 public:
  RuleChecker(ConfigReader& reader, const YamlNode& node, const RelabelRule& rule, bool legacy)
      : at_(reader, node), rule_(rule), legacy_(legacy), name_(NameOf(rule.action)) {}

  void Check() {
    if (rule_.action == Action::kHashMod && rule_.modulus == 0)
      return at_.Fail("modulus", "relabel configuration for hashmod requires non-zero modulus");
    if (NeedsTarget()) CheckTarget();
    if (IsPlainTarget() && rule_.action != Action::kHashMod &&
        rule_.replacement != kDefaultReplacement)
      at_.Fail("replacement", fmt::format("'replacement' can not be set for {} action", name_));
    if (rule_.action == Action::kLabelMap && !IsTemplate(rule_.replacement))
      at_.Fail("replacement", fmt::format("{} is invalid 'replacement' for {} action",
                                          GoQuote(rule_.replacement), name_));
    if (rule_.action == Action::kKeepEqual || rule_.action == Action::kDropEqual)
      CheckOnlySourceAndTarget();
    if (rule_.action == Action::kLabelDrop || rule_.action == Action::kLabelKeep) CheckOnlyRegex();
  }

 private:
  // Actions that write to, or compare with, a label whose name is fixed.
  bool IsPlainTarget() const {
    switch (rule_.action) {
      case Action::kLowercase:
      case Action::kUppercase:
      case Action::kKeepEqual:
      case Action::kDropEqual:
      case Action::kHashMod:
        return true;
      default:
        return false;
    }
  }
  bool NeedsTarget() const { return rule_.action == Action::kReplace || IsPlainTarget(); }
  bool IsName(std::string_view name) const {
    return legacy_ ? IsLegacyLabelName(name) : IsValidUtf8Name(name);
  }
  bool IsTemplate(std::string_view text) const {
    return legacy_ ? IsLegacyTargetTemplate(text) : IsValidUtf8Name(text);
  }

  void CheckTarget() {
    const std::string& target = rule_.target_label;
    if (target.empty())
      return at_.Fail("target_label",
                      fmt::format("relabel configuration for {} action requires 'target_label' "
                                  "value",
                                  name_));
    const bool is_template =
        rule_.action == Action::kReplace && target.find('$') != std::string::npos;
    if (!(is_template ? IsTemplate(target) : IsName(target)))
      at_.Fail("target_label",
               fmt::format("{} is invalid 'target_label' for {} action", GoQuote(target), name_));
  }

  void CheckOnlySourceAndTarget() {
    if (at_.Has("regex") || rule_.modulus != 0 || rule_.separator != kDefaultSeparator ||
        rule_.replacement != kDefaultReplacement)
      at_.Fail("action", fmt::format("{} action requires only 'source_labels' and `target_label`, "
                                     "and no other fields",
                                     name_));
  }

  void CheckOnlyRegex() {
    if (!rule_.source_labels.empty() || !rule_.target_label.empty() || rule_.modulus != 0 ||
        rule_.separator != kDefaultSeparator || rule_.replacement != kDefaultReplacement)
      at_.Fail("action",
               fmt::format("{} action requires only 'regex', and no other fields", name_));
  }

  MappingReader at_;
  const RelabelRule& rule_;
  const bool legacy_;
  const std::string_view name_;
};

}  // namespace

void ValidateRelabelRules(ConfigReader& reader, const YamlNode* list,
                          std::span<const RelabelRule> rules, const std::string& scheme) {
  if (list == nullptr) return;
  for (size_t i = 0; i < rules.size() && !reader.failed(); ++i)
    RuleChecker(reader, list->items[i], rules[i], scheme == "legacy").Check();
}

}  // namespace config

void ReadValue(config::ConfigReader& reader, const config::YamlNode& node, RelabelRule& out) {
  config::MappingReader mapping(reader, node);
  mapping.Field("source_labels", out.source_labels);
  mapping.Field("separator", out.separator);
  config::ReadRegex(mapping, out.regex);
  mapping.Field("modulus", out.modulus);
  mapping.Field("target_label", out.target_label);
  mapping.Field("replacement", out.replacement);
  config::ReadAction(mapping, out.action);
  mapping.Finish();
  for (const std::string& name : out.source_labels) {
    if (!IsValidUtf8Name(name))
      mapping.Fail("source_labels", fmt::format("{} is not a valid label name", GoQuote(name)));
  }
}

bool WriteValue(config::YamlNode& out, const RelabelRule& rule) {
  RelabelRule copy = rule;
  config::MappingWriter writer;
  writer.Field("source_labels", config::FlowList{copy.source_labels});
  writer.Field("separator", copy.separator);
  const std::string& pattern = copy.regex.pattern();
  if (pattern.empty())
    writer.Add("regex", config::YamlNode());
  else if (pattern != config::kDefaultRegex)
    writer.Field("regex", pattern);
  writer.Field("modulus", copy.modulus);
  writer.Field("target_label", copy.target_label);
  writer.Field("replacement", copy.replacement);
  writer.Field("action", std::string(config::NameOf(copy.action)));
  out = writer.Take();
  return true;
}

}  // namespace tocsin
