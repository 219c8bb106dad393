#include "rules/rule_group.h"

#include <map>
#include <utility>

#include "model/sample.h"
#include "rules/for_state_restorer.h"

namespace tocsin::rules {
namespace {

constexpr double kNsPerSecond = 1e9;

// Counts samples that storage refuses, by reason, for one log line each.
struct RefusedSamples {
  int64_t out_of_order = 0;
  int64_t out_of_bounds = 0;
  int64_t duplicates = 0;

  bool Count(ErrorCode code) {
    if (code == ErrorCode::kOutOfOrder) return ++out_of_order > 0;
    if (code == ErrorCode::kOutOfBounds) return ++out_of_bounds > 0;
    if (code == ErrorCode::kAlreadyExists) return ++duplicates > 0;
    return false;
  }
};

void LogRefused(Logger& logger, const std::string& rule, const RefusedSamples& refused) {
  const auto log = [&](int64_t count, std::string_view message) {
    if (count == 0) return;
    const std::string dropped = std::to_string(count);
    logger.Warn(message, {{"name", rule}, {"num_dropped", dropped}});
  };
  log(refused.out_of_order, "Error on ingesting out-of-order result from rule evaluation");
  log(refused.out_of_bounds, "Error on ingesting too old result from rule evaluation");
  log(refused.duplicates,
      "Error on ingesting results from rule evaluation with different value but same timestamp");
}

}  // namespace

RuleGroup::RuleGroup(RuleGroupOptions options, const RuleEnvironment& environment,
                     const RuleOptions& rule_options, RuleMetrics& metrics)
    : options_(std::move(options)),
      environment_(environment),
      rule_options_(rule_options),
      shared_metrics_(metrics),
      metrics_(metrics.registry, options_.file, options_.name),
      cancel_(environment.clock),
      last_series_(options_.rules.size()) {
  metrics_.interval_seconds.Set(static_cast<double>(options_.interval_ns) / kNsPerSecond);
  metrics_.rules.Set(static_cast<double>(options_.rules.size()));
}

void RuleGroup::Stop(bool cancel_queries) {
  is_stopped_.store(true);
  if (cancel_queries) cancel_.Cancel();
}

int64_t RuleGroup::EvaluationTimeAt(int64_t now_ns) const {
  const Labels identity{{"file", options_.file}, {"name", options_.name}};
  const auto interval = static_cast<uint64_t>(options_.interval_ns);
  const auto offset_ns = static_cast<int64_t>(identity.Hash() % interval);
  // Aligned first and shifted then: `%` alone would align with the epoch.
  const int64_t shifted_ns = now_ns - offset_ns;
  return shifted_ns - shifted_ns % options_.interval_ns + offset_ns;
}

void RuleGroup::CountMissed(int64_t missed) {
  metrics_.iterations.Increment(static_cast<double>(missed));
  metrics_.iterations_missed.Increment(static_cast<double>(missed));
}

void RuleGroup::Evaluate(int64_t time_ns) {
  metrics_.iterations.Increment();
  const int64_t start_ns = environment_.clock.NowNs();
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  size_t samples = 0;
  for (size_t i = 0; i < options_.rules.size(); ++i) {
    if (is_stopped_.load()) return;
    samples += EvaluateRule(i, time_ns);
  }
  MarkOrphansStale(time_ns / 1'000'000 - options_.query_offset_ms);
  const double seconds =
      static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) / kNsPerSecond;
  NoteIteration(time_ns, start_ns, seconds, samples);
}

size_t RuleGroup::EvaluateRule(size_t index, int64_t time_ns) {
  Rule& rule = *options_.rules[index];
  const EvaluationContext context{
      environment_.queries, &cancel_,      time_ns, options_.query_offset_ms,
      options_.interval_ns, options_.limit};
  const int64_t start_ns = environment_.clock.NowNs();
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  metrics_.evaluations.Increment();
  const auto samples = rule.Evaluate(context);
  if (samples) {
    rule.SetHealth(RuleHealth::kGood, "");
    if (rule.is_alerting()) SendAlerts(static_cast<AlertingRule&>(rule), time_ns);
    Store(index, *samples, context.sample_time_ms());
  } else {
    Fail(rule, samples.error());
  }
  const double seconds =
      static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) / kNsPerSecond;
  rule.SetEvaluated(start_ns, seconds);
  shared_metrics_.evaluation_duration_seconds.Observe(seconds);
  return samples ? samples->size() : 0;
}

void RuleGroup::Fail(Rule& rule, const Error& error) {
  rule.SetHealth(RuleHealth::kBad, error.message());
  metrics_.evaluation_failures.Increment();
  // A canceled query is a shutdown, not a failure worth a line.
  if (error.code() == ErrorCode::kCanceled) return;
  environment_.logger.Warn("Evaluating rule failed", {{"file", options_.file},
                                                      {"group", options_.name},
                                                      {"name", rule.name()},
                                                      {"err", error.message()}});
}

void RuleGroup::SendAlerts(AlertingRule& rule, int64_t time_ns) {
  const std::vector<Alert> alerts =
      rule.TakeAlertsToSend(time_ns, rule_options_.resend_delay_ms * 1'000'000,
                            options_.interval_ns, rule_options_.external_url);
  if (!alerts.empty()) environment_.sink.Send(alerts);
}

void RuleGroup::Store(size_t index, const std::vector<OutputSample>& samples,
                      int64_t sample_time_ms) {
  Rule& rule = *options_.rules[index];
  SeriesRefs& last = last_series_[index];
  const auto appender = environment_.appendable.MakeAppender();
  SeriesRefs stored;
  stored.reserve(samples.size());
  RefusedSamples refused;
  for (const OutputSample& sample : samples) {
    const auto known = last.find(sample.labels);
    const storage::SeriesRef ref = known == last.end() ? 0 : known->second;
    const auto result = appender->Append(ref, sample.labels, sample_time_ms, sample.value);
    if (result) {
      stored.emplace(sample.labels, *result);
      continue;
    }
    rule.SetHealth(RuleHealth::kBad, result.error().message());
    if (!refused.Count(result.error().code()))
      environment_.logger.Warn("Rule evaluation result discarded",
                               {{"name", rule.name()}, {"err", result.error().message()}});
  }
  for (const auto& [labels, ref] : last) {
    // A marker that comes too late for its series is no loss.
    if (!stored.contains(labels)) (void)appender->Append(ref, labels, sample_time_ms, kStaleNan);
  }
  LogRefused(environment_.logger, rule.name(), refused);
  if (const Status status = appender->Commit(); !status) return Fail(rule, status.error());
  last = std::move(stored);
}

void RuleGroup::MarkOrphansStale(int64_t sample_time_ms) {
  if (orphans_.empty()) return;
  const auto appender = environment_.appendable.MakeAppender();
  for (const Labels& labels : orphans_)
    (void)appender->Append(0, labels, sample_time_ms, kStaleNan);
  if (const Status status = appender->Commit(); !status) {
    environment_.logger.Warn("Stale sample appending for previous configuration failed",
                             {{"err", status.error().message()}});
    return;  // Tried again with the next evaluation.
  }
  orphans_.clear();
}

void RuleGroup::NoteIteration(int64_t time_ns, int64_t start_ns, double seconds, size_t samples) {
  double rule_seconds = 0;
  for (const auto& rule : options_.rules) rule_seconds += rule->evaluation_seconds();
  shared_metrics_.group_duration_seconds.Observe(seconds);
  metrics_.last_duration_seconds.Set(seconds);
  metrics_.last_rule_duration_sum_seconds.Set(rule_seconds);
  metrics_.last_evaluation_samples.Set(static_cast<double>(samples));
  metrics_.last_evaluation_timestamp_seconds.Set(static_cast<double>(time_ns) / kNsPerSecond);
  MutexLock lock(mutex_);
  evaluation_seconds_ = seconds;
  last_evaluation_ns_ = start_ns;
}

void RuleGroup::RestoreForState(int64_t time_ns) {
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  const ForStateRestorer restorer(environment_.queryable, rule_options_, environment_.logger);
  ForEachAlertingRule([&](AlertingRule& rule) { restorer.Restore(rule, time_ns); });
  metrics_.last_restore_duration_seconds.Set(
      static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) / kNsPerSecond);
}

void RuleGroup::CopyState(const RuleGroup& from) {
  {
    MutexLock lock(from.mutex_);
    const double seconds = from.evaluation_seconds_;
    const int64_t last_ns = from.last_evaluation_ns_;
    MutexLock own_lock(mutex_);
    evaluation_seconds_ = seconds;
    last_evaluation_ns_ = last_ns;
  }
  std::multimap<std::string, size_t> old_rules;
  for (size_t i = 0; i < from.options_.rules.size(); ++i)
    old_rules.emplace(from.options_.rules[i]->Identity(), i);
  for (size_t i = 0; i < options_.rules.size(); ++i) {
    // lower_bound: of rules with the same identity the first comes first.
    const auto at = old_rules.lower_bound(options_.rules[i]->Identity());
    if (at == old_rules.end() || at->first != options_.rules[i]->Identity()) continue;
    last_series_[i] = from.last_series_[at->second];
    if (options_.rules[i]->is_alerting())
      static_cast<AlertingRule&>(*options_.rules[i])
          .CopyAlerts(static_cast<const AlertingRule&>(*from.options_.rules[at->second]));
    old_rules.erase(at);
  }
  orphans_ = from.orphans_;
  for (const auto& [identity, index] : old_rules)
    for (const auto& [labels, ref] : from.last_series_[index]) orphans_.push_back(labels);
}

void RuleGroup::MarkSeriesStale(int64_t time_ns) {
  for (SeriesRefs& series : last_series_) {
    for (const auto& [labels, ref] : series) orphans_.push_back(labels);
    series.clear();
  }
  MarkOrphansStale(time_ns / 1'000'000 - options_.query_offset_ms);
}

GroupView RuleGroup::View() const {
  GroupView view;
  view.name = options_.name;
  view.file = options_.file;
  view.interval_seconds = static_cast<double>(options_.interval_ns) / kNsPerSecond;
  view.limit = options_.limit;
  for (const auto& rule : options_.rules) view.rules.push_back(rule->View());
  MutexLock lock(mutex_);
  view.evaluation_seconds = evaluation_seconds_;
  view.last_evaluation_ns = last_evaluation_ns_;
  return view;
}

bool RuleGroup::TakeStateChanged() {
  bool changed = false;
  ForEachAlertingRule([&](AlertingRule& rule) { changed = rule.TakeStateChanged() || changed; });
  return changed;
}

}  // namespace tocsin::rules
