#include "rules/alerting_rule.h"

#include <algorithm>
#include <utility>

#include "rules/template_functions.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kAlertsName = "ALERTS";
constexpr std::string_view kAlertsForStateName = "ALERTS_FOR_STATE";
constexpr std::string_view kAlertStateLabel = "alertstate";

// How long a resolved alert is kept and told (rules/alerting.go resolvedRetention).
constexpr int64_t kResolvedRetentionNs = int64_t{15} * 60 * 1'000'000'000;
// Firing alerts are valid for this many sends or evaluations, so that a few may fail.
constexpr int64_t kValidPeriods = 4;

bool NeedsSending(const ActiveAlert& alert, int64_t time_ns, int64_t resend_delay_ns) {
  if (alert.state == AlertState::kPending) return false;
  if (alert.resolved_at_ns > alert.last_sent_at_ns) return true;
  return alert.last_sent_at_ns + resend_delay_ns < time_ns;
}

}  // namespace

AlertingRule::AlertingRule(AlertingRuleOptions options,
                           std::shared_ptr<const TemplateEnvironment> environment)
    : Rule(options.name, std::move(options.query), options.labels),
      hold_ns_(options.hold_ns),
      keep_firing_ns_(options.keep_firing_ns),
      annotation_texts_(options.annotations),
      environment_(std::move(environment)),
      label_templates_(options.name, std::move(options.labels), *environment_),
      annotation_templates_(options.name, std::move(options.annotations), *environment_) {}

Result<AlertMap> AlertingRule::QueryAlerts(const EvaluationContext& context) const {
  const int64_t query_time_ms = context.sample_time_ms();
  TOCSIN_ASSIGN_OR_RETURN(const promql::InstantVector vector,
                          context.queries.Query(query(), query_time_ms, context.cancel));
  const int64_t time_ms = context.time_ns / 1'000'000;
  const auto ask = [&](std::string_view expr) -> Result<promql::InstantVector> {
    TOCSIN_ASSIGN_OR_RETURN(const auto prepared, context.queries.Prepare(expr));
    return context.queries.Query(*prepared, time_ms, context.cancel);
  };
  const templates::FunctionTable moment = MakeMomentFunctions(ask, time_ms);
  AlertMap found;
  LabelsBuilder builder;
  for (const promql::VectorElement& element : vector) {
    const templates::Value facts = MakeAlertData(element.labels, element.value, *environment_);
    builder.Reset(element.labels);
    builder.Delete(kMetricNameLabel);
    label_templates_.Expand(facts, moment, [&](const std::string& label, const std::string& text) {
      builder.Set(label, text);
    });
    builder.Set(kAlertNameLabel, name());
    ActiveAlert alert;
    alert.active_at_ns = context.time_ns;
    alert.value = element.value;
    LabelsBuilder annotations;
    annotation_templates_.Expand(facts, moment,
                                 [&](const std::string& annotation, const std::string& text) {
                                   annotations.Set(annotation, text);
                                 });
    alert.annotations = annotations.Build();
    if (!found.emplace(builder.Build(), std::move(alert)).second)
      return Error(ErrorCode::kInvalidArgument,
                   "vector contains metrics with the same labelset after applying alert labels");
  }
  return found;
}

Result<std::vector<OutputSample>> AlertingRule::Evaluate(const EvaluationContext& context) {
  TOCSIN_ASSIGN_OR_RETURN(AlertMap found, QueryAlerts(context));
  MutexLock lock(mutex_);
  SettleAdoptedLocked(context);
  MergeLocked(found);
  std::vector<OutputSample> samples;
  int64_t active_count = 0;
  for (auto at = active_.begin(); at != active_.end();) {
    const bool is_true = found.contains(at->first);
    const AlertState before = at->second.state;
    const bool is_active = AdvanceLocked(at->second, is_true, context.time_ns);
    if (at->second.state != before) state_changed_ = true;
    if (is_active) {
      ++active_count;
      if (is_restored_) AppendSamplesLocked(at->first, at->second, samples);
    }
    // An alert that is unknown has left the state machine.
    at = at->second.state == AlertState::kUnknown ? active_.erase(at) : std::next(at);
  }
  if (context.limit > 0 && active_count > context.limit) {
    active_.clear();
    state_changed_ = true;
    return Errorf(ErrorCode::kTooLarge, "exceeded limit of {} with {} alerts", context.limit,
                  active_count);
  }
  return samples;
}

// New label sets become pending; known ones take the newest value and annotations. Keeps the keys
// of `found`.
void AlertingRule::MergeLocked(AlertMap& found) {
  for (auto& [labels, alert] : found) {
    const auto [at, inserted] = active_.try_emplace(labels);
    ActiveAlert& known = at->second;
    if (!inserted && known.state != AlertState::kInactive) {
      known.value = alert.value;
      known.annotations = std::move(alert.annotations);
      continue;
    }
    known = std::move(alert);
    state_changed_ = true;
  }
}

// Returns whether the alert is pending or firing afterwards.
bool AlertingRule::AdvanceLocked(ActiveAlert& alert, bool is_true, int64_t time_ns) {
  if (!is_true) return AdvanceAbsentLocked(alert, time_ns);
  if (alert.keep_firing_since_ns != 0) {
    alert.keep_firing_since_ns = 0;
    state_changed_ = true;
  }
  const bool is_held = time_ns - alert.active_at_ns >= hold_ns_;
  if (alert.state == AlertState::kPending && is_held) {
    alert.state = AlertState::kFiring;
    alert.fired_at_ns = time_ns;
  } else if (alert.state == AlertState::kFiring && !is_held) {
    // `for` has grown with a reload.
    alert.state = AlertState::kPending;
    alert.fired_at_ns = 0;
  }
  return true;
}

bool AlertingRule::AdvanceAbsentLocked(ActiveAlert& alert, int64_t time_ns) {
  if (alert.state != AlertState::kInactive && time_ns < grace_until_ns_) return true;
  if (alert.state == AlertState::kFiring && keep_firing_ns_ > 0) {
    if (alert.keep_firing_since_ns == 0) {
      alert.keep_firing_since_ns = time_ns;
      state_changed_ = true;
    }
    if (time_ns - alert.keep_firing_since_ns < keep_firing_ns_) return true;
  }
  const bool is_forgotten =
      alert.resolved_at_ns != 0 && time_ns - alert.resolved_at_ns > kResolvedRetentionNs;
  if (alert.state == AlertState::kPending || is_forgotten) {
    alert.state = AlertState::kUnknown;
  } else if (alert.state != AlertState::kInactive) {
    alert.state = AlertState::kInactive;
    alert.resolved_at_ns = time_ns;
  }
  return false;
}

void AlertingRule::SettleAdoptedLocked(const EvaluationContext& context) {
  if (adopted_from_ns_ == 0) return;
  SkipDowntime(active_, context.time_ns);
  adopted_from_ns_ = 0;
  grace_until_ns_ = context.time_ns + 2 * context.interval_ns;
  state_changed_ = true;
}

void AlertingRule::SkipDowntime(AlertMap& alerts, int64_t now_ns) const {
  if (adopted_from_ns_ == 0) return;
  const int64_t downtime_ns = std::max<int64_t>(0, now_ns - adopted_from_ns_);
  for (auto& [labels, alert] : alerts) {
    if (alert.state == AlertState::kPending) alert.active_at_ns += downtime_ns;
    if (alert.keep_firing_since_ns != 0) alert.keep_firing_since_ns += downtime_ns;
  }
}

void AlertingRule::AppendSamplesLocked(const Labels& labels, const ActiveAlert& alert,
                                       std::vector<OutputSample>& samples) const {
  LabelsBuilder builder(labels);
  builder.Set(kMetricNameLabel, kAlertsForStateName);
  Labels for_state = builder.Build();
  builder.Set(kMetricNameLabel, kAlertsName);
  builder.Set(kAlertStateLabel, AlertStateText(alert.state));
  samples.push_back({builder.Build(), 1});
  samples.push_back(
      {std::move(for_state), static_cast<double>(alert.active_at_ns / 1'000'000'000)});
}

std::vector<Alert> AlertingRule::TakeAlertsToSend(int64_t time_ns, int64_t resend_delay_ns,
                                                  int64_t interval_ns,
                                                  const std::string& external_url) {
  std::vector<Alert> alerts;
  MutexLock lock(mutex_);
  for (auto& [labels, alert] : active_) {
    if (!NeedsSending(alert, time_ns, resend_delay_ns)) continue;
    alert.last_sent_at_ns = time_ns;
    alert.valid_until_ns = time_ns + kValidPeriods * std::max(resend_delay_ns, interval_ns);
    Alert& sent = alerts.emplace_back();
    sent.labels = labels;
    sent.annotations = alert.annotations;
    sent.starts_at_ns = alert.fired_at_ns;
    sent.ends_at_ns = alert.resolved_at_ns != 0 ? alert.resolved_at_ns : alert.valid_until_ns;
    sent.generator_url = external_url + TableLink(query_text());
  }
  return alerts;
}

RuleView AlertingRule::View() const {
  RuleView view = BaseView();
  view.annotations = annotation_texts_;
  view.hold_seconds = static_cast<double>(hold_ns_) / 1e9;
  view.keep_firing_seconds = static_cast<double>(keep_firing_ns_) / 1e9;
  view.state = was_evaluated() ? AlertState::kInactive : AlertState::kUnknown;
  MutexLock lock(mutex_);
  for (const auto& [labels, alert] : active_) {
    view.state = std::max(view.state, alert.state);
    if (alert.resolved_at_ns != 0) continue;
    view.alerts.push_back({labels, alert.annotations, alert.state, alert.active_at_ns,
                           alert.keep_firing_since_ns, alert.value});
  }
  return view;
}

bool AlertingRule::TakeStateChanged() {
  MutexLock lock(mutex_);
  return std::exchange(state_changed_, false);
}

AlertMap AlertingRule::SnapshotAlerts() const {
  MutexLock lock(mutex_);
  return active_;
}

AlertMap AlertingRule::AlertsToSave(int64_t now_ns) const {
  MutexLock lock(mutex_);
  AlertMap alerts = active_;
  SkipDowntime(alerts, now_ns);
  return alerts;
}

void AlertingRule::CopyAlerts(const AlertingRule& from) {
  AlertMap alerts;
  bool restored = true;
  int64_t adopted_from_ns = 0;
  int64_t grace_until_ns = 0;
  {
    MutexLock lock(from.mutex_);
    alerts = from.active_;
    restored = from.is_restored_;
    adopted_from_ns = from.adopted_from_ns_;
    grace_until_ns = from.grace_until_ns_;
  }
  MutexLock lock(mutex_);
  active_ = std::move(alerts);
  is_restored_ = restored;
  adopted_from_ns_ = adopted_from_ns;
  grace_until_ns_ = grace_until_ns;
}

void AlertingRule::AdoptAlerts(AlertMap alerts, int64_t saved_at_ns) {
  MutexLock lock(mutex_);
  active_ = std::move(alerts);
  adopted_from_ns_ = saved_at_ns;
  is_restored_ = true;
}

void AlertingRule::SetRestored(bool restored) {
  MutexLock lock(mutex_);
  is_restored_ = restored;
}

bool AlertingRule::is_restored() const {
  MutexLock lock(mutex_);
  return is_restored_;
}

void AlertingRule::SetActiveAt(const Labels& labels, int64_t active_at_ns) {
  MutexLock lock(mutex_);
  const auto at = active_.find(labels);
  if (at != active_.end()) at->second.active_at_ns = active_at_ns;
}

}  // namespace tocsin::rules
