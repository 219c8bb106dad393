#include "web/rules_api.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>

#include "base/digest.h"
#include "base/json_writer.h"
#include "model/labels.h"
#include "model/number_text.h"
#include "promql/parser.h"
#include "web/api_parameters.h"
#include "web/json_result.h"
#include "web/status_api.h"

namespace tocsin::web {
namespace {

using rules::AlertView;
using rules::GroupView;
using rules::RuleView;
using Names = std::set<std::string, std::less<>>;

/// Which part of the rules a request asks for.
struct RulesQuery {
  Names rule_names, group_names, files;  ///< Empty: all.
  std::vector<std::vector<Matcher>> matchers;
  bool wants_alerting = true;
  bool wants_recording = true;
  bool excludes_alerts = false;
  size_t group_limit = 0;  ///< 0: no pages.
  std::string next_token;
};

Names NamesOf(const http::Request& request, std::string_view parameter) {
  Names names;
  for (const std::string_view name : request.Parameters(parameter)) names.emplace(name);
  return names;
}

bool IsWanted(const Names& names, const std::string& name) {
  return names.empty() || names.contains(name);
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lowered;
}

// Go's strconv.ParseBool of a lowered text.
std::optional<bool> ParseGoBool(std::string_view text) {
  if (text == "1" || text == "t" || text == "true") return true;
  if (text == "0" || text == "f" || text == "false") return false;
  return std::nullopt;
}

Parameter<size_t> GroupLimit(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
  int32_t limit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (error == std::errc() && end == digits.data() + digits.size()) {
    if (limit > 0) return static_cast<size_t>(limit);
    return tl::unexpected(
        InvalidParameter("group_limit", "group_limit needs to be greater than 0"));
  }
  const std::string_view reason =
      error == std::errc::result_out_of_range ? "value out of range" : "invalid syntax";
  return tl::unexpected(InvalidParameter(
      "group_limit", fmt::format("group_limit needs to be a valid number: strconv.ParseInt: "
                                 "parsing {}: {}",
                                 GoQuote(text), reason)));
}

Parameter<RulesQuery> ParseRulesQuery(const http::Request& request) {
  RulesQuery query;
  if (!request.parameter_error.empty()) {
    return tl::unexpected(
        ApiError{ApiErrorType::kBadData, "error parsing form values: " + request.parameter_error});
  }
  query.rule_names = NamesOf(request, "rule_name[]");
  query.group_names = NamesOf(request, "rule_group[]");
  query.files = NamesOf(request, "file[]");
  auto matchers = MatchParameters(request);
  if (!matchers) return tl::unexpected(std::move(matchers).error());
  query.matchers = std::move(*matchers);

  const std::string type = Lowered(request.Parameter("type"));
  if (!type.empty() && type != "alert" && type != "record") {
    return tl::unexpected(InvalidParameter("type", "not supported value " + GoQuote(type)));
  }
  query.wants_alerting = type != "record";
  query.wants_recording = type != "alert";

  if (const std::string text = Lowered(request.Parameter("exclude_alerts")); !text.empty()) {
    const auto excludes = ParseGoBool(text);
    if (!excludes) {
      return tl::unexpected(InvalidParameter(
          "exclude_alerts", "error converting exclude_alerts: strconv.ParseBool: parsing " +
                                GoQuote(text) + ": invalid syntax"));
    }
    query.excludes_alerts = *excludes;
  }

  const std::string_view limit = request.Parameter("group_limit");
  query.next_token = request.Parameter("group_next_token");
  if (limit.empty()) {
    if (query.next_token.empty()) return query;
    return tl::unexpected(
        InvalidParameter("group_next_token",
                         "group_limit needs to be present in order to paginate over the groups"));
  }
  auto group_limit = GroupLimit(limit);
  if (!group_limit) return tl::unexpected(std::move(group_limit).error());
  query.group_limit = *group_limit;
  return query;
}

std::string NextToken(const GroupView& group) { return Sha256Hex(group.file + ";" + group.name); }

bool MatchesAnySet(const std::vector<std::vector<Matcher>>& sets, const Labels& labels) {
  if (sets.empty()) return true;
  return std::any_of(sets.begin(), sets.end(), [&](const std::vector<Matcher>& set) {
    return std::all_of(set.begin(), set.end(),
                       [&](const Matcher& matcher) { return matcher.Matches(labels); });
  });
}

bool IsRuleWanted(const RulesQuery& query, const RuleView& rule) {
  if (!(rule.is_alerting ? query.wants_alerting : query.wants_recording)) return false;
  return IsWanted(query.rule_names, rule.name) &&
         MatchesAnySet(query.matchers, Labels::FromPairs(rule.labels));
}

std::string LabelsJson(const Labels& labels) {
  std::string json;
  AppendLabelsJson(json, labels);
  return json;
}

void WriteAlert(JsonWriter& json, const AlertView& alert) {
  json.BeginObject();
  json.Key("labels"), json.Raw(LabelsJson(alert.labels));
  json.Key("annotations"), json.Raw(LabelsJson(alert.annotations));
  json.KeyString("state", AlertStateText(alert.state));
  json.KeyString("activeAt", ApiTime(alert.active_at_ns));
  if (alert.keep_firing_since_ns != 0) {
    json.KeyString("keepFiringSince", ApiTime(alert.keep_firing_since_ns));
  }
  json.KeyString("value", FormatFloatExponent(alert.value));
  json.EndObject();
}

void WriteHealthAndTimes(JsonWriter& json, const RuleView& rule) {
  json.KeyString("health", RuleHealthText(rule.health));
  if (!rule.last_error.empty()) json.KeyString("lastError", rule.last_error);
  json.KeyDouble("evaluationTime", rule.evaluation_seconds);
  json.KeyString("lastEvaluation", ApiTime(rule.last_evaluation_ns));
}

void WriteAlertingRule(JsonWriter& json, const RuleView& rule, bool excludes_alerts) {
  json.BeginObject();
  json.KeyString("state", AlertStateText(rule.state));
  json.KeyString("name", rule.name);
  json.KeyString("query", rule.query);
  json.KeyDouble("duration", rule.hold_seconds);
  json.KeyDouble("keepFiringFor", rule.keep_firing_seconds);
  json.Key("labels"), json.Raw(LabelsJson(Labels::FromPairs(rule.labels)));
  json.Key("annotations"), json.Raw(LabelsJson(Labels::FromPairs(rule.annotations)));
  json.Key("alerts");
  if (excludes_alerts) {
    json.Null();
  } else {
    json.BeginArray();
    for (const AlertView& alert : rule.alerts) WriteAlert(json, alert);
    json.EndArray();
  }
  WriteHealthAndTimes(json, rule);
  json.KeyString("type", "alerting");
  json.EndObject();
}

void WriteRecordingRule(JsonWriter& json, const RuleView& rule) {
  json.BeginObject();
  json.KeyString("name", rule.name);
  json.KeyString("query", rule.query);
  const Labels labels = Labels::FromPairs(rule.labels);
  if (!labels.empty()) json.Key("labels"), json.Raw(LabelsJson(labels));
  WriteHealthAndTimes(json, rule);
  json.KeyString("type", "recording");
  json.EndObject();
}

void WriteGroup(JsonWriter& json, const GroupView& group,
                const std::vector<const RuleView*>& wanted, bool excludes_alerts) {
  json.BeginObject();
  json.KeyString("name", group.name);
  json.KeyString("file", group.file);
  json.Key("rules");
  json.BeginArray();
  for (const RuleView* rule : wanted) {
    if (rule->is_alerting) {
      WriteAlertingRule(json, *rule, excludes_alerts);
    } else {
      WriteRecordingRule(json, *rule);
    }
  }
  json.EndArray();
  json.KeyDouble("interval", group.interval_seconds);
  json.KeyInt("limit", group.limit);
  json.KeyDouble("evaluationTime", group.evaluation_seconds);
  json.KeyString("lastEvaluation", ApiTime(group.last_evaluation_ns));
  json.EndObject();
}

// Where the page begins that `query` asks for; the end when its token fits no group.
std::vector<GroupView>::const_iterator PageStart(const std::vector<GroupView>& groups,
                                                 const RulesQuery& query) {
  if (query.next_token.empty()) return groups.begin();
  return std::find_if(groups.begin(), groups.end(),
                      [&](const GroupView& group) { return NextToken(group) == query.next_token; });
}

ApiResult Rules(const RuleGroupsSource& source, const http::Request& request) {
  TOCSIN_ASSIGN_PARAMETER(const RulesQuery query, ParseRulesQuery(request));
  const std::vector<GroupView> groups = source ? source() : std::vector<GroupView>();
  auto group = PageStart(groups, query);
  if (!query.next_token.empty() && group == groups.end()) {
    return InvalidParameter(
        "group_next_token",
        fmt::format("invalid group_next_token '{}'. were rule groups changed?", query.next_token));
  }
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Key("groups");
  json.BeginArray();
  size_t count = 0;
  std::string next_token;
  for (; group != groups.end(); ++group) {
    if (!IsWanted(query.group_names, group->name) || !IsWanted(query.files, group->file)) continue;
    std::vector<const RuleView*> wanted;
    for (const RuleView& rule : group->rules) {
      if (IsRuleWanted(query, rule)) wanted.push_back(&rule);
    }
    if (wanted.empty()) continue;
    if (query.group_limit > 0 && count == query.group_limit) {
      next_token = NextToken(*group);
      break;
    }
    WriteGroup(json, *group, wanted, query.excludes_alerts);
    ++count;
  }
  json.EndArray();
  if (!next_token.empty()) json.KeyString("groupNextToken", next_token);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult Alerts(const RuleGroupsSource& source) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Key("alerts");
  json.BeginArray();
  for (const GroupView& group : source ? source() : std::vector<GroupView>()) {
    for (const RuleView& rule : group.rules) {
      for (const AlertView& alert : rule.alerts) WriteAlert(json, alert);
    }
  }
  json.EndArray();
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

}  // namespace

void AddRulesRoutes(ApiRoutes& routes, RuleGroupsSource groups) {
  routes.Handle("GET", "/rules",
                [groups](http::Request& request) { return Rules(groups, request); });
  routes.Handle("GET", "/alerts", [groups](http::Request&) { return Alerts(groups); });
}

}  // namespace tocsin::web
