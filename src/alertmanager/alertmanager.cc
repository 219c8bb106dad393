#include "alertmanager/alertmanager.h"

#include <random>
#include <utility>

#include "alertmanager/api.h"
#include "alertmanager/config_builder.h"
#include "alertmanager/core.h"
#include "alertmanager/send_turns.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

/// Random numbers for the pauses between retries. Thread-safe.
class Jitter {
 public:
  double Next() {
    MutexLock lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(engine_);
  }

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ GUARDED_BY(mutex_){std::random_device()()};
};

AlertmanagerOptions WithDefaults(AlertmanagerOptions options) {
  if (!options.random) {
    options.random = [jitter = std::make_shared<Jitter>()] { return jitter->Next(); };
  }
  return options;
}

}  // namespace

struct Alertmanager::State {
  State(const AlertmanagerDependencies& dependencies, AlertmanagerOptions options)
      : core(dependencies, WithDefaults(std::move(options))) {}

  /// Runs `work` now and then, as long as the gate is open.
  void Repeat(int64_t interval_ms, void (Core::*work)()) {
    const Clock& clock = core.dependencies.clock;
    core.dependencies.timers.RunAt(
        clock.NowMs() + interval_ms,
        CallbackGate::Guard(gate, std::function<void()>([this, interval_ms, work] {
                              (core.*work)();
                              Repeat(interval_ms, work);
                            })));
  }

  BuildContext MakeBuildContext() {
    const int64_t start_ms = core.started_at_ns / kNanosPerMilli;
    return {core, gate, turns, start_ms + core.options.start_delay_ms};
  }

  Status Apply(config::AlertmanagerConfig config) {
    auto built = BuildConfig(MakeBuildContext(), std::move(config));
    core.metrics.config_last_reload_successful.Set(built ? 1 : 0);
    if (!built) return built.error();
    if (const auto old = core.running()) old->dispatcher->Stop();
    core.metrics.config_hash.Set(ConfigHash((*built)->config.original));
    core.metrics.config_last_reload_success_timestamp.Set(
        static_cast<double>(core.dependencies.clock.NowMs()) / 1000);
    core.Start(*std::move(built));
    return {};
  }

  const std::shared_ptr<CallbackGate> gate = std::make_shared<CallbackGate>();
  const std::shared_ptr<SendTurns> turns = std::make_shared<SendTurns>();
  Core core;
  Mutex apply_mutex;  // One configuration after the other.
  uint64_t refresh_id = 0;
  bool is_stopped = false;
};

Result<std::unique_ptr<Alertmanager>> Alertmanager::Make(
    const AlertmanagerDependencies& dependencies, AlertmanagerOptions options,
    config::AlertmanagerConfig config) {
  auto state = std::make_unique<State>(dependencies, std::move(options));
  Core& core = state->core;
  TOCSIN_RETURN_IF_ERROR(core.Load(config.global.resolve_timeout.count()));
  TOCSIN_RETURN_IF_ERROR(state->Apply(std::move(config)));
  state->Repeat(core.options.maintenance_interval_ms, &Core::Maintain);
  state->Repeat(core.options.alerts_gc_interval_ms, &Core::CollectAlerts);
  state->refresh_id = dependencies.registry.AddRefresh([&core] { core.RefreshMetrics(); });
  return std::unique_ptr<Alertmanager>(new Alertmanager(std::move(state)));
}

Alertmanager::Alertmanager(std::unique_ptr<State> state) : state_(std::move(state)) {}

Alertmanager::~Alertmanager() { Stop(); }

Status Alertmanager::ApplyConfig(config::AlertmanagerConfig config) {
  MutexLock lock(state_->apply_mutex);
  return state_->Apply(std::move(config));
}

Status Alertmanager::PostAlerts(std::span<const Alert> alerts) {
  std::vector<StoredAlert> posted;
  posted.reserve(alerts.size());
  for (const Alert& alert : alerts) static_cast<Alert&>(posted.emplace_back()) = alert;
  const std::vector<std::string> errors = state_->core.Post(std::move(posted));
  if (errors.empty()) return {};
  return Error(ErrorCode::kInvalidArgument, JoinErrors(errors));
}

void Alertmanager::AddRoutes(http::Router& router, const std::string& prefix,
                             std::function<Status()> reload) {
  AddApiRoutes(router, prefix, state_->core, std::move(reload));
}

void Alertmanager::Stop() {
  if (std::exchange(state_->is_stopped, true)) return;
  Core& core = state_->core;
  core.dependencies.registry.RemoveRefresh(state_->refresh_id);
  const auto running = core.running();
  running->dispatcher->Stop();
  if (!running->dispatcher->WaitUntilIdle(core.options.stop_grace_ms)) {
    core.dependencies.logger.Warn("Some notifications were still under way");
  }
  state_->gate->Close();
  core.Maintain();
}

}  // namespace tocsin::alertmanager
