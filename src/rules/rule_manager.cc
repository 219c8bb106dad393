#include "rules/rule_manager.h"

#include <utility>

namespace tocsin::rules {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr uint64_t kMaxStateBytes = uint64_t{256} << 20;  // Far above a million alerts' worth.

// What makes a rule the same one in another process.
std::string RuleKey(const std::string& file, const std::string& group, const std::string& alert,
                    const LabelPairs& labels) {
  std::string key = file + '\xff' + group + '\xff' + alert;
  for (const auto& [name, value] : labels) key += '\xff' + name + '\xfe' + value;
  return key;
}

}  // namespace

RuleManager::RuleManager(const RuleEnvironment& environment, RuleOptions options)
    : environment_(environment), options_(std::move(options)), metrics_(environment.registry) {
  if (!options_.state_path.empty())
    saver_ = std::make_unique<AlertStateSaver>(environment_, options_.state_path,
                                               [this] { return Snapshot(); });
}

RuleManager::~RuleManager() { Stop(); }

Result<std::vector<RuleGroupOptions>> RuleManager::Load(const RuleSettings& settings) const {
  RuleDefaults defaults;
  defaults.interval = settings.evaluation_interval;
  defaults.query_offset = settings.query_offset;
  defaults.environment = std::make_shared<const TemplateEnvironment>(
      TemplateEnvironment{options_.external_url, settings.external_labels});
  return LoadRuleGroups(environment_.fs, settings.rule_files, defaults, environment_.queries);
}

Status RuleManager::CheckSettings(const RuleSettings& settings) const {
  if (const auto loaded = Load(settings); !loaded) return loaded.error();
  return {};
}

Status RuleManager::ApplySettings(const RuleSettings& settings) {
  TOCSIN_ASSIGN_OR_RETURN(std::vector<RuleGroupOptions> loaded, Load(settings));

  if (!has_settings_) LoadSavedState();
  GroupMap old;
  {
    MutexLock lock(mutex_);
    // Views keep working on the old groups meanwhile.
    for (auto& [key, running] : groups_) old[key] = {running.group, std::move(running.runner)};
  }
  GroupMap next;
  for (RuleGroupOptions& options : loaded) {
    const auto key = std::make_pair(options.file, options.name);
    const auto at = old.find(key);
    next[key] = Replace(std::move(options), at == old.end() ? nullptr : &at->second);
    if (at != old.end()) old.erase(at);
  }
  {
    MutexLock lock(mutex_);
    groups_ = std::move(next);
  }
  for (auto& [key, running] : old) Retire(std::move(running));
  has_settings_ = true;
  saved_.clear();
  return {};
}

RuleManager::RunningGroup RuleManager::Replace(RuleGroupOptions options, RunningGroup* old) {
  if (old != nullptr && old->group->definition() == options.definition) return std::move(*old);
  if (old != nullptr && old->runner != nullptr) old->runner->Stop(false);
  RunningGroup running;
  running.group = std::make_shared<RuleGroup>(std::move(options), environment_, options_, metrics_);
  bool restores = false;
  if (old != nullptr)
    running.group->CopyState(*old->group);
  else if (!has_settings_)
    restores = PrepareRestore(*running.group);
  running.runner = std::make_unique<GroupRunner>(
      running.group, environment_, restores, [this, group = running.group.get()] {
        if (saver_ != nullptr && group->TakeStateChanged()) saver_->NoteChange();
      });
  if (is_started_) running.runner->Start();
  return running;
}

// Saved state of this process' predecessor, else upstream's series; true if those have to be read.
bool RuleManager::PrepareRestore(RuleGroup& group) {
  bool restores = false;
  group.ForEachAlertingRule([&](AlertingRule& rule) {
    if (!has_saved_state_) {
      rule.SetRestored(false);
      restores = true;
      return;
    }
    const auto at =
        saved_.lower_bound(RuleKey(group.file(), group.name(), rule.name(), rule.labels()));
    if (at == saved_.end() ||
        at->first != RuleKey(group.file(), group.name(), rule.name(), rule.labels()))
      return;
    rule.AdoptAlerts(std::move(at->second), saved_at_ns_);
    saved_.erase(at);
  });
  return restores;
}

// Until when rules with active alerts ran, by the series they write at each evaluation: a process
// that was killed had no time to say so in its file.
int64_t RuleManager::LastEvaluationNs(int64_t since_ns) const {
  const int64_t start_ms = since_ns / kNsPerMs;
  const int64_t end_ms = environment_.clock.NowMs();
  const auto querier = environment_.queryable.MakeQuerier(start_ms, end_ms);
  if (!querier) return 0;
  const Matcher matcher = Matcher::Equal(kMetricNameLabel, "ALERTS_FOR_STATE");
  const auto series = (*querier)->Select({&matcher, 1}, {start_ms, end_ms, 0, 0});
  if (!series) return 0;
  std::vector<storage::SeriesSet::Latest> latest((*series)->size());
  if (!(*series)->ReadLatest(0, start_ms, end_ms, latest)) return 0;
  int64_t newest_ms = 0;
  for (const auto& sample : latest) newest_ms = std::max(newest_ms, sample.timestamp_ms);
  return newest_ms * kNsPerMs;
}

void RuleManager::LoadSavedState() {
  if (options_.state_path.empty() || !environment_.fs.Exists(options_.state_path)) return;
  const auto text = environment_.fs.ReadFile(options_.state_path, kMaxStateBytes);
  Result<SavedAlertState> state = text ? ParseAlertState(*text) : text.error();
  if (!state) {
    environment_.logger.Error("The saved state of alerts cannot be read; pending alerts start anew",
                              {{"path", options_.state_path}, {"err", state.error().message()}});
    return;
  }
  const int64_t age_ns = environment_.clock.NowNs() - state->saved_at_ns;
  // Too old, or something else ran on this data since: its series know better.
  if (age_ns > options_.outage_tolerance_ms * kNsPerMs) return;
  has_saved_state_ = true;
  saved_at_ns_ = std::max(state->saved_at_ns, LastEvaluationNs(state->saved_at_ns));
  for (SavedRule& rule : state->rules)
    saved_.emplace(RuleKey(rule.file, rule.group, rule.alert, rule.labels), std::move(rule.alerts));
}

void RuleManager::Retire(RunningGroup running) {
  if (running.runner != nullptr) running.runner->Stop(false);
  const std::shared_ptr<RuleGroup> group = running.group;
  const int64_t now_ns = environment_.clock.NowNs();
  // A renamed rule puts out the same series from another group by then.
  const int64_t deadline_ms = (now_ns + 2 * group->interval_ns()) / kNsPerMs;
  retirements_.push_back(
      environment_.timers.RunAt(deadline_ms, [group, now_ns] { group->MarkSeriesStale(now_ns); }));
}

void RuleManager::Start() {
  if (is_started_) return;
  is_started_ = true;
  if (saver_ != nullptr) saver_->Start();
  MutexLock lock(mutex_);
  for (auto& [key, running] : groups_) running.runner->Start();
}

void RuleManager::Stop() {
  for (const Timers::TimerId timer : retirements_) environment_.timers.Cancel(timer);
  retirements_.clear();
  std::vector<std::unique_ptr<GroupRunner>> runners;
  {
    MutexLock lock(mutex_);
    for (auto& [key, running] : groups_) {
      running.group->Stop(true);
      if (running.runner != nullptr) runners.push_back(std::move(running.runner));
    }
  }
  runners.clear();
  if (saver_ != nullptr) saver_->Stop();
}

std::vector<std::shared_ptr<RuleGroup>> RuleManager::GroupList() const {
  std::vector<std::shared_ptr<RuleGroup>> groups;
  MutexLock lock(mutex_);
  for (const auto& [key, running] : groups_) groups.push_back(running.group);
  return groups;
}

SavedAlertState RuleManager::Snapshot() const {
  SavedAlertState state;
  state.saved_at_ns = environment_.clock.NowNs();
  for (const auto& group : GroupList()) {
    group->ForEachAlertingRule([&](AlertingRule& rule) {
      AlertMap alerts = rule.AlertsToSave(state.saved_at_ns);
      if (!alerts.empty())
        state.rules.push_back(
            {group->file(), group->name(), rule.name(), rule.labels(), std::move(alerts)});
    });
  }
  return state;
}

std::vector<GroupView> RuleManager::Groups() const {
  std::vector<GroupView> views;
  for (const auto& group : GroupList()) views.push_back(group->View());
  return views;
}

std::vector<AlertView> RuleManager::ActiveAlerts() const {
  std::vector<AlertView> alerts;
  for (const auto& group : GroupList()) {
    group->ForEachAlertingRule([&](AlertingRule& rule) {
      RuleView view = rule.View();
      std::move(view.alerts.begin(), view.alerts.end(), std::back_inserter(alerts));
    });
  }
  return alerts;
}

}  // namespace tocsin::rules
