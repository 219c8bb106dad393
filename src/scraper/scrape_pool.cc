#include "scraper/scrape_pool.h"

#include <algorithm>
#include <utility>

#include "scraper/relabel_steps.h"

namespace tocsin::scraper {

ScrapePool::ScrapePool(const ScrapeEnvironment& environment,
                       std::shared_ptr<const ScrapeSettings> settings)
    : environment_(environment), settings_(std::move(settings)) {}

void ScrapePool::ApplySettings(std::shared_ptr<const ScrapeSettings> settings) {
  settings_ = std::move(settings);
  environment_.metrics.pool_reloads.Increment();
  BuildTargets();
}

void ScrapePool::Sync(std::vector<config::TargetGroup> groups) {
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  groups_ = std::move(groups);
  BuildTargets();
  telemetry::Registry& registry = environment_.metrics.registry;
  const telemetry::LabelPairs labels = {{"scrape_job", job_name()}};
  registry
      .AddCounter("prometheus_target_scrape_pool_sync_total",
                  "Total number of syncs that were executed on a scrape pool.", labels)
      .Increment();
  registry
      .AddSummary("prometheus_target_sync_length_seconds",
                  "Actual interval to sync the scrape pool.", labels)
      .Observe(static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) * 1e-9);
}

void ScrapePool::RetireAll() {
  for (const auto& [hash, loop] : loops_) Retire(loop);
  loops_.clear();
}

void ScrapePool::BuildTargets() {
  Loops vanished = std::exchange(loops_, {});
  std::vector<std::shared_ptr<ScrapeLoop>> to_start;
  std::vector<std::shared_ptr<const Target>> changed;
  for (const auto& target : MakeTargets()) {
    if (loops_.contains(target->hash)) continue;  // The same target twice.
    const auto old = vanished.find(target->hash);
    if (old == vanished.end()) {
      loops_[target->hash] = nullptr;
      changed.push_back(target);
      continue;
    }
    old->second->Update(target, settings_);
    loops_[target->hash] = std::move(old->second);
    vanished.erase(old);
  }
  // Only now is it known which old loops nobody claims by their exact identity.
  for (const auto& target : changed) {
    auto& loop = loops_[target->hash];
    loop = AdoptOrMakeLoop(vanished, target);
    to_start.push_back(loop);
  }
  for (const auto& [hash, loop] : vanished) Retire(loop);
  EnforceTargetLimit();
  for (const auto& loop : to_start) loop->Start();
}

// A target whose interval, timeout or temporary labels changed is another by its hash, but its
// series are the same: they go on.
std::shared_ptr<ScrapeLoop> ScrapePool::AdoptOrMakeLoop(
    Loops& vanished, const std::shared_ptr<const Target>& target) {
  const auto found = std::find_if(vanished.begin(), vanished.end(), [&target](const auto& entry) {
    const std::shared_ptr<const Target> old = entry.second->target();
    return old->url == target->url && old->labels == target->labels;
  });
  if (found == vanished.end()) {
    return std::make_shared<ScrapeLoop>(environment_, target, settings_);
  }
  std::shared_ptr<ScrapeLoop> loop = std::move(found->second);
  vanished.erase(found);
  loop->Update(target, settings_);
  return loop;
}

std::vector<std::shared_ptr<const Target>> ScrapePool::MakeTargets() {
  std::vector<std::shared_ptr<const Target>> targets;
  dropped_.clear();
  dropped_count_ = 0;
  size_t failures = 0;
  for (const config::TargetGroup& group : groups_) {
    for (size_t i = 0; i < group.targets.size(); ++i) {
      auto candidate = MakeTarget(group.targets[i], group.labels, settings_->config);
      if (!candidate) {
        ++failures;
        environment_.logger.Error(
            "Creating target failed",
            {{"scrape_pool", job_name()},
             {"err", fmt::format("instance {} in group {}: {}", i, group.source,
                                 candidate.error().message())}});
      } else if (candidate->target != nullptr) {
        targets.push_back(std::move(candidate->target));
      } else {
        AddDropped(std::move(*candidate));
      }
    }
  }
  environment_.metrics.registry
      .AddCounter("prometheus_target_sync_failed_total", "Total number of target sync failures.",
                  {{"scrape_job", job_name()}})
      .Increment(static_cast<double>(failures));
  return targets;
}

void ScrapePool::AddDropped(TargetCandidate candidate) {
  ++dropped_count_;
  const uint64_t limit = settings_->config.keep_dropped_targets;
  if (limit > 0 && dropped_.size() >= limit) return;
  dropped_.push_back({std::move(candidate.discovered_labels), candidate.dropping_rule});
}

std::vector<DroppedTargetView> ScrapePool::DroppedTargets() const {
  std::vector<DroppedTargetView> views;
  views.reserve(dropped_.size());
  for (const DroppedTarget& target : dropped_) {
    views.push_back({target.discovered_labels, job_name(),
                     DescribeDrop(settings_->config.relabel_configs, target.rule)});
  }
  return views;
}

void ScrapePool::Retire(const std::shared_ptr<ScrapeLoop>& loop) {
  loop->Retire();
  if (!loop->is_done()) retired_.push_back(loop);
}

void ScrapePool::EnforceTargetLimit() {
  const uint64_t limit = settings_->config.target_limit;
  std::string error = settings_->unsupported;
  if (limit > 0 && loops_.size() > limit) {
    environment_.metrics.exceeded_target_limit.Increment();
    error = fmt::format("target_limit exceeded (number of targets: {}, limit: {})", loops_.size(),
                        limit);
  }
  for (const auto& [hash, loop] : loops_) loop->SetForcedError(error);
  const telemetry::LabelPairs labels = {{"scrape_job", job_name()}};
  environment_.metrics.registry
      .AddGauge("prometheus_target_scrape_pool_targets",
                "Current number of targets in this scrape pool.", labels)
      .Set(static_cast<double>(loops_.size()));
  environment_.metrics.registry
      .AddGauge("prometheus_target_scrape_pool_target_limit",
                "Maximum number of targets allowed in this scrape pool.", labels)
      .Set(static_cast<double>(limit));
}

std::vector<std::shared_ptr<ScrapeLoop>> ScrapePool::ActiveLoops() const {
  std::vector<std::pair<std::string, std::shared_ptr<ScrapeLoop>>> by_url;
  for (const auto& [hash, loop] : loops_) by_url.emplace_back(loop->target()->url, loop);
  std::stable_sort(by_url.begin(), by_url.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::shared_ptr<ScrapeLoop>> loops;
  for (auto& [url, loop] : by_url) loops.push_back(std::move(loop));
  return loops;
}

std::vector<std::weak_ptr<ScrapeLoop>> ScrapePool::TakeRetired() {
  return std::exchange(retired_, {});
}

}  // namespace tocsin::scraper
