#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alertmanager/alertmanager.h"
#include "app/runtime.h"
#include "base/result.h"
#include "config/alertmanager_config.h"
#include "http/router.h"
#include "http/server.h"

namespace tocsin::app {

/// An Alertmanager with its configuration file: what the program `alertmanager` is, and what is
/// inside `tocsin`. Thread-safe, but for Start.
class AlertmanagerService {
 public:
  struct Options {
    std::string config_file;  ///< "": the embedded default, which prints pages to the terminal.
    alertmanager::AlertmanagerOptions alertmanager;
  };

  /// Loads the configuration and starts. Errors name the file, line and column.
  static Result<std::unique_ptr<AlertmanagerService>> Make(Runtime& runtime, Options options);

  /// Reads and checks the configuration file without applying it.
  Result<config::AlertmanagerConfig> Load() const;
  /// After an error the old configuration goes on.
  Status Apply(config::AlertmanagerConfig config);
  /// Load and Apply.
  Status Reload();

  alertmanager::Alertmanager& alertmanager() { return *alertmanager_; }

  /// Serves the API on addresses of its own.
  Status Serve(http::ServerOptions options, std::function<Status()> reload);
  /// The first port of Serve, 0 without.
  uint16_t port() const;
  /// Stops serving, waits for notifications under way and writes all state.
  void Stop();

 private:
  AlertmanagerService(Runtime& runtime, Options options);

  Runtime& runtime_;
  const Options options_;
  ContextLogger logger_;
  std::unique_ptr<alertmanager::Alertmanager> alertmanager_;
  std::unique_ptr<http::Server> server_;
};

/// Prints a line to standard output, at once and whole.
void PrintLine(const std::string& line);

}  // namespace tocsin::app
