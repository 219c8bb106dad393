#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/flag_set.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "base/timers.h"
#include "discovery/dns_resolver.h"
#include "http/client.h"
#include "http/web_config.h"
#include "telemetry/registry.h"

namespace tocsin::app {

/// The machine as the components see it: made first, destroyed last. Not movable: components keep
/// references.
class Runtime {
 public:
  explicit Runtime(std::unique_ptr<Logger> process_logger);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  SystemClock clock;
  PosixFs fs;
  telemetry::Registry registry;
  const std::unique_ptr<Logger> logger;
  const std::unique_ptr<http::IoClient> client;
  ThreadTimers timers;
  ThreadPool notify_pool;  ///< Builds and sends notifications.
  const std::unique_ptr<discovery::DnsResolver> resolver;
  ThreadPool discovery_pool;  ///< Waits for the servers that discoveries ask.
};

/// The logger that --log.level and --log.format ask for.
Result<std::unique_ptr<Logger>> MakeLogger(const FlagSet& flags);

/// Logs a warning for each flag that was given and has no effect here.
void WarnAboutFlags(const FlagSet& flags, Logger& logger);

/// Lets the process open as many files as it may.
void RaiseFileLimit();

/// A loader for --web.config.file; empty when `path` is. `fs` is kept.
http::WebConfigLoader MakeWebConfigLoader(Fs& fs, const std::string& path);

/// The URL under which users reach a server: `configured`, or http://HOST:PORT/ of the first listen
/// address. Without a trailing slash.
Result<std::string> ResolveExternalUrl(const std::string& configured,
                                       const std::string& listen_address);

/// The prefix of all paths: `configured` if set, else the path of `external_url`. "" or "/prefix".
std::string ResolveRoutePrefix(const std::string& configured, bool is_set,
                               const std::string& external_url);

/// An environment variable.
std::optional<std::string> LookUpEnvironment(const std::string& name);

std::string HostName();

}  // namespace tocsin::app
