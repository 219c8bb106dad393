#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tsdb/head_statistics.h"
#include "tsdb/replay_status.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// Of /api/v1/status/buildinfo and /version. `version` is the Prometheus whose behaviour is
/// offered: Grafana picks features by it. Value type.
struct BuildInformation {
  std::string version;
  std::string revision;
  std::string branch;
  std::string build_user;
  std::string build_date;
  std::string go_version;  ///< Ours says what it was built with instead.
};
std::string BuildInformationJson(const BuildInformation& build);

/// Of /api/v1/status/runtimeinfo; times are nanoseconds since the epoch, 0 is never. Value type.
struct RuntimeInformation {
  int64_t start_time_ns = 0;
  std::string working_directory;
  std::string hostname;
  int64_t server_time_ns = 0;
  bool reload_config_success = false;
  int64_t last_config_time_ns = 0;
  int64_t corruption_count = 0;
  int64_t thread_count = 0;  ///< Shown as goroutineCount.
  int64_t cpu_count = 0;     ///< Shown as GOMAXPROCS.
  int64_t memory_limit_bytes = 0;
  std::string storage_retention;  ///< "15d", "15d or 10GiB"
};

/// One entry of /api/v1/notifications.
struct Notification {
  std::string text;
  int64_t date_ns = 0;
  bool is_active = true;
};

/// What the status endpoints show. Each function is called at each request, on its thread; what is
/// null is shown empty. The reference must outlive the routes.
struct StatusApiDependencies {
  BuildInformation build;
  std::vector<std::pair<std::string, std::string>> flags;
  std::function<std::string()> config_yaml;  ///< As loaded, secrets masked.
  std::function<RuntimeInformation()> runtime;
  std::function<tsdb::HeadStatistics(size_t limit)> head_statistics;
  const tsdb::ReplayStatus& replay;
  /// Category to feature to whether it is there, for /api/v1/features.
  std::map<std::string, std::map<std::string, bool>> features;
  std::function<std::vector<Notification>()> notifications;
};

/// Registers /status/config, flags, buildinfo, runtimeinfo, tsdb and walreplay, /features and
/// /notifications.
void AddStatusRoutes(ApiRoutes& routes, StatusApiDependencies dependencies);

/// A time as the API shows it: RFC 3339 with nanoseconds; 0 is Go's zero time, year 1.
std::string ApiTime(int64_t unix_ns);

}  // namespace tocsin::web
