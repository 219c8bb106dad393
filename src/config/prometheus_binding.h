#pragma once

#include "config/prometheus_config.h"
#include "config/remote_binding.h"
#include "config/scrape_binding.h"

namespace tocsin::config {

void Validate(MappingReader& at, GlobalConfig& global);
void Validate(MappingReader& at, AlertmanagerEndpointConfig& endpoint);
void Validate(MappingReader& at, RetentionConfig& retention);
void Validate(MappingReader& at, RetentionRuleConfig& rule);
void ReadExternalLabels(MappingReader& at, Labels& out);

template <typename Archive>
void DescribeGlobalLimits(Archive& archive, GlobalConfig& global) {
  archive.Field("body_size_limit", ByteSize{global.body_size_limit_bytes});
  archive.Field("sample_limit", global.sample_limit);
  archive.Field("target_limit", global.target_limit);
  archive.Field("label_limit", global.label_limit);
  archive.Field("label_name_length_limit", global.label_name_length_limit);
  archive.Field("label_value_length_limit", global.label_value_length_limit);
  archive.Field("keep_dropped_targets", global.keep_dropped_targets);
}

template <typename Archive>
void Describe(Archive& archive, GlobalConfig& global) {
  archive.Field("scrape_interval", global.scrape_interval);
  archive.Field("scrape_timeout", global.scrape_timeout);
  archive.Field("scrape_protocols", global.scrape_protocols);
  archive.Field("evaluation_interval", global.evaluation_interval);
  archive.Field("rule_query_offset", global.rule_query_offset);
  archive.Field("query_log_file", FilePath{global.query_log_file});
  archive.Field("scrape_failure_log_file", FilePath{global.scrape_failure_log_file});
  if constexpr (Archive::kIsReader)
    ReadExternalLabels(archive, global.external_labels);
  else
    archive.Field("external_labels", global.external_labels);
  DescribeGlobalLimits(archive, global);
  DescribeValidationScheme(archive, global.metric_name_validation_scheme);
  archive.Field("metric_name_escaping_scheme", global.metric_name_escaping_scheme);
  archive.Field("scrape_native_histograms", global.scrape_native_histograms);
  archive.Field("convert_classic_histograms_to_nhcb", global.convert_classic_histograms_to_nhcb);
  archive.Field("always_scrape_classic_histograms", global.always_scrape_classic_histograms);
  archive.Field("extra_scrape_metrics", global.extra_scrape_metrics);
}

template <typename Archive>
void Describe(Archive& archive, RuntimeConfig& runtime) {
  archive.Field("gogc", runtime.gogc);
}

template <typename Archive>
void Describe(Archive& archive, AlertmanagerEndpointConfig& endpoint) {
  DescribeHttpClient(archive, endpoint.http_client);
  archive.Field("sigv4", endpoint.sigv4);
  archive.Field("scheme", endpoint.scheme);
  archive.Field("path_prefix", endpoint.path_prefix);
  archive.Field("timeout", endpoint.timeout);
  archive.Field("api_version",
                Choice{endpoint.api_version,
                       {"v2"},
                       "expected Alertmanager api version to be one of [v2] but got {}"},
                Show::kAlways);
  archive.Field("relabel_configs", NonNull(endpoint.relabel_configs,
                                           "empty or null Alertmanager target relabeling rule"));
  archive.Field(
      "alert_relabel_configs",
      NonNull(endpoint.alert_relabel_configs, "empty or null Alertmanager alert relabeling rule"));
  DescribeDiscovery(archive, endpoint.discovery);
}

template <typename Archive>
void Describe(Archive& archive, AlertingConfig& alerting) {
  archive.Field("alert_relabel_configs",
                NonNull(alerting.alert_relabel_configs, "empty or null alert relabeling rule"));
  archive.Field("alertmanagers",
                NonNull(alerting.alertmanagers, "empty or null alertmanager config section"));
}

template <typename Archive>
void Describe(Archive& archive, RetentionRuleConfig& rule) {
  archive.Field("match", rule.match, Show::kAlways);
  archive.Field("time", rule.time, Show::kAlways);
}

template <typename Archive>
void Describe(Archive& archive, RetentionConfig& retention) {
  archive.Field("time", retention.time);
  archive.Field("size", ByteSize{retention.size_bytes});
  archive.Field("percentage", retention.percentage);
  archive.Field("rules", retention.rules);
}

/// A list instead of a mapping is one of rules.
void ReadValue(ConfigReader& reader, const YamlNode& node, RetentionConfig& retention);

/// `chunk_encoding` of storage.tsdb.
struct ChunkEncoding {
  std::string floats;
};

template <typename Archive>
void Describe(Archive& archive, ChunkEncoding& encoding) {
  archive.Field("floats", Choice{encoding.floats,
                                 {"xor", "xor2"},
                                 "unknown chunk encoding for floats, must be xor or xor2 ({})"});
}

template <typename Archive>
void Describe(Archive& archive, TsdbConfig& tsdb) {
  archive.Field("out_of_order_time_window", tsdb.out_of_order_time_window);
  archive.Field("stale_series_compaction_threshold", tsdb.stale_series_compaction_threshold);
  archive.Field("retention", tsdb.retention);
  std::optional<ChunkEncoding> encoding;
  if (tsdb.floats_chunk_encoding) encoding = ChunkEncoding{*tsdb.floats_chunk_encoding};
  archive.Field("chunk_encoding", encoding);
  if (encoding && !encoding->floats.empty()) tsdb.floats_chunk_encoding = encoding->floats;
}

/// `exemplars` of storage.
struct Exemplars {
  int64_t max_exemplars = 0;
};

template <typename Archive>
void Describe(Archive& archive, Exemplars& exemplars) {
  archive.Field("max_exemplars", exemplars.max_exemplars);
}

template <typename Archive>
void Describe(Archive& archive, StorageConfig& storage) {
  archive.Field("tsdb", storage.tsdb);
  std::optional<Exemplars> exemplars;
  if (storage.max_exemplars) exemplars = Exemplars{*storage.max_exemplars};
  archive.Field("exemplars", exemplars);
  if (exemplars) storage.max_exemplars = exemplars->max_exemplars;
}

}  // namespace tocsin::config
