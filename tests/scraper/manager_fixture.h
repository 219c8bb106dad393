#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "scraper/fake_client.h"
#include "scraper/fake_storage.h"
#include "scraper/scrape_config_fixture.h"
#include "scraper/scrape_manager.h"
#include "telemetry/registry.h"

namespace tocsin::scraper {

/// A scrape manager in virtual time: everything happens inside Advance, on the test's thread.
class ManagerFixture {
 public:
  static constexpr int64_t kStartMs = 1'700'000'000'000;

  ManagerFixture() { Restart(); }

  void Restart() {
    manager.reset();
    manager.emplace(
        ScrapeManagerOptions{.clock = clock,
                             .timers = timers,
                             .client = client,
                             .storage = storage,
                             .logger = logger,
                             .registry = registry,
                             .run_on_worker = [](const std::function<void()>& task) { task(); }});
  }

  /// Configures one job with these targets.
  void RunJob(const config::ScrapeConfig& job, const std::vector<std::string>& addresses) {
    manager->ApplyConfig({job});
    manager->UpdateTargets(job.job_name, MakeGroups(addresses));
  }

  void Advance(int64_t delta_ms) { timers.AdvanceBy(delta_ms); }
  /// Lets one interval pass, in which each target is scraped once.
  void AdvanceInterval() { Advance(10'000); }

  ActiveTargetView OnlyTarget() { return manager->ActiveTargets().at(0); }
  double CounterValue(const std::string& name) { return registry.AddCounter(name, "").value(); }

  ManualClock clock{kStartMs};
  ManualTimers timers{clock};
  FakeClient client{clock, timers};
  FakeStorage storage;
  NullLogger logger;
  telemetry::Registry registry;
  std::optional<ScrapeManager> manager;
};

}  // namespace tocsin::scraper
