#include "app/local_exporters.h"

#include <fmt/core.h>

namespace tocsin::app {

namespace {

constexpr int64_t kRoundIntervalMs = 1000;  // A connection that is refused costs next to nothing.
constexpr int64_t kProbeTimeoutMs = 2000;

}  // namespace

struct LocalExporterFinder::State {
  State(const Clock& the_clock, Timers& the_timers, http::Client& the_client, Found callback)
      : clock(the_clock), timers(the_timers), client(the_client), found(std::move(callback)) {}

  const Clock& clock;
  Timers& timers;
  http::Client& client;
  const Found found;
  const std::shared_ptr<const http::ClientOptions> options =
      std::make_shared<http::ClientOptions>();

  Mutex mutex;
  bool is_stopped GUARDED_BY(mutex) = false;
  std::set<uint16_t> ports GUARDED_BY(mutex);
  size_t reported_count GUARDED_BY(mutex) = 0;
  Timers::TimerId timer GUARDED_BY(mutex) = 0;
};

LocalExporterFinder::LocalExporterFinder(const Clock& clock, Timers& timers, http::Client& client,
                                         Found found)
    : state_(std::make_shared<State>(clock, timers, client, std::move(found))) {
  ScheduleRound(state_, 0);
}

LocalExporterFinder::~LocalExporterFinder() {
  Timers::TimerId timer = 0;
  {
    MutexLock lock(state_->mutex);
    state_->is_stopped = true;
    timer = state_->timer;
  }
  state_->timers.Cancel(timer);
}

void LocalExporterFinder::ScheduleRound(const std::shared_ptr<State>& state, int64_t delay_ms) {
  MutexLock lock(state->mutex);
  if (state->is_stopped) return;
  state->timer = state->timers.RunAt(state->clock.NowMs() + delay_ms, [state] { Round(state); });
}

void LocalExporterFinder::Round(const std::shared_ptr<State>& state) {
  Report(*state);
  for (const LocalExporter& exporter : UsualLocalExporters()) {
    {
      MutexLock lock(state->mutex);
      if (state->ports.contains(exporter.port)) continue;
    }
    http::ClientRequest request;
    request.url = fmt::format("http://localhost:{}/metrics", exporter.port);
    request.options = state->options;
    request.timeout_ms = kProbeTimeoutMs;
    state->client.Start(std::move(request),
                        [state, port = exporter.port](const Result<http::ClientResponse>& answer) {
                          if (!answer || answer->status != 200) return;
                          MutexLock lock(state->mutex);
                          state->ports.insert(port);
                        });
  }
  ScheduleRound(state, kRoundIntervalMs);
}

void LocalExporterFinder::Report(State& state) {
  std::vector<LocalExporter> all;
  {
    MutexLock lock(state.mutex);
    if (state.is_stopped || state.ports.size() == state.reported_count) return;
    state.reported_count = state.ports.size();
    for (const LocalExporter& exporter : UsualLocalExporters()) {
      if (state.ports.contains(exporter.port)) all.push_back(exporter);
    }
  }
  state.found(all);
}

}  // namespace tocsin::app
