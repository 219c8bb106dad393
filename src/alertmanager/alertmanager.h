#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "base/timers.h"
#include "config/alertmanager_config.h"
#include "http/client.h"
#include "http/router.h"
#include "model/alert.h"
#include "telemetry/registry.h"

namespace tocsin::alertmanager {

/// What /api/v2/status says of the program.
struct VersionInfo {
  std::string version = "0.34.0";
  std::string revision;
  std::string branch;
  std::string build_user;
  std::string build_date;
  std::string go_version;
};

/// The flags of Alertmanager, with its defaults.
struct AlertmanagerOptions {
  std::string storage_path = "data/";
  std::string external_url;
  int64_t retention_ms = int64_t{120} * 3'600'000;
  int64_t maintenance_interval_ms = 15 * 60'000;
  int64_t alerts_gc_interval_ms = 30 * 60'000;
  size_t per_alertname_limit = 0;     ///< 0 is no limit.
  size_t max_silences = 0;            ///< 0 is no limit.
  size_t max_silence_size_bytes = 0;  ///< 0 is no limit.
  int64_t start_delay_ms = 0;         ///< No notification before this long after the start.
  int64_t stop_grace_ms = 5'000;      ///< How long Stop() waits for notifications under way.
  config::MatcherMode matcher_mode = config::MatcherMode::kFallback;
  VersionInfo version;
  std::function<double()> random;  ///< Uniform in [0, 1), thread-safe; empty: seeded by the system.
  std::function<std::string()> make_silence_id;  ///< Empty: random UUIDs.
};

/// What the Alertmanager works with. All of it outlives it.
struct AlertmanagerDependencies {
  const Clock& clock;
  Timers& timers;
  http::Client& client;
  Fs& fs;
  Logger& logger;
  telemetry::Registry& registry;
  /// The client's options for a receiver's http_config.
  std::function<Result<http::ClientOptions>(const config::HttpClientConfig&)> make_client_options;
  /// Takes the lines of the receiver "console"; may be empty. Thread-safe.
  std::function<void(const std::string& line)> print_line;
};

/// Groups, inhibits, silences and sends alerts: Prometheus' Alertmanager. Alerts come by PostAlerts
/// or the API and leave through the receivers of the configuration. What it knows survives kill -9.
/// Thread-safe.
class Alertmanager {
 public:
  /// Loads what the last run knew and starts. Fails when the configuration cannot be built or the
  /// storage directory not be made.
  static Result<std::unique_ptr<Alertmanager>> Make(const AlertmanagerDependencies& dependencies,
                                                    AlertmanagerOptions options,
                                                    config::AlertmanagerConfig config);
  ~Alertmanager();

  /// Replaces the configuration. All that can fail is built first: after an error the old one goes
  /// on.
  Status ApplyConfig(config::AlertmanagerConfig config);

  /// Takes alerts from inside the process, as POST /api/v2/alerts takes them from outside. Invalid
  /// ones are refused, each with a text in the error; the others are taken all the same.
  Status PostAlerts(std::span<const Alert> alerts);

  /// Adds the API, /-/healthy, /-/ready, /-/reload and /metrics below `prefix` ("" or
  /// "/alertmanager"). `reload` runs for POST /-/reload. The router must not outlive this object.
  void AddRoutes(http::Router& router, const std::string& prefix, std::function<Status()> reload);

  /// Stops taking time: no more notifications; waits for those under way and writes all files.
  /// Called by the destructor if not before.
  void Stop();

 private:
  struct State;
  explicit Alertmanager(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::alertmanager
