#pragma once

#include <functional>
#include <string>

#include "http/router.h"
#include "web/rules_api.h"
#include "web/status_api.h"
#include "web/targets_api.h"

namespace tocsin::web {

/// What the status page shows; what is null is left out. References must outlive the routes.
struct StatusPageDependencies {
  std::string title = "Tocsin";
  std::string version;
  std::string path_prefix;  ///< "" or "/prefix": before every link.
  std::function<RuntimeInformation()> runtime;
  std::function<tsdb::HeadStatistics(size_t limit)> head_statistics;
  std::function<std::vector<scraper::ActiveTargetView>(const std::string& pool)> active_targets;
  RuleGroupsSource rule_groups;
  std::string alertmanager_path;  ///< Of the built-in Alertmanager's API, "" when there is none.
};

/// The page as HTML: what fires, what is down, a box for queries. It needs no other file, and
/// everything in it that came from outside is escaped.
std::string RenderStatusPage(const StatusPageDependencies& dependencies);

/// Registers `/`.
void AddStatusPage(http::Router& router, StatusPageDependencies dependencies);

/// `text` with the five characters that mean something to HTML replaced.
std::string EscapeHtml(std::string_view text);

}  // namespace tocsin::web
