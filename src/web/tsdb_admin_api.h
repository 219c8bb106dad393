#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/matcher.h"
#include "tsdb/database.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// What the storage endpoints call, on the request's thread. The functions' owners must outlive the
/// routes.
struct TsdbAdminDependencies {
  bool is_enabled = false;  ///< Whether operations that change data are allowed.
  std::function<Status(int64_t start_ms, int64_t end_ms, std::span<const Matcher>)> delete_series;
  std::function<Status()> clean_tombstones;
  /// Makes a snapshot and returns its name.
  std::function<Result<std::string>(bool with_head)> snapshot;
  std::function<std::vector<tsdb::BlockStatus>()> blocks;
  std::function<std::vector<tsdb::QuarantinedBlock>()> quarantined;
};

/// Registers /admin/tsdb/delete_series, clean_tombstones and snapshot as Prometheus has them, and
/// /status/tsdb/blocks. Beside Prometheus' list of blocks the latter shows each one's size and the
/// blocks that were set aside as corrupt.
void AddTsdbAdminRoutes(ApiRoutes& routes, TsdbAdminDependencies dependencies);

}  // namespace tocsin::web
