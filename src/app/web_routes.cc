#include "app/web_routes.h"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <random>
#include <thread>

#include "app/process_metrics.h"
#include "app/version.h"
#include "model/duration.h"
#include "web/api_routes.h"
#include "web/rules_api.h"
#include "web/status_api.h"
#include "web/status_page.h"
#include "web/targets_api.h"
#include "web/tsdb_admin_api.h"

namespace tocsin::app {

namespace {

web::BuildInformation MakeBuildInformation() {
  web::BuildInformation build;
  build.version = kPrometheusVersion;
  build.revision = std::string("tocsin-") + kVersion;
  build.branch = "HEAD";
  build.go_version = std::string("C++20 ") + __VERSION__;
  return build;
}

// As upstream's: the time, and a random number so that two of a second differ.
std::string SnapshotName(int64_t now_ms) {
  const std::time_t now_s = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&now_s, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &utc);
  std::random_device random;
  return fmt::format("{}-{:08x}{:08x}", time, random() >> 1, random());
}

}  // namespace

WebRoutes::WebRoutes(Runtime& runtime, const PrometheusOptions& options,
                     const std::map<std::string, std::string>& flags,
                     const web::Readiness& readiness, const tsdb::ReplayStatus& replay,
                     ProcessControl control, Monitoring* monitoring)
    : runtime_(runtime),
      options_(options),
      readiness_(readiness),
      control_(std::move(control)),
      monitoring_(monitoring),
      start_time_ns_(runtime.clock.NowNs()),
      router_(std::make_shared<http::Router>()) {
  web::ManagementDependencies management{.readiness = readiness_,
                                         .registry = runtime_.registry,
                                         .build = MakeBuildInformation(),
                                         .has_lifecycle = options_.has_lifecycle,
                                         .reload = control_.reload,
                                         .quit = control_.quit};
  web::AddManagementRoutes(*router_, std::move(management));
  AddApi(flags, replay);
  if (monitoring_ != nullptr) {
    monitoring_->alertmanager().alertmanager().AddRoutes(*router_, "/alertmanager",
                                                         control_.reload);
  }
}

web::RuntimeInformation WebRoutes::RuntimeInformation() const {
  web::RuntimeInformation result;
  const Monitoring::ReloadState reload = monitoring_->reload_state();
  result.start_time_ns = start_time_ns_;
  std::error_code error;
  result.working_directory = std::filesystem::current_path(error).string();
  result.hostname = HostName();
  result.server_time_ns = runtime_.clock.NowNs();
  result.reload_config_success = reload.is_successful;
  result.last_config_time_ns = reload.success_time_ns;
  result.corruption_count =
      static_cast<int64_t>(monitoring_->database().replay_report().corruption_count);
  result.thread_count = static_cast<int64_t>(ReadProcessUsage().threads);
  result.cpu_count = std::thread::hardware_concurrency();
  result.storage_retention = FormatDurationMs(monitoring_->database().retention_ms());
  return result;
}

void WebRoutes::AddPages() {
  Monitoring& monitoring = *monitoring_;
  web::StatusPageDependencies page;
  page.title = options_.page_title;
  page.version = kVersion;
  page.path_prefix = options_.server.route_prefix;
  page.runtime = [this] { return RuntimeInformation(); };
  page.head_statistics = [&monitoring](size_t limit) {
    return monitoring.database().Statistics(limit);
  };
  page.active_targets = [&monitoring](const std::string& pool) {
    return monitoring.targets().ActiveTargets(pool);
  };
  page.rule_groups = [&monitoring] { return monitoring.rules().Groups(); };
  page.alertmanager_path = "/alertmanager";
  web::AddStatusPage(*router_, std::move(page));
}

void WebRoutes::AddApi(const std::map<std::string, std::string>& flags,
                       const tsdb::ReplayStatus& replay) {
  auto cors = Regex::Compile(options_.cors_origin);
  web::ApiRoutes routes(
      *router_, {cors ? *cors : Regex(), [this] { return readiness_.is_ready(); },
                 [this] { return readiness_.state() == web::Readiness::State::kStopping; }});
  web::StatusApiDependencies status{.build = MakeBuildInformation(),
                                    .flags = {flags.begin(), flags.end()},
                                    .config_yaml = {},
                                    .runtime = {},
                                    .head_statistics = {},
                                    .replay = replay,
                                    .features = {},
                                    .notifications = {}};
  if (monitoring_ == nullptr) {
    web::AddStatusRoutes(routes, std::move(status));
    return;
  }
  Monitoring& monitoring = *monitoring_;
  status.config_yaml = [&monitoring] { return monitoring.reload_state().yaml; };
  status.runtime = [this] { return RuntimeInformation(); };
  status.head_statistics = [&monitoring](size_t limit) {
    return monitoring.database().Statistics(limit);
  };
  web::AddStatusRoutes(routes, std::move(status));

  AddStorageAdministration(routes);
  query_api_ = std::make_unique<web::QueryApi>(
      web::QueryApiDependencies{monitoring.engine(), monitoring.database(), runtime_.clock,
                                &monitoring.database().exemplars()});
  query_api_->Register(routes);
  series_api_ = std::make_unique<web::SeriesApi>(monitoring.database());
  series_api_->Register(routes);
  AddPages();
  const scraper::ScrapeManager& targets = monitoring.targets();
  web::TargetsApiDependencies target_views;
  target_views.pool_names = [&targets] { return targets.PoolNames(); };
  target_views.active_targets = [&targets](const std::string& pool) {
    return targets.ActiveTargets(pool);
  };
  target_views.dropped_targets = [&targets](const std::string& pool) {
    return targets.DroppedTargets(pool);
  };
  target_views.relabel_steps = [&targets](const auto& pool, const auto& labels) {
    return targets.RelabelSteps(pool, labels);
  };
  target_views.dropped_target_counts = [&targets] { return targets.DroppedTargetCounts(); };
  target_views.metadata = [&targets] { return targets.Metadata(); };
  metadata_source_ = std::make_unique<web::ScrapedMetadata>(target_views.metadata);
  metadata_api_ = std::make_unique<web::MetadataApi>(*metadata_source_);
  metadata_api_->Register(routes);
  target_views.alertmanagers = [&monitoring] {
    notifier::AlertmanagersView view = monitoring.notifier().Alertmanagers();
    return web::AlertmanagersView{std::move(view.active), std::move(view.dropped)};
  };
  web::AddTargetsRoutes(routes, std::move(target_views));
  web::AddRulesRoutes(routes, [&monitoring] { return monitoring.rules().Groups(); });

  web::FederationDependencies federation{
      monitoring.database(), runtime_.clock, options_.engine.lookback_delta_ms,
      [&monitoring] { return monitoring.reload_state().external_labels; }};
  federation_ = std::make_unique<web::Federation>(std::move(federation));
  federation_->Register(*router_, &readiness_);
  remote_endpoints_ = std::make_unique<RemoteEndpoints>(
      runtime_, options_, monitoring.database(),
      [&monitoring] { return monitoring.reload_state().external_labels; });
  remote_endpoints_->AddRoutes(routes);
}

void WebRoutes::AddStorageAdministration(web::ApiRoutes& routes) {
  tsdb::Database& database = monitoring_->database();
  const auto snapshot = [this, &database](bool with_head) -> Result<std::string> {
    std::string name = SnapshotName(runtime_.clock.NowMs());
    TOCSIN_RETURN_IF_ERROR(
        database.Snapshot(options_.database.directory + "/snapshots/" + name, with_head));
    return name;
  };
  web::AddTsdbAdminRoutes(
      routes,
      {.is_enabled = options_.has_admin_api,
       .delete_series =
           [&database](int64_t start_ms, int64_t end_ms, std::span<const Matcher> matchers) {
             return database.DeleteSeries(start_ms, end_ms, matchers);
           },
       .clean_tombstones = [&database] { return database.CleanTombstones(); },
       .snapshot = snapshot,
       .blocks = [&database] { return database.Blocks(); },
       .quarantined = [&database] { return database.Quarantined(); }});
}

}  // namespace tocsin::app
