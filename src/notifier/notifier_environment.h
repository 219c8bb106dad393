#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "config/http_client_config.h"
#include "discovery/file_discovery.h"
#include "http/client.h"
#include "telemetry/registry.h"

namespace tocsin::notifier {

/// What the notifier needs from the rest of the program. All references must outlive it.
struct NotifierEnvironment {
  const Clock& clock;
  Timers& timers;
  http::Client& client;
  Logger& logger;
  telemetry::Registry& registry;
  discovery::DiscoveryEnvironment discovery;
  std::function<Result<http::ClientOptions>(const config::HttpClientConfig&)> make_client_options;
};

/// Upstream's --alertmanager.* flags.
struct NotifierOptions {
  size_t queue_capacity = 10'000;  ///< --alertmanager.notification-queue-capacity
  size_t max_batch_size = 256;     ///< --alertmanager.notification-batch-size
  bool drain_on_shutdown = true;   ///< --alertmanager.drain-notification-queue-on-shutdown
};

}  // namespace tocsin::notifier
