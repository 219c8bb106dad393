#include "alertmanager/inhibitor.h"

#include <algorithm>

#include "alertmanager/route.h"

namespace tocsin::alertmanager {

namespace {

bool MatchesAll(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels); });
}

}  // namespace

Result<std::unique_ptr<Inhibitor>> Inhibitor::Make(
    const Clock& clock, const std::vector<config::InhibitRuleConfig>& rules) {
  std::unique_ptr<Inhibitor> inhibitor(new Inhibitor(clock));
  for (const config::InhibitRuleConfig& config : rules) {
    Rule rule;
    TOCSIN_ASSIGN_OR_RETURN(
        rule.source_matchers,
        CollectMatchers(config.source_match, config.source_match_re, config.source_matchers));
    TOCSIN_ASSIGN_OR_RETURN(
        rule.target_matchers,
        CollectMatchers(config.target_match, config.target_match_re, config.target_matchers));
    rule.equal = config.equal;
    inhibitor->rules_.push_back(std::move(rule));
  }
  return inhibitor;
}

std::string Inhibitor::EqualKey(const Rule& rule, const Labels& labels) {
  std::string key;
  for (const std::string& name : rule.equal) AppendLabelString(key, labels.Get(name));
  return key;
}

void Inhibitor::Observe(const AlertList& alerts) {
  const int64_t now_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  for (const AlertPtr& alert : alerts) {
    for (Rule& rule : rules_) {
      if (!MatchesAll(rule.source_matchers, alert->labels)) continue;
      const std::string key = EqualKey(rule, alert->labels);
      if (!alert->IsResolvedAt(now_ns)) {
        rule.sources[key][alert->fingerprint] = alert;
      } else if (const auto found = rule.sources.find(key); found != rule.sources.end()) {
        found->second.erase(alert->fingerprint);
        if (found->second.empty()) rule.sources.erase(found);
      }
    }
  }
}

void Inhibitor::Collect() {
  const int64_t now_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  for (Rule& rule : rules_) {
    for (auto& [key, sources] : rule.sources) {
      std::erase_if(sources, [&](const auto& s) { return s.second->IsResolvedAt(now_ns); });
    }
    std::erase_if(rule.sources, [](const auto& entry) { return entry.second.empty(); });
  }
}

std::optional<uint64_t> Inhibitor::InhibitedBy(const Labels& labels) const {
  const int64_t now_ns = clock_.NowNs();
  MutexLock lock(mutex_);
  for (const Rule& rule : rules_) {
    if (!MatchesAll(rule.target_matchers, labels)) continue;
    const auto found = rule.sources.find(EqualKey(rule, labels));
    if (found == rule.sources.end()) continue;
    // An alert that is on both sides is not inhibited by another that is, nor by itself.
    const bool is_two_sided = MatchesAll(rule.source_matchers, labels);
    for (const auto& [fingerprint, source] : found->second) {
      if (source->IsResolvedAt(now_ns)) continue;
      if (is_two_sided && MatchesAll(rule.target_matchers, source->labels)) continue;
      return fingerprint;
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::alertmanager
