#include "alertmanager/dispatcher.h"

#include <algorithm>
#include <chrono>

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
// A flush may retry until the next one is due, but at least this long (upstream notify.MinTimeout).
constexpr int64_t kMinFlushTimeoutMs = 10'000;

}  // namespace

Dispatcher::Dispatcher(const DispatcherDependencies& dependencies,
                       std::shared_ptr<const Route> root, std::shared_ptr<Stage> pipeline,
                       int64_t start_ms)
    : dependencies_(dependencies),
      root_(std::move(root)),
      pipeline_(std::move(pipeline)),
      start_ms_(start_ms) {}

void Dispatcher::Process(const AlertList& alerts) {
  const int64_t start_ns = dependencies_.clock.MonotonicNs();
  const int64_t now_ms = dependencies_.clock.NowMs();
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    for (const AlertPtr& alert : alerts) {
      for (const Route* route : root_->Match(alert->labels)) Insert(alert, *route, now_ms);
    }
    dependencies_.metrics.aggregation_groups.Set(static_cast<double>(groups_.size()));
  }
  const auto elapsed_ns = dependencies_.clock.MonotonicNs() - start_ns;
  dependencies_.metrics.alert_processing_duration.Observe(static_cast<double>(elapsed_ns) / 1e9);
}

void Dispatcher::Insert(const AlertPtr& alert, const Route& route, int64_t now_ms) {
  Labels labels = route.GroupLabels(alert->labels);
  GroupPtr& slot = groups_[{&route, labels.bytes()}];
  if (slot) {
    slot->alerts[alert->fingerprint] = alert;
    return;
  }
  std::string key = GroupKey(route, labels);
  slot = std::make_shared<Group>(route, std::move(labels), std::move(key));
  slot->alerts[alert->fingerprint] = alert;
  // An alert that has been firing for longer (before a restart, a reload) does not wait again.
  const int64_t wait_ms = route.options().group_wait_ms;
  const bool is_old = alert->starts_at_ns / kNanosPerMilli + wait_ms < now_ms;
  Arm(slot, is_old ? now_ms : now_ms + wait_ms);
}

void Dispatcher::Arm(const GroupPtr& group, int64_t deadline_ms) {
  group->timer = dependencies_.timers.RunAt(
      std::max(deadline_ms, start_ms_),
      CallbackGate::Guard(
          dependencies_.gate,
          std::function<void()>([self = shared_from_this(), group] { self->OnTick(group); })));
}

void Dispatcher::OnTick(const GroupPtr& group) {
  const int64_t tick_ms = dependencies_.clock.NowMs();
  {
    MutexLock lock(mutex_);
    if (is_stopped_ || group->is_gone) return;
    if (group->is_flushing) {
      group->has_tick_waiting = true;
      group->waiting_tick_ms = tick_ms;
      return;
    }
    group->is_flushing = true;
    ++flushing_;
  }
  Flush(group, tick_ms);
}

void Dispatcher::Flush(const GroupPtr& group, int64_t tick_ms) {
  AlertList alerts;
  {
    MutexLock lock(mutex_);
    // Before the flush: the rhythm does not depend on how long it takes.
    Arm(group, dependencies_.clock.NowMs() + group->route.options().group_interval_ms);
    alerts = SortedAlerts(*group);
  }
  alerts = Freeze(alerts, dependencies_.clock.NowNs());
  pipeline_->Exec(MakeContext(*group, tick_ms), alerts,
                  [self = shared_from_this(), group, alerts](Result<AlertList> result) {
                    self->OnFlushed(group, alerts, result);
                  });
}

AlertList Dispatcher::SortedAlerts(const Group& group) {
  AlertList alerts;
  alerts.reserve(group.alerts.size());
  for (const auto& [fingerprint, alert] : group.alerts) alerts.push_back(alert);
  std::stable_sort(alerts.begin(), alerts.end(),
                   [](const AlertPtr& a, const AlertPtr& b) { return ComesBefore(*a, *b); });
  return alerts;
}

ContextPtr Dispatcher::MakeContext(const Group& group, int64_t tick_ms) const {
  const RouteOptions& options = group.route.options();
  auto context = std::make_shared<NotificationContext>();
  context->group_key = group.key;
  context->group_labels = group.labels;
  context->receiver = options.receiver;
  context->route_labels = options.labels;
  context->mute_time_intervals = options.mute_time_intervals;
  context->active_time_intervals = options.active_time_intervals;
  context->repeat_interval_ms = options.repeat_interval_ms;
  context->tick_ms = tick_ms;
  context->deadline_ms =
      dependencies_.clock.NowMs() + std::max(options.group_interval_ms, kMinFlushTimeoutMs);
  context->mark = group.mark;
  context->cancel = cancel_;
  return context;
}

void Dispatcher::OnFlushed(const GroupPtr& group, const AlertList& flushed,
                           const Result<AlertList>& result) {
  Timers::TimerId obsolete_timer = 0;
  bool has_tick_waiting = false;
  int64_t tick_ms = 0;
  bool is_stopped = false;
  {
    MutexLock lock(mutex_);
    is_stopped = is_stopped_;
    for (const AlertPtr& sent : flushed) {
      const bool is_told = result.ok() && sent->ends_at_ns != 0;
      const auto current = group->alerts.find(sent->fingerprint);
      // One that fired again meanwhile is another story.
      if (is_told && current != group->alerts.end() &&
          current->second->updated_at_ns == sent->updated_at_ns) {
        group->alerts.erase(current);
      }
    }
    if (group->alerts.empty() && !is_stopped) obsolete_timer = RemoveLocked(group);
    has_tick_waiting = std::exchange(group->has_tick_waiting, false) && !group->is_gone;
    tick_ms = group->waiting_tick_ms;
    if (!has_tick_waiting || is_stopped) {
      group->is_flushing = false;
      if (--flushing_ == 0) flush_ended_.notify_all();
    }
  }
  if (obsolete_timer != 0) dependencies_.timers.Cancel(obsolete_timer);
  if (!result) {
    const LogLevel level = is_stopped ? LogLevel::kDebug : LogLevel::kError;
    const std::string count = std::to_string(flushed.size());
    const LogField fields[] = {{"num_alerts", count}, {"err", result.error().message()}};
    dependencies_.logger.Write(level, "Notify for alerts failed", fields);
  }
  if (has_tick_waiting && !is_stopped) Flush(group, tick_ms);
}

Timers::TimerId Dispatcher::RemoveLocked(const GroupPtr& group) {
  group->is_gone = true;
  groups_.erase({&group->route, group->labels.bytes()});
  dependencies_.metrics.aggregation_groups.Set(static_cast<double>(groups_.size()));
  return group->timer;
}

void Dispatcher::Stop() {
  std::vector<Timers::TimerId> timers;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    for (const auto& [key, group] : groups_) timers.push_back(group->timer);
  }
  for (const Timers::TimerId timer : timers) dependencies_.timers.Cancel(timer);
  cancel_->Cancel();
}

std::vector<GroupSnapshot> Dispatcher::Groups() const {
  std::vector<GroupSnapshot> snapshots;
  MutexLock lock(mutex_);
  snapshots.reserve(groups_.size());
  for (const auto& [key, group] : groups_) {
    snapshots.push_back(
        {&group->route, group->labels, group->key, SortedAlerts(*group), group->mark->muted_by()});
  }
  return snapshots;
}

bool Dispatcher::WaitUntilIdle(int64_t timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  MutexLock lock(mutex_);
  while (flushing_ > 0) {
    if (flush_ended_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  return flushing_ == 0;
}

}  // namespace tocsin::alertmanager
