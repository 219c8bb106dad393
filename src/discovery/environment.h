#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/timers.h"
#include "config/target_group.h"
#include "discovery/dns_resolver.h"
#include "discovery/file_watcher.h"
#include "http/client.h"
#include "telemetry/registry.h"

namespace tocsin::discovery {

/// Reads a target group file: config::LoadTargetGroupFile, or a test's.
using LoadGroups =
    std::function<Result<std::vector<config::TargetGroup>>(Fs& fs, const std::string& path)>;

/// What every discoverer needs from outside. All references outlive it.
struct DiscoveryEnvironment {
  const Clock& clock;
  Timers& timers;
  Fs& fs;
  FileWatcher& watcher;
  Logger& logger;
  telemetry::Registry& registry;
  LoadGroups load_groups;
  http::Client& client;
  DnsResolver& resolver;
  /// Runs a task that may wait for servers, soon, on some thread.
  std::function<void(std::function<void()>)> run_on_worker;
  /// The process' environment: the value of a variable, "" when it is not set. May be left out.
  std::function<std::string(const std::string& name)> read_variable = {};
};

}  // namespace tocsin::discovery
