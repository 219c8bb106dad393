#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/scrape_config.h"
#include "http/client.h"
#include "scraper/sample_labels.h"

namespace tocsin::scraper {

/// A job's configuration made ready for its scrapes. Immutable; shared by the loops of the job's
/// targets and by scrapes that began before a reload.
struct ScrapeSettings {
  config::ScrapeConfig config;
  SampleLabelRules label_rules;
  std::string accept_header;
  std::shared_ptr<const http::ClientOptions> client_options;
  /// Equal keys give the same series for the same page and target: known lines stay known.
  std::string series_key;
  /// Why no scrape of this job can work, or "".
  std::string unsupported;
};

std::shared_ptr<const ScrapeSettings> MakeScrapeSettings(const config::ScrapeConfig& config);

}  // namespace tocsin::scraper
