#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scraper/relabel_steps.h"
#include "scraper/target_view.h"
#include "web/api_routes.h"
#include "web/metadata_api.h"

namespace tocsin::web {

/// The Alertmanagers that alerts are sent to, as URLs.
struct AlertmanagersView {
  std::vector<std::string> active;
  std::vector<std::string> dropped;
};

/// Where the endpoints about targets look: ScrapeManager's snapshots. Each function is called on a
/// request's thread; null ones answer with nothing. An empty `pool` means all.
struct TargetsApiDependencies {
  std::function<std::vector<std::string>()> pool_names;
  /// By pool, then by URL.
  std::function<std::vector<scraper::ActiveTargetView>(const std::string& pool)> active_targets;
  std::function<std::vector<scraper::DroppedTargetView>(const std::string& pool)> dropped_targets;
  std::function<std::map<std::string, size_t>()> dropped_target_counts;
  /// What each relabeling rule of a job makes of labels; nothing for unknown jobs.
  std::function<std::optional<std::vector<scraper::RelabelStep>>(const std::string& pool,
                                                                 const Labels& labels)>
      relabel_steps = {};
  std::function<std::vector<scraper::TargetMetadataView>()> metadata;
  std::function<AlertmanagersView()> alertmanagers;
};

/// Registers /targets, /targets/metadata, /targets/relabel_steps, /scrape_pools and /alertmanagers.
void AddTargetsRoutes(ApiRoutes& routes, TargetsApiDependencies dependencies);

/// What all targets say of their metrics, for MetadataApi. Thread-safe if `targets` is.
class ScrapedMetadata final : public MetricMetadataSource {
 public:
  /// `targets` as in TargetsApiDependencies::metadata.
  explicit ScrapedMetadata(std::function<std::vector<scraper::TargetMetadataView>()> targets)
      : targets_(std::move(targets)) {}
  std::map<std::string, std::vector<MetricMetadata>> ListMetadata(
      std::string_view metric) const override;

 private:
  const std::function<std::vector<scraper::TargetMetadataView>()> targets_;
};

}  // namespace tocsin::web
