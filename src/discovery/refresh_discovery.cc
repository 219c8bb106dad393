#include "discovery/refresh_discovery.h"

#include <utility>

namespace tocsin::discovery {

struct RefreshDiscovery::State {
  State(std::string the_mechanism, std::string job, int64_t the_interval_ms,
        std::unique_ptr<Refresher> the_refresher, const DiscoveryEnvironment& the_environment)
      : mechanism(std::move(the_mechanism)),
        interval_ms(the_interval_ms),
        refresher(std::move(the_refresher)),
        environment(the_environment),
        logger(environment.logger, {{"discovery", mechanism}, {"config", job}}),
        failures(environment.registry.AddCounter(
            "prometheus_sd_refresh_failures_total",
            "Number of refresh failures for the given SD mechanism.",
            {{"mechanism", mechanism}, {"config", job}})),
        duration(environment.registry.AddSummary(
            "prometheus_sd_refresh_duration_seconds",
            "The duration of a refresh in seconds for the given SD mechanism.",
            {{"mechanism", mechanism}, {"config", job}})) {}

  const std::string mechanism;
  const int64_t interval_ms;
  const std::unique_ptr<Refresher> refresher;
  const DiscoveryEnvironment environment;
  ContextLogger logger;
  telemetry::Counter& failures;
  telemetry::Histogram& duration;
  Publish publish;  // Constant after Start.

  Mutex publish_mutex;  // Held while publishing, so that stopping waits for it.
  bool is_stopped GUARDED_BY(publish_mutex) = false;
  Mutex timer_mutex;
  Timers::TimerId timer GUARDED_BY(timer_mutex) = 0;
};

RefreshDiscovery::RefreshDiscovery(std::string mechanism, std::string job, int64_t interval_ms,
                                   std::unique_ptr<Refresher> refresher,
                                   const DiscoveryEnvironment& environment)
    : state_(std::make_shared<State>(std::move(mechanism), std::move(job), interval_ms,
                                     std::move(refresher), environment)) {}

RefreshDiscovery::~RefreshDiscovery() {
  state_->refresher->Stop();
  {
    MutexLock lock(state_->publish_mutex);
    state_->is_stopped = true;
  }
  Timers::TimerId timer = 0;
  {
    MutexLock lock(state_->timer_mutex);
    timer = state_->timer;
  }
  state_->environment.timers.Cancel(timer);
}

void RefreshDiscovery::Start(Publish publish) {
  state_->publish = std::move(publish);
  Schedule(state_, state_->environment.clock.NowMs());
}

void RefreshDiscovery::Schedule(const std::shared_ptr<State>& state, int64_t deadline_ms) {
  {
    MutexLock lock(state->publish_mutex);
    if (state->is_stopped) return;
  }
  MutexLock lock(state->timer_mutex);
  state->timer = state->environment.timers.RunAt(
      deadline_ms, [state] { state->environment.run_on_worker([state] { Run(state); }); });
}

void RefreshDiscovery::Run(const std::shared_ptr<State>& state) {
  {
    MutexLock lock(state->publish_mutex);
    if (state->is_stopped) return;
  }
  const Clock& clock = state->environment.clock;
  const int64_t start_ms = clock.NowMs();
  const int64_t start_ns = clock.MonotonicNs();
  Result<std::vector<TargetGroup>> groups = state->refresher->Refresh();
  state->duration.Observe(static_cast<double>(clock.MonotonicNs() - start_ns) * 1e-9);
  {
    MutexLock lock(state->publish_mutex);
    if (state->is_stopped) return;
    if (groups) {
      state->publish(std::move(*groups));
    } else {
      state->failures.Increment();
      state->logger.Error("Unable to refresh target groups", {{"err", groups.error().message()}});
    }
  }
  Schedule(state, std::max(start_ms + state->interval_ms, clock.NowMs()));
}

}  // namespace tocsin::discovery
