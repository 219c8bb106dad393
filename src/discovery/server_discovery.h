#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/target_group.h"
#include "discovery/environment.h"
#include "discovery/refresh_discovery.h"

namespace tocsin::discovery {

/// A discovery of one kind, ready to run: one that asks a server every so often, or one that
/// follows changes by itself.
struct ServerDiscovery {
  std::string mechanism;  ///< "http", in logs and metrics.
  int64_t interval_ms = 0;
  std::unique_ptr<Refresher> refresher;
  /// Set by kinds that follow changes, in place of the two above. `job` is for logs.
  std::function<std::unique_ptr<Discoverer>(const std::string& job)> make_discoverer = {};
};

/// Makes the discovery of one configuration entry; `job` names it in logs and metrics.
/// kInvalidArgument: what is configured cannot be done.
Result<std::unique_ptr<Discoverer>> MakeServerDiscovery(const config::ServerDiscoveryConfig& config,
                                                        const std::string& job,
                                                        const DiscoveryEnvironment& environment);

}  // namespace tocsin::discovery
