#pragma once

#include <functional>
#include <vector>

#include "rules/rule_views.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// All rule groups, sorted by file, then name. Called on a request's thread.
using RuleGroupsSource = std::function<std::vector<rules::GroupView>()>;

/// Registers /rules and /alerts.
void AddRulesRoutes(ApiRoutes& routes, RuleGroupsSource groups);

}  // namespace tocsin::web
