#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/alertmanager_config.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::alertmanager {

/// What a route hands to its groups, inherited from the parent where the route does not say. The
/// intervals' names are not inherited.
struct RouteOptions {
  std::string receiver;
  std::vector<std::string> group_by;  ///< Sorted.
  bool group_by_all = false;
  int64_t group_wait_ms = 30'000;
  int64_t group_interval_ms = 300'000;
  int64_t repeat_interval_ms = int64_t{4} * 3'600'000;
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  std::map<std::string, std::string> labels;  ///< Values are templates.
};

/// A node of the routing tree. Immutable; thread-safe.
class Route {
 public:
  /// Builds the tree of a valid configuration.
  static Result<std::unique_ptr<const Route>> Make(const config::RouteConfig& root);

  /// The deepest nodes that take an alert with these labels, in order of the configuration; empty
  /// when not even this one does. The pointers live as long as the tree.
  std::vector<const Route*> Match(const Labels& labels) const;

  /// The labels of the group that an alert falls in. A group_by label that the alert lacks is
  /// absent.
  Labels GroupLabels(const Labels& labels) const;

  /// Matchers of all ancestors joined by "/": the first half of a group's key. Not unique.
  const std::string& key() const { return key_; }
  const RouteOptions& options() const { return options_; }
  const std::vector<std::unique_ptr<const Route>>& children() const { return children_; }

 private:
  Route() = default;
  static Result<std::unique_ptr<const Route>> MakeNode(const config::RouteConfig& config,
                                                       const Route* parent);
  bool MatchInto(const Labels& labels, std::vector<const Route*>& matched) const;

  RouteOptions options_;
  std::vector<Matcher> matchers_;  // In the order of the key.
  bool continue_matching_ = false;
  std::string key_;
  std::vector<std::unique_ptr<const Route>> children_;
};

/// The key of a group in the notification log: route key, colon, labels.
std::string GroupKey(const Route& route, const Labels& group_labels);

/// Matchers of all three ways to write them, in the order that keys have: by name, value, type.
/// `match_re` values appear anchored, as upstream shows them.
Result<std::vector<Matcher>> CollectMatchers(const std::map<std::string, std::string>& match,
                                             const std::map<std::string, Matcher>& match_re,
                                             const std::vector<Matcher>& matchers);

}  // namespace tocsin::alertmanager
