#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "discovery/discoverer.h"
#include "discovery/environment.h"

namespace tocsin::discovery {

/// What one kind of discovery does: ask its server for all targets there are. Confined to one
/// thread at a time, but for Stop().
class Refresher {
 public:
  virtual ~Refresher() = default;
  /// May take long; runs on a worker's thread.
  virtual Result<std::vector<TargetGroup>> Refresh() = 0;
  /// Makes a Refresh under way end soon, on any thread.
  virtual void Stop() = 0;
};

/// Refreshes at the start and at every interval after, whatever the kind. When a refresh fails, the
/// targets found before stay, and the failure is logged and counted. Thread-safe.
class RefreshDiscovery final : public Discoverer {
 public:
  /// `mechanism` names the kind in logs and metrics: "http".
  RefreshDiscovery(std::string mechanism, std::string job, int64_t interval_ms,
                   std::unique_ptr<Refresher> refresher, const DiscoveryEnvironment& environment);
  ~RefreshDiscovery() override;
  void Start(Publish publish) override;

 private:
  // Shared with the refresh under way, which may outlive the object by a moment.
  struct State;
  static void Schedule(const std::shared_ptr<State>& state, int64_t deadline_ms);
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace tocsin::discovery
