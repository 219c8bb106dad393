#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "config/scrape_config.h"
#include "http/client.h"
#include "scraper/histogram_limits.h"
#include "scraper/sample_labels.h"

namespace tocsin::scraper {

/// What --enable-feature asks of scraping.
struct ScrapeFeatures {
  /// Start timestamps go to storage, and `_created` lines of OpenMetrics are no series
  /// (created-timestamp-zero-ingestion, st-storage).
  bool start_timestamps = false;
  bool type_and_unit_labels = false;  ///< type-and-unit-labels
};

/// A job's configuration made ready for its scrapes. Immutable; shared by the loops of the job's
/// targets and by scrapes that began before a reload.
struct ScrapeSettings {
  config::ScrapeConfig config;
  SampleLabelRules label_rules;
  ScrapeFeatures features;
  HistogramLimits histogram_limits;
  /// sample_limit cuts the page behind its first samples; if not, it refuses the scrape.
  bool truncates_at_sample_limit = false;
  std::string accept_header;
  std::shared_ptr<const http::ClientOptions> client_options;
  /// Where failed scrapes are written, or null. Shared by jobs that name the same file.
  std::shared_ptr<Logger> failure_log;
  /// Equal keys give the same series for the same page and target: known lines stay known.
  std::string series_key;
  /// Why no scrape of this job can work, or "".
  std::string unsupported;
};

std::shared_ptr<const ScrapeSettings> MakeScrapeSettings(const config::ScrapeConfig& config,
                                                         const ScrapeFeatures& features = {},
                                                         std::shared_ptr<Logger> failure_log = {});

}  // namespace tocsin::scraper
