#include "config/alertmanager_route.h"

#include <set>
#include <utility>

#include "model/labels.h"

namespace tocsin::config {
namespace {

constexpr std::string_view kGroupByAll = "...";

// Reads keys that hold matchers, in one mode.
class MatcherKeys {
 public:
  MatcherKeys(MappingReader& at, MatcherMode mode) : at_(at), mode_(mode) {}

  // `matchers`: a list of texts, each of which may hold several.
  void Read(std::string_view key, std::vector<Matcher>& out) {
    std::vector<std::string> texts;
    at_.Field(key, texts);
    for (size_t i = 0; i < texts.size() && !at_.failed(); ++i) {
      const YamlNode& node = at_.node().Find(key)->items[i];
      ConfigWarnings warnings;
      auto matchers = ParseAlertmanagerMatchers(texts[i], mode_, &warnings);
      if (!matchers) return at_.reader().Fail(node, matchers.error().message());
      for (const std::string& warning : warnings) at_.reader().Warn(node, warning);
      out.insert(out.end(), matchers->begin(), matchers->end());
    }
  }

  // The deprecated `match`: names and values.
  void ReadEqual(std::string_view key, std::map<std::string, std::string>& out) {
    at_.Field(key, out);
    CheckNames(key);
  }

  // The deprecated `match_re`: names and regular expressions.
  void ReadRegex(std::string_view key, std::map<std::string, Matcher>& out) {
    std::map<std::string, std::string> patterns;
    at_.Field(key, patterns);
    CheckNames(key);
    if (at_.failed()) return;
    for (const auto& [name, pattern] : patterns) {
      const YamlNode& node = *at_.node().Find(key)->Find(name);
      if (node.is_null())
        return at_.reader().Fail(node, fmt::format("invalid regexp value for {}", GoQuote(name)));
      auto matcher = Matcher::Make(MatchType::kRegex, name, pattern, Regex::Dot::kNotNewline);
      if (!matcher) return at_.reader().Fail(node, matcher.error().message());
      out.emplace(name, *std::move(matcher));
    }
  }

 private:
  void CheckNames(std::string_view key) {
    const YamlNode* mapping = at_.node().Find(key);
    if (mapping == nullptr || at_.failed()) return;
    for (const YamlEntry& entry : mapping->entries) {
      if (!IsAlertmanagerLabelName(entry.key.text, mode_))
        return at_.reader().Fail(entry.key,
                                 fmt::format("invalid label name {}", GoQuote(entry.key.text)));
    }
  }

  MappingReader& at_;
  const MatcherMode mode_;
};

void CheckLabelNames(MappingReader& at, std::string_view key, MatcherMode mode,
                     const std::vector<std::string>& names, std::string_view list_name) {
  for (size_t i = 0; i < names.size() && !at.failed(); ++i) {
    if (!IsAlertmanagerLabelName(names[i], mode))
      at.reader().Fail(
          at.node().Find(key)->items[i],
          fmt::format("invalid label name {} in {} list", GoQuote(names[i]), list_name));
  }
}

void ReadGroupBy(MappingReader& at, MatcherMode mode, RouteConfig& route) {
  at.Field("group_by", route.group_by);
  if (at.failed() || !route.group_by) return;
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (size_t i = 0; i < route.group_by->size(); ++i) {
    const std::string& name = (*route.group_by)[i];
    if (name == kGroupByAll) {
      route.group_by_all = true;
      continue;
    }
    if (!seen.insert(name).second)
      return at.reader().Fail(at.node().Find("group_by")->items[i],
                              fmt::format("duplicated label {} in group_by", GoQuote(name)));
    names.push_back(name);
  }
  CheckLabelNames(at, "group_by", mode, names, "group_by");
  if (route.group_by_all && !names.empty())
    at.Fail("group_by", "cannot have wildcard group_by (`...`) and other labels at the same time");
  route.group_by = std::move(names);
}

void ReadTimers(MappingReader& at, RouteConfig& route) {
  at.Field("group_wait", route.group_wait);
  at.Field("group_interval", route.group_interval);
  at.Field("repeat_interval", route.repeat_interval);
  if (route.group_interval && route.group_interval->count() == 0)
    at.Fail("group_interval", "group_interval cannot be zero");
  if (route.repeat_interval && route.repeat_interval->count() == 0)
    at.Fail("repeat_interval", "repeat_interval cannot be zero");
}

YamlNode ShowMatchers(const std::vector<Matcher>& matchers) {
  YamlNode list = YamlNode::Sequence();
  for (const Matcher& matcher : matchers)
    list.items.push_back(YamlNode::String(FormatAlertmanagerMatcher(matcher)));
  return list;
}

void ShowMatching(MappingWriter& writer, const std::string& prefix,
                  const std::map<std::string, std::string>& match,
                  const std::map<std::string, Matcher>& match_re,
                  const std::vector<Matcher>& matchers) {
  writer.Field(prefix + "match", match);
  std::map<std::string, std::string> patterns;
  for (const auto& [name, matcher] : match_re) patterns[name] = matcher.value();
  writer.Field(prefix + "match_re", patterns);
  if (!matchers.empty()) writer.Add(prefix + "matchers", ShowMatchers(matchers));
}

}  // namespace

void ReadRoute(ConfigReader& reader, const YamlNode& node, MatcherMode mode, RouteConfig& route) {
  MappingReader at(reader, node);
  at.Field("receiver", route.receiver);
  ReadGroupBy(at, mode, route);
  MatcherKeys keys(at, mode);
  keys.ReadEqual("match", route.match);
  keys.ReadRegex("match_re", route.match_re);
  keys.Read("matchers", route.matchers);
  at.Field("mute_time_intervals", route.mute_time_intervals);
  at.Field("active_time_intervals", route.active_time_intervals);
  at.Field("continue", route.continue_matching);
  at.Field("labels", route.labels);
  ReadTimers(at, route);
  const YamlNode* routes = at.Take("routes");
  at.Finish();
  if (routes == nullptr || reader.failed() || !ExpectSequence(reader, *routes)) return;
  for (const YamlNode& item : routes->items) {
    if (reader.failed()) return;
    if (item.is_null()) return reader.Fail(item, "empty or null route");
    ReadRoute(reader, item, mode, route.routes.emplace_back());
  }
}

void ReadInhibitRule(ConfigReader& reader, const YamlNode& node, MatcherMode mode,
                     InhibitRuleConfig& rule) {
  MappingReader at(reader, node);
  at.Field("name", rule.name);
  MatcherKeys keys(at, mode);
  keys.ReadEqual("source_match", rule.source_match);
  keys.ReadRegex("source_match_re", rule.source_match_re);
  keys.Read("source_matchers", rule.source_matchers);
  keys.ReadEqual("target_match", rule.target_match);
  keys.ReadRegex("target_match_re", rule.target_match_re);
  keys.Read("target_matchers", rule.target_matchers);
  at.Field("equal", rule.equal);
  at.Finish();
  CheckLabelNames(at, "equal", mode, rule.equal, "equal");
}

bool WriteValue(YamlNode& out, const RouteConfig& route) {
  MappingWriter writer;
  writer.Field("receiver", route.receiver);
  if (route.group_by_all)
    writer.Field("group_by", std::vector<std::string>{std::string(kGroupByAll)});
  else if (route.group_by)
    writer.Field("group_by", *route.group_by);
  ShowMatching(writer, "", route.match, route.match_re, route.matchers);
  writer.Field("mute_time_intervals", route.mute_time_intervals);
  writer.Field("active_time_intervals", route.active_time_intervals);
  writer.Field("continue", route.continue_matching, Show::kAlways);
  writer.Field("labels", route.labels);
  writer.Field("routes", route.routes);
  writer.Field("group_wait", route.group_wait);
  writer.Field("group_interval", route.group_interval);
  writer.Field("repeat_interval", route.repeat_interval);
  out = writer.Take();
  return true;
}

bool WriteValue(YamlNode& out, const InhibitRuleConfig& rule) {
  MappingWriter writer;
  writer.Field("name", rule.name);
  ShowMatching(writer, "source_", rule.source_match, rule.source_match_re, rule.source_matchers);
  ShowMatching(writer, "target_", rule.target_match, rule.target_match_re, rule.target_matchers);
  writer.Field("equal", rule.equal);
  out = writer.Take();
  return true;
}

}  // namespace tocsin::config
