#include "app/monitoring.h"

#include <algorithm>
#include <thread>

#include "http/client_config.h"
#include "http/url.h"
#include "promql/parser.h"

namespace tocsin::app {

namespace {

// Upstream's default of storage.exemplars.max_exemplars.
constexpr int64_t kDefaultMaxExemplars = 100'000;

constexpr int64_t kMaintenanceIntervalMs = 60'000;

size_t CoreCount() { return std::max(1u, std::thread::hardware_concurrency()); }

rules::RuleSettings RuleSettingsOf(const config::PrometheusConfig& config) {
  rules::RuleSettings settings;
  settings.rule_files = config.rule_files;
  settings.evaluation_interval = config.global.evaluation_interval;
  settings.query_offset = config.global.rule_query_offset;
  settings.external_labels = config.global.external_labels;
  return settings;
}

scraper::GlobalUrlOptions GlobalUrlOf(const PrometheusOptions& options) {
  const auto url = http::ParseUrl(options.external_url);
  return {options.listen_address, url ? url->HostPort() : "", url ? url->scheme : "http"};
}

}  // namespace

Result<std::unique_ptr<Monitoring>> Monitoring::Make(Runtime& runtime,
                                                     const PrometheusOptions& options,
                                                     LoadConfig load_config) {
  std::unique_ptr<Monitoring> monitoring(new Monitoring(runtime, options, std::move(load_config)));
  TOCSIN_RETURN_IF_ERROR(monitoring->Build());
  TOCSIN_RETURN_IF_ERROR(monitoring->Reload());
  return monitoring;
}

Monitoring::Monitoring(Runtime& runtime, const PrometheusOptions& options, LoadConfig load_config)
    : runtime_(runtime),
      options_(options),
      load_config_(std::move(load_config)),
      tsdb_logger_(*runtime.logger, {{"component", "tsdb"}}),
      rules_logger_(*runtime.logger, {{"component", "rule manager"}}),
      engine_logger_(*runtime.logger, {{"component", "query engine"}}),
      notifier_logger_(*runtime.logger, {{"component", "notifier"}}),
      reload_successful_(
          runtime.registry.AddGauge("prometheus_config_last_reload_successful",
                                    "Whether the last configuration reload attempt was "
                                    "successful.")),
      reload_time_(
          runtime.registry.AddGauge("prometheus_config_last_reload_success_timestamp_seconds",
                                    "Timestamp of the last successful configuration reload.")),
      query_pool_("query", CoreCount()),
      rule_pool_("rule", std::max<size_t>(1, options.rule_concurrency)),
      upkeep_pool_("upkeep", 1) {}

Status Monitoring::Build() {
  tsdb::DatabaseOptions database = options_.database;
  database.replays_in_background = true;
  TOCSIN_ASSIGN_OR_RETURN(database_,
                          tsdb::Database::Open(std::move(database), runtime_.fs, runtime_.clock,
                                               tsdb_logger_, runtime_.registry));
  promql::EngineOptions engine = options_.engine;
  engine.default_subquery_step_ms = [this](int64_t) { return subquery_step_ms_.load(); };
  engine_ = std::make_unique<promql::Engine>(engine, runtime_.clock, query_pool_, runtime_.registry,
                                             engine_logger_);
  TOCSIN_ASSIGN_OR_RETURN(
      alertmanager_, AlertmanagerService::Make(
                         runtime_, {options_.alertmanager_config_file, options_.alertmanager}));
  TOCSIN_ASSIGN_OR_RETURN(watcher_, discovery::MakeInotifyWatcher());
  notifier_ = std::make_unique<notifier::NotifierManager>(
      notifier::NotifierEnvironment{
          runtime_.clock, runtime_.timers, *runtime_.client, notifier_logger_, runtime_.registry,
          MakeDiscoveryEnvironment(ScrapingParts(), notifier_logger_), http::MakeClientOptions},
      notifier::NotifierOptions{options_.notification_queue_capacity,
                                options_.notification_batch_size, options_.drains_notifications});
  alert_fanout_ = std::make_unique<AlertFanout>(
      [this](std::span<const Alert> alerts) {
        return alertmanager_->alertmanager().PostAlerts(alerts);
      },
      [this](std::span<const Alert> alerts) { notifier_->Send(alerts); }, rules_logger_);
  rule_queries_ = std::make_unique<rules::EngineRuleQueries>(*engine_, *database_);
  const rules::RuleEnvironment environment{
      runtime_.clock, runtime_.timers, *rule_queries_,    *database_,    *database_,
      *alert_fanout_, runtime_.fs,     runtime_.registry, rules_logger_, &rule_pool_};
  rules_ = std::make_unique<rules::RuleManager>(environment, options_.rules);
  return {};
}

Status Monitoring::Reload() {
  MutexLock lock(reload_mutex_);
  Status status = ReloadLocked();
  reload_successful_.Set(status ? 1 : 0);
  MutexLock state_lock(mutex_);
  reload_state_.is_successful = status.ok();
  if (status) {
    reload_state_.success_time_ns = runtime_.clock.NowNs();
    reload_time_.Set(static_cast<double>(reload_state_.success_time_ns / 1'000'000) / 1000);
  }
  return status;
}

Status Monitoring::ReloadLocked() {
  // Everything that can fail comes first; each of the last two applies all or nothing, and what
  // they check was checked before.
  config::ConfigWarnings warnings;
  TOCSIN_ASSIGN_OR_RETURN(const config::PrometheusConfig config, load_config_(warnings));
  TOCSIN_ASSIGN_OR_RETURN(config::AlertmanagerConfig alertmanager_config, alertmanager_->Load());
  TOCSIN_ASSIGN_OR_RETURN(tsdb::RetentionOptions retention, RetentionFor(config));
  const rules::RuleSettings rule_settings = RuleSettingsOf(config);
  TOCSIN_RETURN_IF_ERROR(rules_->CheckSettings(rule_settings));
  TOCSIN_RETURN_IF_ERROR(alertmanager_->Apply(std::move(alertmanager_config)));
  TOCSIN_RETURN_IF_ERROR(notifier_->ApplyConfig(config.alerting, config.global.external_labels));
  TOCSIN_RETURN_IF_ERROR(rules_->ApplySettings(rule_settings));

  for (const std::string& warning : warnings) {
    runtime_.logger->Warn("Configuration", {{"warning", warning}});
  }
  subquery_step_ms_ = config.global.evaluation_interval.count();
  alert_fanout_->ApplyConfig(config.global.external_labels, config.alerting.alert_relabel_configs);
  if (!scraping_) {
    scraping_ = std::make_unique<Scraping>(
        ScrapingParts(), scraper::MakeOffsetSeed(HostName(), config.global.external_labels));
  }
  database_->SetRetention(std::move(retention));
  const auto& tsdb_config = config.storage.tsdb;
  database_->SetOutOfOrderWindow(tsdb_config ? tsdb_config->out_of_order_time_window.count() : 0);
  const int64_t max_exemplars = config.storage.max_exemplars.value_or(kDefaultMaxExemplars);
  database_->SetMaxExemplars(options_.has_exemplar_storage && max_exemplars > 0
                                 ? static_cast<uint64_t>(max_exemplars)
                                 : 0);
  scraping_->ApplyConfig(config);
  MutexLock lock(mutex_);
  reload_state_.yaml = config::FormatPrometheusConfig(config);
  reload_state_.external_labels = config.global.external_labels;
  return {};
}

// What the file says goes before the flags.
Result<tsdb::RetentionOptions> Monitoring::RetentionFor(
    const config::PrometheusConfig& config) const {
  tsdb::RetentionOptions retention;
  retention.time_ms = options_.database.retention_ms;
  retention.size_bytes = options_.database.retention_bytes;
  if (!config.storage.tsdb || !config.storage.tsdb->retention) return retention;
  const config::RetentionConfig& file = *config.storage.tsdb->retention;
  if (file.time.count() > 0) retention.time_ms = file.time.count();
  if (file.size_bytes > 0) retention.size_bytes = file.size_bytes;
  retention.percentage = file.percentage;
  for (const config::RetentionRuleConfig& rule : file.rules) {
    auto matchers = promql::ParseMetricSelector(rule.match);
    if (!matchers) {
      return matchers.error().WithContext("retention rule " + rule.match);
    }
    retention.rules.push_back({std::move(*matchers), rule.time.count()});
  }
  return retention;
}

Scraping::Parts Monitoring::ScrapingParts() const {
  return {
      runtime_.clock,     runtime_.timers,         runtime_.fs,           *watcher_,
      *runtime_.resolver, runtime_.discovery_pool, *runtime_.client,      *database_,
      *runtime_.logger,   runtime_.registry,       GlobalUrlOf(options_), options_.scrape_features};
}

Monitoring::ReloadState Monitoring::reload_state() const {
  MutexLock lock(mutex_);
  return reload_state_;
}

Status Monitoring::Start() {
  TOCSIN_RETURN_IF_ERROR(database_->WaitForReplay());
  {
    MutexLock lock(reload_mutex_);  // A reload may come already.
    rules_->Start();
  }
  ScheduleMaintenance();
  return {};
}

void Monitoring::ScheduleMaintenance() {
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  maintenance_timer_ =
      runtime_.timers.RunAt(runtime_.clock.NowMs() + kMaintenanceIntervalMs, [this] {
        // On a thread of its own: making blocks may take minutes.
        upkeep_pool_.Submit([this] {
          database_->Maintain(runtime_.clock.NowMs());
          ScheduleMaintenance();
        });
      });
}

void Monitoring::Stop() {
  Timers::TimerId maintenance = 0;
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    is_stopped_ = true;
    maintenance = maintenance_timer_;
  }
  runtime_.timers.Cancel(maintenance);
  if (scraping_) scraping_->Stop();
  if (rules_) rules_->Stop();
  if (notifier_) notifier_->Stop();
  if (alertmanager_) alertmanager_->Stop();
  if (database_) {
    if (const Status status = database_->Close(); !status) {
      tsdb_logger_.Error("Closing the database failed", {{"err", status.error().message()}});
    }
  }
}

Monitoring::~Monitoring() {
  Stop();
  // Appenders must be gone before the database.
  scraping_.reset();
  rules_.reset();
}

}  // namespace tocsin::app
