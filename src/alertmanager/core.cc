#include "alertmanager/core.h"

namespace tocsin::alertmanager {

Core::Core(const AlertmanagerDependencies& the_dependencies, AlertmanagerOptions the_options)
    : dependencies(the_dependencies),
      options(std::move(the_options)),
      started_at_ns(dependencies.clock.NowNs()),
      metrics(dependencies.registry),
      silences_state_(dependencies.fs, dependencies.logger, options.storage_path + "/silences"),
      log_state_(dependencies.fs, dependencies.logger, options.storage_path + "/nflog"),
      alerts_state_(dependencies.fs, dependencies.logger, options.storage_path + "/alerts"),
      silences(dependencies.clock, silences_state_,
               SilencesOptions{options.retention_ms, options.max_silences,
                               options.max_silence_size_bytes},
               options.make_silence_id ? options.make_silence_id : MakeRandomUuid),
      log(dependencies.clock, log_state_, options.retention_ms),
      alerts(dependencies.clock, dependencies.logger, alerts_state_, options.per_alertname_limit) {}

Status Core::Load(int64_t resolve_timeout_ms) {
  TOCSIN_RETURN_IF_ERROR(dependencies.fs.CreateDirectories(options.storage_path));
  TOCSIN_RETURN_IF_ERROR(silences.Load());
  TOCSIN_RETURN_IF_ERROR(log.Load());
  return alerts.Load(resolve_timeout_ms, log.newest_timestamp_ns());
}

void Core::Start(RunningConfigPtr running) {
  WriteLock lock(running_mutex_);
  const AlertList all = alerts.List();
  running->inhibitor->Observe(all);
  running->dispatcher->Process(all);
  running_ = std::move(running);
}

RunningConfigPtr Core::running() const {
  ReadLock lock(running_mutex_);
  return running_;
}

std::vector<std::string> Core::Post(std::vector<StoredAlert> posted) {
  ReadLock lock(running_mutex_);
  Intake intake = TakeIn(std::move(posted), dependencies.clock.NowNs(),
                         running_->config.global.resolve_timeout.count());
  metrics.alerts_received_firing.Increment(static_cast<double>(intake.firing));
  metrics.alerts_received_resolved.Increment(static_cast<double>(intake.resolved));
  metrics.alerts_invalid.Increment(static_cast<double>(intake.errors.size()));
  const AlertList stored = alerts.Put(std::move(intake.valid));
  // Sources before targets, whatever order they came in.
  running_->inhibitor->Observe(stored);
  running_->dispatcher->Process(stored);
  return std::move(intake.errors);
}

void Core::CollectAlerts() {
  alerts.Collect();
  if (const auto config = running()) config->inhibitor->Collect();
}

void Core::Maintain() {
  const auto report = [this](const char* what, const Status& status, telemetry::Counter& errors) {
    if (status) return;
    errors.Increment();
    dependencies.logger.Error("Running maintenance failed",
                              {{"component", what}, {"err", status.error().message()}});
  };
  metrics.silences_maintenance.Increment();
  report("silences", silences.Maintain(), metrics.silences_maintenance_errors);
  metrics.nflog_maintenance.Increment();
  report("nflog", log.Maintain(), metrics.nflog_maintenance_errors);
  if (auto status = alerts.Maintain(); !status) {
    dependencies.logger.Error("Running maintenance failed",
                              {{"component", "alerts"}, {"err", status.error().message()}});
  }
  metrics.silences_snapshot_size.Set(static_cast<double>(silences_state_.snapshot_bytes()));
  metrics.nflog_snapshot_size.Set(static_cast<double>(log_state_.snapshot_bytes()));
}

void Core::RefreshMetrics() {
  const auto count = [this](SilenceState state) {
    return static_cast<double>(silences.CountInState(state));
  };
  metrics.silences_active.Set(count(SilenceState::kActive));
  metrics.silences_pending.Set(count(SilenceState::kPending));
  metrics.silences_expired.Set(count(SilenceState::kExpired));
  const auto config = running();
  const int64_t now_ns = dependencies.clock.NowNs();
  double active = 0;
  double suppressed = 0;
  for (const AlertPtr& alert : alerts.List()) {
    if (alert->IsResolvedAt(now_ns) || !config) continue;
    const bool is_suppressed = config->inhibitor->InhibitedBy(alert->labels).has_value() ||
                               !silences.SilencedBy(alert->labels).empty();
    ++(is_suppressed ? suppressed : active);
  }
  metrics.alerts_active.Set(active);
  metrics.alerts_suppressed.Set(suppressed);
  const auto limited = static_cast<double>(alerts.limited());
  metrics.alerts_limited.Increment(limited - std::exchange(limited_counted_, limited));
}

}  // namespace tocsin::alertmanager
