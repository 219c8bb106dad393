#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/http_client_config.h"
#include "config/target_group.h"
#include "model/relabel.h"

namespace tocsin::config {

/// One entry of scrape_configs with every default resolved from `global`. Value type.
struct ScrapeConfig {
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  std::map<std::string, std::vector<std::string>> params;
  std::chrono::milliseconds scrape_interval{0};
  std::chrono::milliseconds scrape_timeout{0};
  /// Names as in the file ("PrometheusText0.0.4"), most wanted first; never empty.
  std::vector<std::string> scrape_protocols;
  std::string fallback_scrape_protocol;  ///< Or empty: a page of unknown type fails the scrape.
  std::optional<bool> scrape_native_histograms;
  std::optional<bool> always_scrape_classic_histograms;
  std::optional<bool> convert_classic_histograms_to_nhcb;
  std::string scrape_failure_log_file;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  bool enable_compression = true;
  // Limits; 0 means none.
  uint64_t body_size_limit_bytes = 0;
  uint64_t sample_limit = 0;
  /// "truncate" keeps the first samples of a page beyond the limit; empty or "fail" refuses it.
  std::string sample_limit_action;
  uint64_t target_limit = 0;
  uint64_t label_limit = 0;
  uint64_t label_name_length_limit = 0;
  uint64_t label_value_length_limit = 0;
  uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  uint64_t keep_dropped_targets = 0;
  std::string metric_name_validation_scheme;  ///< "utf8" or "legacy".
  std::string metric_name_escaping_scheme;    ///< "allow-utf-8", "underscores", "dots", "values".
  std::optional<bool> extra_scrape_metrics;
  HttpClientConfig http_client;
  std::vector<RelabelRule> relabel_configs;
  std::vector<RelabelRule> metric_relabel_configs;
  DiscoveryConfigs discovery;
};

}  // namespace tocsin::config
