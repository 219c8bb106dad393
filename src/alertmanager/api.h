#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alertmanager/core.h"
#include "base/result.h"
#include "http/router.h"

namespace tocsin::alertmanager {

/// Adds API v2 and the management endpoints below `prefix`. The handlers keep a reference to
/// `core`.
void AddApiRoutes(http::Router& router, const std::string& prefix, Core& core,
                  std::function<Status()> reload);

/// Errors of several alerts in one text, as upstream joins them.
std::string JoinErrors(const std::vector<std::string>& errors);

// The handlers, one file each group of endpoints.
void GetStatus(Core& core, const http::Request& request, http::Response& response);
void GetReceivers(Core& core, const http::Request& request, http::Response& response);
void GetAlerts(Core& core, const http::Request& request, http::Response& response);
void PostAlerts(Core& core, const http::Request& request, http::Response& response);
void GetAlertGroups(Core& core, const http::Request& request, http::Response& response);
void GetSilences(Core& core, const http::Request& request, http::Response& response);
void PostSilences(Core& core, const http::Request& request, http::Response& response);
void GetSilence(Core& core, const http::Request& request, http::Response& response);
void DeleteSilence(Core& core, const http::Request& request, http::Response& response);

}  // namespace tocsin::alertmanager
