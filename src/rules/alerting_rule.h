#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/alert.h"
#include "rules/active_alert.h"
#include "rules/alert_template.h"
#include "rules/rule.h"

namespace tocsin::rules {

/// An active alert with the labels that name it.
using AlertMap = std::map<Labels, ActiveAlert>;

struct AlertingRuleOptions {
  std::string name;
  std::shared_ptr<const promql::PreparedQuery> query;
  int64_t hold_ns = 0;         ///< `for`
  int64_t keep_firing_ns = 0;  ///< `keep_firing_for`
  LabelPairs labels;           ///< With those of the group.
  LabelPairs annotations;
};

/// Watches an expression: each series it yields is an alert that is pending, then firing, then
/// resolved.
class AlertingRule final : public Rule {
 public:
  /// `environment` is shared with the rules of the same configuration.
  AlertingRule(AlertingRuleOptions options, std::shared_ptr<const TemplateEnvironment> environment);

  /// Moves the state of every alert to context.time_ns and returns ALERTS and ALERTS_FOR_STATE,
  /// unless the rule still waits for its state to be restored. Over the limit all alerts are
  /// dropped.
  Result<std::vector<OutputSample>> Evaluate(const EvaluationContext& context) override;
  RuleView View() const override;
  bool is_alerting() const override { return true; }

  /// The alerts to be told now: firing and not told for `resend_delay_ns`, or newly resolved.
  std::vector<Alert> TakeAlertsToSend(int64_t time_ns, int64_t resend_delay_ns, int64_t interval_ns,
                                      const std::string& external_url);

  int64_t hold_ns() const { return hold_ns_; }

  /// Whether an alert came, went or changed its state since the last call.
  bool TakeStateChanged();
  AlertMap SnapshotAlerts() const;
  /// The alerts as a successor that starts at `now_ns` has to take them.
  AlertMap AlertsToSave(int64_t now_ns) const;

  // Continuing after a restart or reload; call between evaluations.

  /// Takes the alerts of the rule's predecessor in a reload.
  void CopyAlerts(const AlertingRule& from);
  /// Takes alerts that were saved at `saved_at_ns`. The time since then does not count as pending,
  /// and until two intervals after the next evaluation an alert that the expression does not yield
  /// stays as it is: its data may just not be there again.
  void AdoptAlerts(AlertMap alerts, int64_t saved_at_ns);
  /// Whether ALERTS may be written: false until the state is restored.
  void SetRestored(bool restored);
  bool is_restored() const;
  /// Moves the beginning of an alert that is active.
  void SetActiveAt(const Labels& labels, int64_t active_at_ns);

 private:
  /// Result of the expression with templates expanded.
  Result<AlertMap> QueryAlerts(const EvaluationContext& context) const;
  void MergeLocked(AlertMap& found) REQUIRES(mutex_);
  bool AdvanceLocked(ActiveAlert& alert, bool is_true, int64_t time_ns) REQUIRES(mutex_);
  bool AdvanceAbsentLocked(ActiveAlert& alert, int64_t time_ns) REQUIRES(mutex_);
  void SettleAdoptedLocked(const EvaluationContext& context) REQUIRES(mutex_);
  void SkipDowntime(AlertMap& alerts, int64_t now_ns) const REQUIRES(mutex_);
  void AppendSamplesLocked(const Labels& labels, const ActiveAlert& alert,
                           std::vector<OutputSample>& samples) const REQUIRES(mutex_);

  // Constant after construction.
  const int64_t hold_ns_;
  const int64_t keep_firing_ns_;
  const LabelPairs annotation_texts_;
  const std::shared_ptr<const TemplateEnvironment> environment_;
  const AlertTemplates label_templates_;
  const AlertTemplates annotation_templates_;

  mutable Mutex mutex_;
  AlertMap active_ GUARDED_BY(mutex_);
  bool is_restored_ GUARDED_BY(mutex_) = true;
  bool state_changed_ GUARDED_BY(mutex_) = false;
  int64_t adopted_from_ns_ GUARDED_BY(mutex_) = 0;  // Saved then; 0 once settled.
  int64_t grace_until_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::rules
