#include "web/targets_api.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/json_value.h"
#include "base/json_writer.h"
#include "promql/parser.h"
#include "web/api_parameters.h"
#include "web/json_result.h"
#include "web/status_api.h"

namespace tocsin::web {
namespace {

using scraper::FamilyMetadata;

std::string LabelsJson(const Labels& labels) {
  std::string json;
  AppendLabelsJson(json, labels);
  return json;
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lowered;
}

void WriteActiveTarget(JsonWriter& json, const scraper::ActiveTargetView& target) {
  json.BeginObject();
  json.Key("discoveredLabels"), json.Raw(LabelsJson(target.discovered_labels));
  json.Key("labels"), json.Raw(LabelsJson(target.labels));
  json.KeyString("scrapePool", target.scrape_pool);
  json.KeyString("scrapeUrl", target.scrape_url);
  json.KeyString("globalUrl", target.global_url);
  json.KeyString("lastError", target.last_error);
  json.KeyString("lastScrape", ApiTime(target.last_scrape_ms * 1'000'000));
  json.KeyDouble("lastScrapeDuration", target.last_scrape_duration_seconds);
  json.KeyString("health", TargetHealthText(target.health));
  json.KeyString("scrapeInterval", target.scrape_interval);
  json.KeyString("scrapeTimeout", target.scrape_timeout);
  json.EndObject();
}

void WriteDroppedTarget(JsonWriter& json, const scraper::DroppedTargetView& target) {
  json.BeginObject();
  json.Key("discoveredLabels"), json.Raw(LabelsJson(target.discovered_labels));
  json.KeyString("scrapePool", target.scrape_pool);
  // Beyond upstream, where it is left to guess.
  if (!target.reason.empty()) json.KeyString("dropReason", target.reason);
  json.EndObject();
}

void WriteDroppedCounts(JsonWriter& json, const std::map<std::string, size_t>& counts) {
  json.BeginObject();
  for (const auto& [pool, count] : counts) {
    json.Key(pool);
    json.Uint(count);
  }
  json.EndObject();
}

ApiResult Targets(const TargetsApiDependencies& dependencies, const http::Request& request) {
  const std::string pool(request.Parameter("scrapePool"));
  const std::string state = Lowered(request.Parameter("state"));
  const bool shows_all = state.empty() || state == "any";
  const bool shows_active = (shows_all || state == "active") && dependencies.active_targets;
  const bool shows_dropped = (shows_all || state == "dropped") && dependencies.dropped_targets;

  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Key("activeTargets");
  json.BeginArray();
  if (shows_active) {
    for (const auto& target : dependencies.active_targets(pool)) WriteActiveTarget(json, target);
  }
  json.EndArray();
  json.Key("droppedTargets");
  json.BeginArray();
  if (shows_dropped) {
    for (const auto& target : dependencies.dropped_targets(pool)) WriteDroppedTarget(json, target);
  }
  json.EndArray();
  json.Key("droppedTargetCounts");
  if (shows_dropped && dependencies.dropped_target_counts) {
    WriteDroppedCounts(json, dependencies.dropped_target_counts());
  } else {
    json.Null();
  }
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

// A whole number, or -1 when missing; upstream's text when it is neither.
Parameter<int64_t> CountParameter(const http::Request& request, std::string_view name) {
  std::string_view text = request.Parameter(name);
  if (text.empty()) return -1;
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) return count;
  return tl::unexpected(ApiError{ApiErrorType::kBadData, fmt::format("{} must be a number", name)});
}

std::vector<scraper::TargetMetadataView> AllMetadata(const TargetsApiDependencies& dependencies) {
  if (!dependencies.metadata) return {};
  return dependencies.metadata();
}

bool Matches(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels); });
}

// With `names_metric` also the metric, which upstream leaves out where the client named it.
void WriteTargetFamily(JsonWriter& json, const Labels& target, const FamilyMetadata& family,
                       bool names_metric) {
  json.BeginObject();
  json.Key("target"), json.Raw(LabelsJson(target));
  if (names_metric) json.KeyString("metric", family.metric);
  json.KeyString("type", MetricTypeText(family.metadata.type));
  json.KeyString("help", family.metadata.help);
  json.KeyString("unit", family.metadata.unit);
  json.EndObject();
}

ApiResult TargetsMetadata(const TargetsApiDependencies& dependencies,
                          const http::Request& request) {
  TOCSIN_ASSIGN_PARAMETER(const int64_t limit, CountParameter(request, "limit"));
  std::vector<Matcher> matchers;
  if (const std::string_view text = request.Parameter("match_target"); !text.empty()) {
    auto parsed = promql::ParseMetricSelector(text);
    if (!parsed) return InvalidParameter("match_target", parsed.error().message());
    matchers = std::move(*parsed);
  }
  const std::string_view metric = request.Parameter("metric");

  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  int64_t count = 0;
  for (const auto& target : AllMetadata(dependencies)) {
    if (limit >= 0 && count >= limit) break;
    if (!Matches(matchers, target.target)) continue;
    for (const auto& family : target.families) {
      if (!metric.empty() && family->metric != metric) continue;
      WriteTargetFamily(json, target.target, *family, metric.empty());
      ++count;
    }
  }
  json.EndArray();
  if (count == 0) return ApiError{ApiErrorType::kNotFound, "specified metadata not found"};
  return ApiResult::Json(std::move(data));
}

Result<Labels> ParseLabels(std::string_view text) {
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(text));
  const JsonValue::Object* const object = value.AsObject();
  if (object == nullptr) return Error(ErrorCode::kInvalidArgument, "labels are not an object");
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, member] : *object) {
    const std::string* const label = member.AsString();
    if (label == nullptr) {
      return Errorf(ErrorCode::kInvalidArgument, "value of label {} is not a string",
                    GoQuote(name));
    }
    pairs.emplace_back(name, *label);
  }
  return Labels::FromPairs(std::move(pairs));
}

void WriteRule(JsonWriter& json, const RelabelRule& rule) {
  json.BeginObject();
  if (!rule.source_labels.empty()) {
    json.Key("source_labels");
    json.BeginArray();
    for (const std::string& label : rule.source_labels) json.String(label);
    json.EndArray();
  }
  const auto write = [&json](std::string_view key, const std::string& text) {
    if (!text.empty()) json.KeyString(key, text);
  };
  write("separator", rule.separator);
  json.KeyString("regex", rule.regex.pattern());
  if (rule.modulus != 0) {
    json.Key("modulus");
    json.Uint(rule.modulus);
  }
  write("target_label", rule.target_label);
  write("replacement", rule.replacement);
  json.KeyString("action", scraper::RelabelActionText(rule.action));
  json.EndObject();
}

ApiResult RelabelSteps(const TargetsApiDependencies& dependencies, const http::Request& request) {
  const auto refuse = [](std::string message) {
    return ApiError{ApiErrorType::kBadData, std::move(message)};
  };
  const std::string pool(request.Parameter("scrapePool"));
  if (pool.empty()) return refuse("no scrapePool parameter provided");
  const std::string_view text = request.Parameter("labels");
  if (text.empty()) return refuse("no labels parameter provided");
  const Result<Labels> labels = ParseLabels(text);
  if (!labels) return refuse("error parsing labels: " + labels.error().message());
  std::optional<std::vector<scraper::RelabelStep>> steps;
  if (dependencies.relabel_steps) steps = dependencies.relabel_steps(pool, *labels);
  if (!steps) {
    return refuse("error retrieving scrape config: scrape pool " + GoQuote(pool) + " not found");
  }
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Key("steps");
  json.BeginArray();
  for (const scraper::RelabelStep& step : *steps) {
    json.BeginObject();
    json.Key("rule"), WriteRule(json, step.rule);
    json.Key("output"), json.Raw(LabelsJson(step.output));
    json.Key("keep"), json.Bool(step.is_kept);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult ScrapePools(const TargetsApiDependencies& dependencies) {
  std::vector<std::string> names;
  if (dependencies.pool_names) names = dependencies.pool_names();
  std::sort(names.begin(), names.end());
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Key("scrapePools");
  json.BeginArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

void WriteUrls(JsonWriter& json, std::string_view key, const std::vector<std::string>& urls) {
  json.Key(key);
  json.BeginArray();
  for (const std::string& url : urls) {
    json.BeginObject();
    json.KeyString("url", url);
    json.EndObject();
  }
  json.EndArray();
}

ApiResult Alertmanagers(const TargetsApiDependencies& dependencies) {
  AlertmanagersView view;
  if (dependencies.alertmanagers) view = dependencies.alertmanagers();
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  WriteUrls(json, "activeAlertmanagers", view.active);
  WriteUrls(json, "droppedAlertmanagers", view.dropped);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

}  // namespace

std::map<std::string, std::vector<MetricMetadata>> ScrapedMetadata::ListMetadata(
    std::string_view metric) const {
  std::map<std::string, std::vector<MetricMetadata>> found;
  for (const auto& target : targets_()) {
    for (const auto& family : target.families) {
      if (!metric.empty() && family->metric != metric) continue;
      auto& known = found[family->metric];
      const bool is_known = std::find(known.begin(), known.end(), family->metadata) != known.end();
      if (!is_known) known.push_back(family->metadata);
    }
  }
  return found;
}

void AddTargetsRoutes(ApiRoutes& routes, TargetsApiDependencies dependencies) {
  // Shared by the handlers below and nobody else.
  const auto shared = std::make_shared<const TargetsApiDependencies>(std::move(dependencies));
  routes.Handle("GET", "/targets",
                [shared](http::Request& request) { return Targets(*shared, request); });
  routes.Handle("GET", "/targets/metadata",
                [shared](http::Request& request) { return TargetsMetadata(*shared, request); });
  routes.Handle("GET", "/targets/relabel_steps",
                [shared](http::Request& request) { return RelabelSteps(*shared, request); });
  routes.Handle("GET", "/scrape_pools", [shared](http::Request&) { return ScrapePools(*shared); });
  routes.Handle("GET", "/alertmanagers",
                [shared](http::Request&) { return Alertmanagers(*shared); });
}

}  // namespace tocsin::web
