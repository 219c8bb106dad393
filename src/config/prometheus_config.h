#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "config/config_warnings.h"
#include "config/remote_config.h"
#include "config/scrape_config.h"
#include "config/target_group.h"
#include "model/labels.h"
#include "model/relabel.h"

namespace tocsin::config {

/// The `global` block with defaults resolved. Value type.
struct GlobalConfig {
  std::chrono::milliseconds scrape_interval = std::chrono::minutes(1);
  std::chrono::milliseconds scrape_timeout = std::chrono::seconds(10);
  std::vector<std::string> scrape_protocols;  ///< Empty unless configured.
  std::chrono::milliseconds evaluation_interval = std::chrono::minutes(1);
  std::chrono::milliseconds rule_query_offset{0};
  std::string query_log_file;
  std::string scrape_failure_log_file;
  Labels external_labels;  ///< Environment variables expanded.
  uint64_t body_size_limit_bytes = 0;
  uint64_t sample_limit = 0;
  uint64_t target_limit = 0;
  uint64_t label_limit = 0;
  uint64_t label_name_length_limit = 0;
  uint64_t label_value_length_limit = 0;
  uint64_t keep_dropped_targets = 0;
  std::string metric_name_validation_scheme = "utf8";
  std::string metric_name_escaping_scheme = "allow-utf-8";
  std::optional<bool> scrape_native_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false;
  bool extra_scrape_metrics = false;
};

/// The `runtime` block: a Go setting, accepted so that files load.
struct RuntimeConfig {
  int64_t gogc = 75;
};

/// One entry of alerting.alertmanagers.
struct AlertmanagerEndpointConfig {
  HttpClientConfig http_client;
  std::optional<YamlNode> sigv4;  ///< As written; not supported yet.
  std::string scheme = "http";
  std::string path_prefix;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  std::string api_version = "v2";
  std::vector<RelabelRule> relabel_configs;
  std::vector<RelabelRule> alert_relabel_configs;
  DiscoveryConfigs discovery;
};

struct AlertingConfig {
  std::vector<RelabelRule> alert_relabel_configs;
  std::vector<AlertmanagerEndpointConfig> alertmanagers;
};

/// How long series that a selector matches are kept.
struct RetentionRuleConfig {
  std::string match;  ///< A series selector.
  std::chrono::milliseconds time{0};
};

struct RetentionConfig {
  std::chrono::milliseconds time{0};  ///< 0: as the flag says.
  uint64_t size_bytes = 0;
  double percentage = 0;
  std::vector<RetentionRuleConfig> rules;  ///< The first that matches a series decides.
};

struct TsdbConfig {
  std::chrono::milliseconds out_of_order_time_window{0};
  double stale_series_compaction_threshold = 0;
  std::optional<RetentionConfig> retention;
  std::optional<std::string> floats_chunk_encoding;  ///< "xor" or "xor2".
};

struct StorageConfig {
  std::optional<TsdbConfig> tsdb;
  std::optional<int64_t> max_exemplars;  ///< Set when an `exemplars` block is there.
};

/// A whole prometheus.yml, valid and with defaults resolved. Value type; read-only once loaded.
struct PrometheusConfig {
  GlobalConfig global;
  RuntimeConfig runtime;
  AlertingConfig alerting;
  std::vector<std::string> rule_files;           ///< Globs, absolute or relative to the process.
  std::vector<std::string> scrape_config_files;  ///< Globs, likewise.
  std::vector<ScrapeConfig> scrape_configs;      ///< Of the main file.
  /// Of the files that scrape_config_files named when the configuration was loaded.
  std::vector<ScrapeConfig> included_scrape_configs;
  StorageConfig storage;
  std::optional<TracingConfig> tracing;
  std::vector<RemoteWriteConfig> remote_write;
  std::vector<RemoteReadConfig> remote_read;
  OtlpConfig otlp;

  /// Main and included scrape configs together.
  std::vector<ScrapeConfig> AllScrapeConfigs() const;
};

/// Looks up an environment variable; nullopt when unset.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string&)>;

/// What loading needs from outside.
struct LoadOptions {
  EnvironmentLookup environment;       ///< For external_labels; none: every variable is empty.
  bool agent_mode = false;             ///< Refuses alerting, rule_files and remote_read.
  ConfigWarnings* warnings = nullptr;  ///< Receives warnings when set; borrowed for the call.
};

/// Reads and validates `path` and the files that scrape_config_files names. Every error is one
/// line, `file:line:column: what (value)`, with code kInvalidArgument, or the file system's error.
Result<PrometheusConfig> LoadPrometheusConfig(Fs& fs, const std::string& path,
                                              const LoadOptions& options = {});

/// The same for text in memory; `file_name` appears in messages and its directory anchors relative
/// paths. scrape_config_files are not read.
Result<PrometheusConfig> ParsePrometheusConfig(std::string_view text, const std::string& file_name,
                                               const LoadOptions& options = {});

/// The configuration as /api/v1/status/config shows it: defaults resolved, secrets masked.
std::string FormatPrometheusConfig(const PrometheusConfig& config);

}  // namespace tocsin::config
