#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alertmanager/alertmanager.h"
#include "app/flag_set.h"
#include "base/log.h"
#include "base/result.h"
#include "http/server.h"
#include "promql/engine.h"
#include "remote/read_server.h"
#include "remote/write_receiver.h"
#include "rules/rule_environment.h"
#include "scraper/scrape_settings.h"
#include "tsdb/database.h"

namespace tocsin::app {

/// The command line as the components want it.
struct PrometheusOptions {
  std::string config_file;  ///< "": the embedded default.
  std::string alertmanager_config_file;
  std::string data_path;
  bool has_lock_file = true;
  std::string external_url;
  std::string listen_address;  ///< The first one.
  http::ServerOptions server;
  http::ServerOptions alertmanager_server;  ///< Without addresses: not served apart.
  bool has_lifecycle = false;
  std::string cors_origin;
  std::string page_title;
  int64_t auto_reload_interval_ms = 0;  ///< 0: off.
  tsdb::DatabaseOptions database;
  scraper::ScrapeFeatures scrape_features;
  bool has_admin_api = false;
  bool has_exemplar_storage = false;
  bool has_remote_write_receiver = false;
  remote::WriteReceiverOptions remote_write;
  remote::ReadServerOptions remote_read;
  promql::EngineOptions engine;
  rules::RuleOptions rules;
  size_t rule_concurrency = 4;
  size_t notification_queue_capacity = 10000;
  size_t notification_batch_size = 256;
  bool drains_notifications = true;
  alertmanager::AlertmanagerOptions alertmanager;
};

/// Translates flags; warns about features that have no effect. Errors name the flag.
Result<PrometheusOptions> MakePrometheusOptions(const FlagSet& flags, Fs& fs, Logger& logger);

}  // namespace tocsin::app
