#include "app/prometheus_options.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>

#include "app/alertmanager_app.h"
#include "app/runtime.h"
#include "app/version.h"

namespace tocsin::app {

namespace {

void EnableFeatures(const FlagSet& flags, PrometheusOptions& options, Logger& logger) {
  promql::EngineOptions& engine = options.engine;
  scraper::ScrapeFeatures& scrape = options.scrape_features;
  const std::multimap<std::string, bool*> switches = {
      {"promql-experimental-functions", &engine.enable_experimental_functions},
      {"promql-delayed-name-removal", &engine.enable_delayed_name_removal},
      {"promql-extended-range-selectors", &engine.enable_extended_range_selectors},
      {"promql-binop-fill-modifiers", &engine.enable_binop_fill_modifiers},
      {"type-and-unit-labels", &engine.enable_type_and_unit_labels},
      {"type-and-unit-labels", &scrape.type_and_unit_labels},
      {"created-timestamp-zero-ingestion", &scrape.start_timestamps},
      {"st-storage", &scrape.start_timestamps},
      {"exemplar-storage", &options.has_exemplar_storage},
      {"use-start-timestamps", &engine.enable_start_timestamps},
  };
  for (const std::string& feature : SplitFeatures(flags.Strings("enable-feature"))) {
    const auto [begin, end] = switches.equal_range(feature);
    if (begin != end) {
      for (auto at = begin; at != end; ++at) *at->second = true;
      logger.Info("Feature enabled", {{"feature", feature}});
    } else {
      logger.Warn("Feature has no effect", {{"feature", feature}});
    }
  }
}

uint64_t PhysicalMemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

promql::EngineOptions MakeEngineOptions(const FlagSet& flags) {
  promql::EngineOptions engine;
  engine.timeout_ms = flags.DurationMs("query.timeout");
  engine.max_samples = static_cast<uint64_t>(flags.Integer("query.max-samples"));
  engine.max_concurrency = static_cast<size_t>(flags.Integer("query.max-concurrency"));
  engine.lookback_delta_ms = flags.DurationMs("query.lookback-delta");
  engine.query_memory_bytes = flags.Bytes("query.max-memory");
  engine.total_memory_bytes = flags.Bytes("query.max-total-memory");
  if (engine.total_memory_bytes == 0) engine.total_memory_bytes = PhysicalMemoryBytes() / 4;
  return engine;
}

Result<tsdb::DatabaseOptions> MakeDatabaseOptions(const FlagSet& flags) {
  tsdb::DatabaseOptions database;
  database.directory = flags.String("storage.tsdb.path");
  database.retention_ms = flags.DurationMs("storage.tsdb.retention.time");
  database.retention_bytes = flags.Bytes("storage.tsdb.retention.size");
  database.min_block_ms = flags.DurationMs("storage.tsdb.min-block-duration");
  if (!flags.String("storage.tsdb.max-block-duration").empty()) {
    database.max_block_ms = flags.DurationMs("storage.tsdb.max-block-duration");
  }
  database.max_series = static_cast<uint64_t>(flags.Integer("storage.tsdb.max-series"));
  database.has_dense_blocks = flags.Bool("storage.tsdb.dense-blocks");
  database.max_series_per_job =
      static_cast<uint64_t>(flags.Integer("storage.tsdb.max-series-per-job"));
  database.max_memory_bytes = flags.Bytes("storage.tsdb.max-memory");
  database.wal.segment_bytes = flags.Bytes("storage.tsdb.wal-segment-size");
  const std::string& compression = flags.String("storage.tsdb.wal-compression-type");
  if (!flags.Bool("storage.tsdb.wal-compression")) {
    database.wal.compression = tsdb::WalCompression::kNone;
  } else if (compression == "zstd") {
    database.wal.compression = tsdb::WalCompression::kZstd;
  } else if (compression != "snappy") {
    return Errorf(ErrorCode::kInvalidArgument,
                  "invalid value \"{}\" for flag --storage.tsdb.wal-compression-type: want snappy "
                  "or zstd",
                  compression);
  }
  return database;
}

Result<remote::WriteReceiverOptions> MakeRemoteWriteOptions(const FlagSet& flags) {
  constexpr const char* kFlag = "web.remote-write-receiver.accepted-protobuf-messages";
  remote::WriteReceiverOptions options;
  options.accepted.clear();
  for (const std::string& name : SplitFeatures(flags.Strings(kFlag))) {
    const auto protocol = remote::ParseWriteMessageName(name);
    if (!protocol) return protocol.error().WithContext(std::string("flag --") + kFlag);
    options.accepted.push_back(*protocol);
  }
  return options;
}

remote::ReadServerOptions MakeRemoteReadOptions(const FlagSet& flags) {
  remote::ReadServerOptions options;
  options.sample_limit = static_cast<uint64_t>(
      std::max<int64_t>(0, flags.Integer("storage.remote.read-sample-limit")));
  options.concurrent_limit = static_cast<size_t>(
      std::max<int64_t>(1, flags.Integer("storage.remote.read-concurrent-limit")));
  options.max_bytes_in_frame = static_cast<size_t>(
      std::max<int64_t>(1, flags.Integer("storage.remote.read-max-bytes-in-frame")));
  return options;
}

rules::RuleOptions MakeRuleOptions(const FlagSet& flags, const std::string& external_url) {
  rules::RuleOptions rules;
  rules.external_url = external_url;
  rules.outage_tolerance_ms = flags.DurationMs("rules.alert.for-outage-tolerance");
  rules.for_grace_period_ms = flags.DurationMs("rules.alert.for-grace-period");
  rules.resend_delay_ms = flags.DurationMs("rules.alert.resend-delay");
  rules.state_path = flags.String("storage.tsdb.path") + "/rule-alerts";
  return rules;
}

http::ServerOptions MakeServerOptions(const FlagSet& flags, Fs& fs,
                                      const std::string& external_url) {
  http::ServerOptions server;
  server.listen_addresses = flags.Strings("web.listen-address");
  server.route_prefix = ResolveRoutePrefix(flags.String("web.route-prefix"),
                                           flags.IsSet("web.route-prefix"), external_url);
  server.max_connections = static_cast<size_t>(flags.Integer("web.max-connections"));
  server.read_timeout_ms = flags.DurationMs("web.read-timeout");
  server.load_web_config = MakeWebConfigLoader(fs, flags.String("web.config.file"));
  server.server_name = "web";
  return server;
}

Result<alertmanager::AlertmanagerOptions> MakeAlertmanagerOptions(const FlagSet& flags,
                                                                  const std::string& external_url) {
  alertmanager::AlertmanagerOptions options;
  options.storage_path = flags.String("alertmanager.storage.path");
  if (options.storage_path.empty()) {
    options.storage_path = flags.String("storage.tsdb.path") + "/alertmanager";
  }
  options.external_url = external_url + "/alertmanager";
  const std::string& own_url = flags.String("alertmanager.web.external-url");
  if (!own_url.empty()) {
    TOCSIN_ASSIGN_OR_RETURN(options.external_url, ResolveExternalUrl(own_url, ""));
  }
  options.retention_ms = flags.DurationMs("alertmanager.data.retention");
  options.version.version = kAlertmanagerVersion;
  return options;
}

}  // namespace

Result<PrometheusOptions> MakePrometheusOptions(const FlagSet& flags, Fs& fs, Logger& logger) {
  PrometheusOptions options;
  options.config_file = flags.String("config.file");
  if (options.config_file.empty() && fs.Exists("prometheus.yml")) {
    options.config_file = "prometheus.yml";
  }
  options.alertmanager_config_file = flags.String("alertmanager.config.file");
  options.data_path = flags.String("storage.tsdb.path");
  options.has_lock_file = !flags.Bool("storage.tsdb.no-lockfile");
  options.listen_address = flags.Strings("web.listen-address").front();
  TOCSIN_ASSIGN_OR_RETURN(options.external_url, ResolveExternalUrl(flags.String("web.external-url"),
                                                                   options.listen_address));
  options.server = MakeServerOptions(flags, fs, options.external_url);
  options.alertmanager_server = options.server;
  options.alertmanager_server.server_name = "alertmanager";
  options.alertmanager_server.listen_addresses = flags.Strings("alertmanager.web.listen-address");
  options.alertmanager_server.route_prefix.clear();
  options.has_lifecycle = flags.Bool("web.enable-lifecycle");
  options.cors_origin = flags.String("web.cors.origin");
  options.page_title = flags.String("web.page-title");
  if (flags.Bool("config.auto-reload")) {
    options.auto_reload_interval_ms = flags.DurationMs("config.auto-reload-interval");
  }
  TOCSIN_ASSIGN_OR_RETURN(options.database, MakeDatabaseOptions(flags));
  options.has_admin_api = flags.Bool("web.enable-admin-api");
  options.has_remote_write_receiver = flags.Bool("web.enable-remote-write-receiver");
  TOCSIN_ASSIGN_OR_RETURN(options.remote_write, MakeRemoteWriteOptions(flags));
  options.remote_read = MakeRemoteReadOptions(flags);
  options.engine = MakeEngineOptions(flags);
  EnableFeatures(flags, options, logger);
  options.rules = MakeRuleOptions(flags, options.external_url);
  options.rule_concurrency = static_cast<size_t>(flags.Integer("rules.max-concurrent-evals"));
  options.notification_queue_capacity =
      static_cast<size_t>(flags.Integer("alertmanager.notification-queue-capacity"));
  options.notification_batch_size =
      static_cast<size_t>(flags.Integer("alertmanager.notification-batch-size"));
  options.drains_notifications = flags.Bool("alertmanager.drain-notification-queue-on-shutdown");
  TOCSIN_ASSIGN_OR_RETURN(options.alertmanager,
                          MakeAlertmanagerOptions(flags, options.external_url));
  return options;
}

}  // namespace tocsin::app
