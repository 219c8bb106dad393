#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "rules/alert_state_saver.h"
#include "rules/group_runner.h"
#include "rules/rule_environment.h"
#include "rules/rule_group.h"
#include "rules/rule_loader.h"
#include "rules/rule_metrics.h"
#include "rules/rule_views.h"

namespace tocsin::rules {

/// What the main configuration says of rules.
struct RuleSettings {
  std::vector<std::string> rule_files;  ///< Globs.
  std::chrono::milliseconds evaluation_interval = std::chrono::minutes(1);
  std::chrono::milliseconds query_offset{0};
  Labels external_labels;
};

/// Owns all rule groups: loads them, runs them, reloads them and keeps the state of their alerts
/// over restarts. Thread-safe; ApplySettings, Start and Stop from one thread at a time.
class RuleManager {
 public:
  /// The references inside `environment` must outlive the manager.
  RuleManager(const RuleEnvironment& environment, RuleOptions options);
  ~RuleManager();
  RuleManager(const RuleManager&) = delete;
  RuleManager& operator=(const RuleManager&) = delete;

  /// Loads all rule files and changes nothing: the error that ApplySettings would return.
  Status CheckSettings(const RuleSettings& settings) const;
  /// Loads all rule files and makes them the running ones: all of them, or on error (the first one,
  /// with its place) none. Groups that did not change go on undisturbed; changed ones keep the
  /// state of rules with the same name and labels; of groups that are gone the series get stale
  /// markers after two intervals.
  Status ApplySettings(const RuleSettings& settings);

  /// Begins to evaluate; call when storage answers and takes samples.
  void Start();
  /// Ends evaluation, cancels running queries and saves the state of alerts.
  void Stop();

  /// Sorted by file, then by name.
  std::vector<GroupView> Groups() const;
  /// The pending and firing alerts of all rules, in the order of Groups().
  std::vector<AlertView> ActiveAlerts() const;

 private:
  struct RunningGroup {
    std::shared_ptr<RuleGroup> group;  // Shared with views being taken.
    std::unique_ptr<GroupRunner> runner;
  };
  using GroupMap = std::map<std::pair<std::string, std::string>, RunningGroup>;  // file, name

  Result<std::vector<RuleGroupOptions>> Load(const RuleSettings& settings) const;
  RunningGroup Replace(RuleGroupOptions options, RunningGroup* old);
  void Retire(RunningGroup group);
  bool PrepareRestore(RuleGroup& group);
  void LoadSavedState();
  int64_t LastEvaluationNs(int64_t since_ns) const;
  SavedAlertState Snapshot() const;
  std::vector<std::shared_ptr<RuleGroup>> GroupList() const;

  // Constant after construction.
  const RuleEnvironment environment_;
  const RuleOptions options_;
  RuleMetrics metrics_;

  // Confined to the thread that applies settings, starts and stops.
  bool is_started_ = false;
  bool has_settings_ = false;
  bool has_saved_state_ = false;
  int64_t saved_at_ns_ = 0;
  std::multimap<std::string, AlertMap> saved_;  // By rule, until the first settings took it.
  std::vector<Timers::TimerId> retirements_;

  mutable Mutex mutex_;
  GroupMap groups_ GUARDED_BY(mutex_);

  std::unique_ptr<AlertStateSaver> saver_;  // Null without a path. Last: it reads the groups.
};

}  // namespace tocsin::rules
