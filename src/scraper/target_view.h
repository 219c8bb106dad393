#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/labels.h"
#include "scraper/target_metadata.h"

namespace tocsin::scraper {

enum class TargetHealth : uint8_t { kUnknown, kUp, kDown };

/// "unknown", "up", "down".
inline const char* TargetHealthText(TargetHealth health) {
  constexpr const char* kTexts[] = {"unknown", "up", "down"};
  return kTexts[static_cast<int>(health)];
}

/// An entry of activeTargets in /api/v1/targets. Value type.
struct ActiveTargetView {
  Labels discovered_labels;
  Labels labels;
  std::string scrape_pool;
  std::string scrape_url;
  std::string global_url;
  std::string last_error;
  int64_t last_scrape_ms = 0;  ///< 0: never.
  double last_scrape_duration_seconds = 0;
  TargetHealth health = TargetHealth::kUnknown;
  std::string scrape_interval;  ///< As in its label: "15s".
  std::string scrape_timeout;
};

/// An entry of droppedTargets. Value type.
struct DroppedTargetView {
  Labels discovered_labels;
  std::string scrape_pool;
  std::string reason =
      {};  ///< The rule that did it: "relabel_configs[1]: keep if [a;b] matches x".
};

/// What one target says of its metric families, for /api/v1/metadata and /api/v1/targets/metadata.
struct TargetMetadataView {
  Labels target;
  std::vector<std::shared_ptr<const FamilyMetadata>> families;  // Shared with the metadata pool.
};

}  // namespace tocsin::scraper
