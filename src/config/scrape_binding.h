#pragma once

#include <string>

#include "config/discovery_binding.h"
#include "config/http_client_binding.h"
#include "config/prometheus_config.h"
#include "config/relabel_binding.h"
#include "config/scrape_config.h"

namespace tocsin::config {

void Validate(MappingReader& at, ScrapeConfig& scrape);

/// Fills what `scrape` leaves to `global` and checks what only then can be checked. `at` is the
/// entry.
void ResolveScrapeConfig(MappingReader& at, const GlobalConfig& global, ScrapeConfig& scrape);

/// `message` for a list of protocols that is empty, has duplicates or unknown words; "" when it is
/// fine.
std::string CheckScrapeProtocols(const std::vector<std::string>& protocols);

void ReadValidationScheme(MappingReader& at, std::string& scheme);

template <typename Archive>
void DescribeValidationScheme(Archive& archive, std::string& scheme) {
  if constexpr (Archive::kIsReader)
    ReadValidationScheme(archive, scheme);
  else
    archive.Field("metric_name_validation_scheme", scheme);
}

template <typename Archive>
void DescribeScrapeLimits(Archive& archive, ScrapeConfig& scrape) {
  archive.Field("body_size_limit", ByteSize{scrape.body_size_limit_bytes});
  archive.Field("sample_limit", scrape.sample_limit);
  archive.Field("sample_limit_action",
                Choice{scrape.sample_limit_action,
                       {"fail", "truncate"},
                       "unknown sample_limit_action {}, want fail or truncate"});
  archive.Field("target_limit", scrape.target_limit);
  archive.Field("label_limit", scrape.label_limit);
  archive.Field("label_name_length_limit", scrape.label_name_length_limit);
  archive.Field("label_value_length_limit", scrape.label_value_length_limit);
  archive.Field("native_histogram_bucket_limit", scrape.native_histogram_bucket_limit);
  archive.Field("native_histogram_min_bucket_factor", scrape.native_histogram_min_bucket_factor);
  archive.Field("keep_dropped_targets", scrape.keep_dropped_targets);
}

template <typename Archive>
void Describe(Archive& archive, ScrapeConfig& scrape) {
  archive.Field("job_name", scrape.job_name, Show::kAlways);
  archive.Field("honor_labels", scrape.honor_labels);
  archive.Field("honor_timestamps", scrape.honor_timestamps, Show::kAlways);
  archive.Field("track_timestamps_staleness", scrape.track_timestamps_staleness, Show::kAlways);
  archive.Field("params", scrape.params);
  archive.Field("scrape_interval", scrape.scrape_interval);
  archive.Field("scrape_timeout", scrape.scrape_timeout);
  archive.Field("scrape_protocols", scrape.scrape_protocols);
  archive.Field("fallback_scrape_protocol", scrape.fallback_scrape_protocol);
  archive.Field("scrape_native_histograms", scrape.scrape_native_histograms);
  archive.Field("always_scrape_classic_histograms", scrape.always_scrape_classic_histograms);
  archive.Field("convert_classic_histograms_to_nhcb", scrape.convert_classic_histograms_to_nhcb);
  archive.Field("scrape_failure_log_file", FilePath{scrape.scrape_failure_log_file});
  archive.Field("metrics_path", scrape.metrics_path);
  archive.Field("scheme", scrape.scheme);
  archive.Field("enable_compression", scrape.enable_compression, Show::kAlways);
  DescribeScrapeLimits(archive, scrape);
  DescribeValidationScheme(archive, scrape.metric_name_validation_scheme);
  archive.Field("metric_name_escaping_scheme", scrape.metric_name_escaping_scheme);
  archive.Field("extra_scrape_metrics", scrape.extra_scrape_metrics);
  DescribeHttpClient(archive, scrape.http_client);
  archive.Field(
      "relabel_configs",
      NonNull(scrape.relabel_configs, "empty or null target relabeling rule in scrape config"));
  archive.Field("metric_relabel_configs",
                NonNull(scrape.metric_relabel_configs,
                        "empty or null metric relabeling rule in scrape config"));
  DescribeDiscovery(archive, scrape.discovery);
}

}  // namespace tocsin::config
