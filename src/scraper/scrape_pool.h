#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/target_group.h"
#include "scraper/scrape_loop.h"
#include "scraper/target.h"
#include "scraper/target_view.h"

namespace tocsin::scraper {

/// The targets of one job: turns discovered groups into loops. A target that stays, with its labels
/// and its URL, keeps its loop, and thereby its series, cache and moment, whatever else changes.
/// Thread-compatible: the manager locks.
class ScrapePool {
 public:
  ScrapePool(const ScrapeEnvironment& environment, std::shared_ptr<const ScrapeSettings> settings);

  /// Replaces the configuration and builds the targets anew from the groups known.
  void ApplySettings(std::shared_ptr<const ScrapeSettings> settings);
  /// Replaces the groups. Loops of new targets start, loops of vanished ones retire.
  void Sync(std::vector<config::TargetGroup> groups);
  /// Retires all loops.
  void RetireAll();

  const std::string& job_name() const { return settings_->config.job_name; }
  /// By URL.
  std::vector<std::shared_ptr<ScrapeLoop>> ActiveLoops() const;
  /// At most keep_dropped_targets of them, unless that is 0.
  std::vector<DroppedTargetView> DroppedTargets() const;
  const config::ScrapeConfig& config() const { return settings_->config; }
  size_t dropped_count() const { return dropped_count_; }
  /// Loops retired since the last call, which may have stale markers to write yet.
  std::vector<std::weak_ptr<ScrapeLoop>> TakeRetired();

 private:
  using Loops = std::map<uint64_t, std::shared_ptr<ScrapeLoop>>;  // By Target::hash.

  void BuildTargets();
  std::vector<std::shared_ptr<const Target>> MakeTargets();
  void AddDropped(TargetCandidate candidate);
  std::shared_ptr<ScrapeLoop> AdoptOrMakeLoop(Loops& vanished,
                                              const std::shared_ptr<const Target>& target);
  void Retire(const std::shared_ptr<ScrapeLoop>& loop);
  void EnforceTargetLimit();

  const ScrapeEnvironment& environment_;
  std::shared_ptr<const ScrapeSettings> settings_;
  std::vector<config::TargetGroup> groups_;
  Loops loops_;
  struct DroppedTarget {
    Labels discovered_labels;
    size_t rule;
  };
  std::vector<DroppedTarget> dropped_;
  size_t dropped_count_ = 0;
  std::vector<std::weak_ptr<ScrapeLoop>> retired_;
};

}  // namespace tocsin::scraper
