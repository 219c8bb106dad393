#include "alertmanager/route.h"

#include <algorithm>
#include <tuple>

#include "config/alertmanager_matchers.h"

namespace tocsin::alertmanager {

namespace {

std::string FormatMatchers(const std::vector<Matcher>& matchers) {
  std::string out = "{";
  for (size_t i = 0; i < matchers.size(); ++i) {
    if (i > 0) out.push_back(',');
    out.append(config::FormatAlertmanagerMatcher(matchers[i]));
  }
  return out + "}";
}

void Inherit(const config::RouteConfig& config, RouteOptions& options) {
  if (!config.receiver.empty()) options.receiver = config.receiver;
  if (config.group_by || config.group_by_all) {
    options.group_by = config.group_by.value_or(std::vector<std::string>());
    options.group_by_all = config.group_by_all;
    std::sort(options.group_by.begin(), options.group_by.end());
  }
  if (config.group_wait) options.group_wait_ms = config.group_wait->count();
  if (config.group_interval) options.group_interval_ms = config.group_interval->count();
  if (config.repeat_interval) options.repeat_interval_ms = config.repeat_interval->count();
  for (const auto& [name, value] : config.labels) options.labels.insert_or_assign(name, value);
  options.mute_time_intervals = config.mute_time_intervals;
  options.active_time_intervals = config.active_time_intervals;
}

}  // namespace

Result<std::vector<Matcher>> CollectMatchers(const std::map<std::string, std::string>& match,
                                             const std::map<std::string, Matcher>& match_re,
                                             const std::vector<Matcher>& matchers) {
  std::vector<Matcher> all = matchers;
  for (const auto& [name, value] : match) all.push_back(Matcher::Equal(name, value));
  for (const auto& [name, matcher] : match_re) {
    TOCSIN_ASSIGN_OR_RETURN(Matcher anchored,
                            Matcher::Make(MatchType::kRegex, name, "^(?:" + matcher.value() + ")$",
                                          Regex::Dot::kNotNewline));
    all.push_back(std::move(anchored));
  }
  std::stable_sort(all.begin(), all.end(), [](const Matcher& a, const Matcher& b) {
    return std::tuple(std::string_view(a.name()), std::string_view(a.value()), a.type()) <
           std::tuple(std::string_view(b.name()), std::string_view(b.value()), b.type());
  });
  return all;
}

Result<std::unique_ptr<const Route>> Route::Make(const config::RouteConfig& root) {
  return MakeNode(root, nullptr);
}

Result<std::unique_ptr<const Route>> Route::MakeNode(const config::RouteConfig& config,
                                                     const Route* parent) {
  std::unique_ptr<Route> route(new Route());
  if (parent != nullptr) route->options_ = parent->options_;
  Inherit(config, route->options_);
  route->continue_matching_ = config.continue_matching;
  TOCSIN_ASSIGN_OR_RETURN(route->matchers_,
                          CollectMatchers(config.match, config.match_re, config.matchers));
  if (parent != nullptr) route->key_ = parent->key_ + "/";
  route->key_ += FormatMatchers(route->matchers_);
  for (const config::RouteConfig& child : config.routes) {
    TOCSIN_ASSIGN_OR_RETURN(auto node, MakeNode(child, route.get()));
    route->children_.push_back(std::move(node));
  }
  return std::unique_ptr<const Route>(std::move(route));
}

std::vector<const Route*> Route::Match(const Labels& labels) const {
  std::vector<const Route*> matched;
  MatchInto(labels, matched);
  return matched;
}

bool Route::MatchInto(const Labels& labels, std::vector<const Route*>& matched) const {
  const bool matches = std::all_of(matchers_.begin(), matchers_.end(),
                                   [&](const Matcher& m) { return m.Matches(labels); });
  if (!matches) return false;
  bool has_matching_child = false;
  for (const auto& child : children_) {
    if (!child->MatchInto(labels, matched)) continue;
    has_matching_child = true;
    if (!child->continue_matching_) break;
  }
  if (!has_matching_child) matched.push_back(this);
  return true;
}

Labels Route::GroupLabels(const Labels& labels) const {
  return options_.group_by_all ? labels : labels.Only(options_.group_by);
}

std::string GroupKey(const Route& route, const Labels& group_labels) {
  std::string key = route.key() + ":{";
  bool is_first = true;
  for (const LabelView label : group_labels) {
    if (!std::exchange(is_first, false)) key.append(", ");
    key.append(label.name).push_back('=');
    AppendGoQuoted(key, label.value);
  }
  return key + "}";
}

}  // namespace tocsin::alertmanager
