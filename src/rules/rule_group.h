#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/cancel.h"
#include "base/mutex.h"
#include "rules/alerting_rule.h"
#include "rules/rule.h"
#include "rules/rule_environment.h"
#include "rules/rule_metrics.h"
#include "storage/appendable.h"

namespace tocsin::rules {

struct RuleGroupOptions {
  std::string file;
  std::string name;
  int64_t interval_ns = 0;
  int64_t query_offset_ms = 0;
  int64_t limit = 0;
  /// Everything that the configuration says of the group: equal texts mean equal groups.
  std::string definition;
  std::vector<std::unique_ptr<Rule>> rules;
};

/// Rules that are evaluated one after the other at the same moments; each sees what those before it
/// stored. Evaluate is called by one thread at a time; View and the accessors are thread-safe.
class RuleGroup {
 public:
  RuleGroup(RuleGroupOptions options, const RuleEnvironment& environment,
            const RuleOptions& rule_options, RuleMetrics& metrics);

  /// Evaluates every rule at `time_ns`, stores the results, marks series that vanished as stale and
  /// sends alerts. Ends early once stopped.
  void Evaluate(int64_t time_ns);
  /// Fills the beginning of active alerts from ALERTS_FOR_STATE, after the second evaluation.
  void RestoreForState(int64_t time_ns);
  /// Makes a running evaluation end after its current rule and later ones at once. With
  /// `cancel_queries` the current rule's query ends soon too.
  void Stop(bool cancel_queries);

  /// The last moment of this group at or before `now_ns`. Groups are spread over their interval by
  /// a hash of file and name, the same after each restart.
  int64_t EvaluationTimeAt(int64_t now_ns) const;
  void CountMissed(int64_t missed);

  /// Takes the state of the rules it has in common with `from`, a group that no longer runs.
  void CopyState(const RuleGroup& from);
  /// Writes stale markers at `time_ns` for all series that the group put out last. For a group that
  /// is gone.
  void MarkSeriesStale(int64_t time_ns);

  GroupView View() const;
  /// Whether an alert of any rule changed its state since the last call.
  bool TakeStateChanged();

  const std::string& file() const { return options_.file; }
  const std::string& name() const { return options_.name; }
  const std::string& definition() const { return options_.definition; }
  int64_t interval_ns() const { return options_.interval_ns; }
  const std::vector<std::unique_ptr<Rule>>& rules() const { return options_.rules; }
  /// Calls `visit(AlertingRule&)` for each alerting rule.
  template <typename Visit>
  void ForEachAlertingRule(Visit visit) const {
    for (const auto& rule : options_.rules)
      if (rule->is_alerting()) visit(static_cast<AlertingRule&>(*rule));
  }

 private:
  using SeriesRefs = std::unordered_map<Labels, storage::SeriesRef, LabelsHash>;

  size_t EvaluateRule(size_t index, int64_t time_ns);
  void Fail(Rule& rule, const Error& error);
  void SendAlerts(AlertingRule& rule, int64_t time_ns);
  void Store(size_t index, const std::vector<OutputSample>& samples, int64_t sample_time_ms);
  void MarkOrphansStale(int64_t sample_time_ms);
  void NoteIteration(int64_t time_ns, int64_t start_ns, double seconds, size_t samples);

  // Constant after construction.
  const RuleGroupOptions options_;
  const RuleEnvironment& environment_;
  const RuleOptions& rule_options_;
  RuleMetrics& shared_metrics_;
  GroupMetrics metrics_;

  std::atomic<bool> is_stopped_{false};
  CancelToken cancel_;

  // Confined to evaluations.
  std::vector<SeriesRefs> last_series_;  // By rule: what it put out last.
  std::vector<Labels> orphans_;          // Series of rules that a reload took away.

  mutable Mutex mutex_;
  double evaluation_seconds_ GUARDED_BY(mutex_) = 0;
  int64_t last_evaluation_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::rules
