#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/result.h"
#include "http/router.h"
#include "telemetry/registry.h"
#include "web/status_api.h"

namespace tocsin::web {

/// Whether the server answers yet, or still. Thread-safe.
class Readiness {
 public:
  enum class State { kStarting, kReady, kStopping };

  void Set(State state) { state_ = state; }
  State state() const { return state_; }
  bool is_ready() const { return state_ == State::kReady; }

  /// `handler` behind the gate: until ready, and again while stopping, requests get a plain 503.
  /// Keeps a reference to this object.
  http::Handler Guard(http::Handler handler) const;

 private:
  std::atomic<State> state_{State::kStarting};
};

/// What the management endpoints stand on. References must outlive the routes.
struct ManagementDependencies {
  const Readiness& readiness;
  telemetry::Registry& registry;
  BuildInformation build;
  std::string app_name = "Prometheus Server";  ///< In the texts of /-/healthy and /-/ready.
  bool has_lifecycle = false;                  ///< --web.enable-lifecycle
  /// Reads the configuration again and returns when it is applied. Called on a request's thread.
  std::function<Status()> reload;
  /// Asks the process to end; false when it was asked before. Must return at once.
  std::function<bool()> quit;
};

/// Registers /-/healthy, /-/ready, /-/reload, /-/quit, /metrics and /version.
void AddManagementRoutes(http::Router& router, ManagementDependencies dependencies);

}  // namespace tocsin::web
