#include "app/prometheus_app.h"

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/auto_reload.h"
#include "app/default_config.h"
#include "app/directory_lock.h"
#include "app/flag_set.h"
#include "app/local_exporters.h"
#include "app/monitoring.h"
#include "app/process_metrics.h"
#include "app/prometheus_flags.h"
#include "app/prometheus_options.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "app/version.h"
#include "app/web_routes.h"
#include "http/server.h"

namespace tocsin::app {

namespace {

constexpr int64_t kServerGraceMs = 2000;

/// Where the main configuration comes from. Thread-safe.
class ConfigSource {
 public:
  ConfigSource(Runtime& runtime, const PrometheusOptions& options)
      : runtime_(runtime), options_(options) {}

  bool is_default() const { return options_.config_file.empty(); }

  Result<config::PrometheusConfig> Load(config::ConfigWarnings& warnings) {
    config::LoadOptions load_options;
    load_options.environment = LookUpEnvironment;
    load_options.warnings = &warnings;
    if (!is_default()) {
      return config::LoadPrometheusConfig(runtime_.fs, options_.config_file, load_options);
    }
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string> rule_files,
                            WriteEmbeddedRules(runtime_.fs, options_.data_path + "/default-rules"));
    MutexLock lock(mutex_);
    return config::ParsePrometheusConfig(
        DefaultPrometheusConfig(fmt::format("localhost:{}", own_port_), exporters_, rule_files),
        "embedded default", load_options);
  }

  void SetOwnPort(uint16_t port) {
    MutexLock lock(mutex_);
    own_port_ = port;
  }
  void SetExporters(std::vector<LocalExporter> exporters) {
    MutexLock lock(mutex_);
    exporters_ = std::move(exporters);
  }

 private:
  Runtime& runtime_;
  const PrometheusOptions& options_;
  Mutex mutex_;
  uint16_t own_port_ GUARDED_BY(mutex_) = 0;
  std::vector<LocalExporter> exporters_ GUARDED_BY(mutex_);
};

/// The running program. Members are made in the order in which they need each other.
class PrometheusApp {
 public:
  PrometheusApp(Runtime& runtime, const FlagSet& flags, PrometheusOptions options,
                ProcessEvents& events)
      : runtime_(runtime),
        flags_(flags.Values()),
        options_(std::move(options)),
        events_(events),
        process_metrics_("prometheus_build_info", runtime.clock, runtime.registry),
        ready_gauge_(runtime.registry.AddGauge("prometheus_ready",
                                               "Whether Prometheus startup was fully completed "
                                               "and the server is ready for normal operation.")),
        config_source_(runtime, options_) {}

  Status Run();

 private:
  Status Start();
  Status ServeAlertmanager();
  void SayWhereToLook() const;
  Status Reload();
  void WatchForChanges();
  void Stop();
  ProcessControl Control();

  Runtime& runtime_;
  const std::map<std::string, std::string> flags_;
  PrometheusOptions options_;
  ProcessEvents& events_;
  ProcessMetrics process_metrics_;
  telemetry::Gauge& ready_gauge_;
  ConfigSource config_source_;
  web::Readiness readiness_;
  tsdb::ReplayStatus replay_;
  std::atomic<bool> is_quitting_{false};
  std::unique_ptr<DirectoryLock> directory_lock_;
  std::unique_ptr<WebRoutes> starting_routes_;
  std::unique_ptr<Monitoring> monitoring_;
  std::unique_ptr<WebRoutes> routes_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<LocalExporterFinder> exporter_finder_;
  std::unique_ptr<AutoReload> auto_reload_;
};

ProcessControl PrometheusApp::Control() {
  return {[this] { return Reload(); },
          [this] {
            if (is_quitting_.exchange(true)) return false;
            events_.PostStop();
            return true;
          }};
}

Status PrometheusApp::Reload() {
  if (!readiness_.is_ready()) return Error(ErrorCode::kUnavailable, "still starting, or stopping");
  Status status = monitoring_->Reload();
  if (status) {
    runtime_.logger->Info("Completed loading of configuration file");
  } else {
    runtime_.logger->Error("Error reloading config", {{"err", status.error().message()}});
  }
  return status;
}

Status PrometheusApp::Start() {
  config::ConfigWarnings ignored;  // Reported when the configuration is applied.
  if (!config_source_.is_default()) {
    TOCSIN_RETURN_IF_ERROR(config_source_.Load(ignored));  // A typo is said before anything starts.
  }
  if (options_.has_lock_file) {
    TOCSIN_ASSIGN_OR_RETURN(directory_lock_, DirectoryLock::Take(options_.data_path));
  }
  starting_routes_ = std::make_unique<WebRoutes>(runtime_, options_, flags_, readiness_, replay_,
                                                 Control(), nullptr);
  server_ = http::MakeServer(runtime_.clock, *runtime_.logger);
  options_.server.registry = &runtime_.registry;
  TOCSIN_RETURN_IF_ERROR(server_->Start(options_.server, starting_routes_->router()));
  config_source_.SetOwnPort(server_->ports().front());

  options_.database.replay_status = &replay_;
  TOCSIN_ASSIGN_OR_RETURN(
      monitoring_, Monitoring::Make(runtime_, options_, [this](config::ConfigWarnings& warnings) {
        return config_source_.Load(warnings);
      }));
  routes_ = std::make_unique<WebRoutes>(runtime_, options_, flags_, readiness_, replay_, Control(),
                                        monitoring_.get());
  server_->SetRouter(routes_->router());
  TOCSIN_RETURN_IF_ERROR(ServeAlertmanager());
  readiness_.Set(web::Readiness::State::kReady);
  ready_gauge_.Set(1);
  return monitoring_->Start();
}

Status PrometheusApp::ServeAlertmanager() {
  const auto& addresses = options_.alertmanager_server.listen_addresses;
  if (addresses.empty()) return {};
  return monitoring_->alertmanager().Serve(options_.alertmanager_server, Control().reload);
}

void PrometheusApp::WatchForChanges() {
  if (config_source_.is_default()) {
    exporter_finder_ = std::make_unique<LocalExporterFinder>(
        runtime_.clock, runtime_.timers, *runtime_.client,
        [this](const std::vector<LocalExporter>& exporters) {
          for (const LocalExporter& exporter : exporters) {
            PrintLine(fmt::format("Scraping the {} exporter on localhost:{}", exporter.job,
                                  exporter.port));
          }
          config_source_.SetExporters(exporters);
          [[maybe_unused]] const Status logged = Reload();
        });
  }
  if (options_.auto_reload_interval_ms == 0) return;
  auto_reload_ = std::make_unique<AutoReload>(
      runtime_.clock, runtime_.timers, runtime_.fs, options_.auto_reload_interval_ms,
      [this] {
        std::vector<std::string> patterns = {options_.config_file,
                                             options_.alertmanager_config_file};
        config::ConfigWarnings warnings;
        if (const auto loaded = config_source_.Load(warnings)) {
          for (const auto* globs : {&loaded->rule_files, &loaded->scrape_config_files}) {
            patterns.insert(patterns.end(), globs->begin(), globs->end());
          }
        }
        return patterns;
      },
      [this] { [[maybe_unused]] const Status logged = Reload(); });
}

void PrometheusApp::SayWhereToLook() const {
  const std::string base =
      fmt::format("http://localhost:{}{}", server_->ports().front(), options_.server.route_prefix);
  PrintLine(fmt::format("Tocsin {} is ready.", kVersion));
  PrintLine(fmt::format("  Status page      {}/", base));
  PrintLine(
      fmt::format("  Prometheus API   {}/api/v1/  (a Prometheus data source in Grafana)", base));
  const uint16_t alertmanager_port = monitoring_->alertmanager().port();
  PrintLine(fmt::format(
      "  Alertmanager     {}/alertmanager{}", base,
      alertmanager_port == 0 ? "" : fmt::format("  and http://localhost:{}/", alertmanager_port)));
  PrintLine(fmt::format("  Own metrics      {}/metrics", base));
  PrintLine(fmt::format("  Configuration    {}", config_source_.is_default()
                                                     ? "embedded default (--config.file for yours)"
                                                     : options_.config_file));
  if (options_.alertmanager_config_file.empty()) {
    PrintLine("  Pages            to this terminal (--alertmanager.config.file for yours)");
  }
}

void PrometheusApp::Stop() {
  runtime_.logger->Info("Stopping");
  readiness_.Set(web::Readiness::State::kStopping);
  ready_gauge_.Set(0);
  auto_reload_.reset();
  exporter_finder_.reset();
  if (server_) server_->Stop(kServerGraceMs);
  if (monitoring_) monitoring_->Stop();
  server_.reset();
  runtime_.logger->Info("See you next time!");
}

Status PrometheusApp::Run() {
  Status status = Start();
  if (status) {
    SayWhereToLook();
    WatchForChanges();
    while (events_.Wait() == ProcessEvent::kReload) {
      [[maybe_unused]] const Status logged = Reload();
    }
  }
  Stop();
  return status;
}

constexpr char kDescription[] =
    "Scrapes targets, keeps their samples, answers PromQL, evaluates rules and pages on-call: "
    "Prometheus and Alertmanager as one program. `tocsin alertmanager --help` for Alertmanager "
    "alone.";

Status RunWith(const FlagSet& flags) {
  TOCSIN_ASSIGN_OR_RETURN(auto logger, MakeLogger(flags));
  RaiseFileLimit();
  ProcessEvents events;
  Runtime runtime(std::move(logger));
  WarnAboutFlags(flags, *runtime.logger);
  TOCSIN_ASSIGN_OR_RETURN(PrometheusOptions options,
                          MakePrometheusOptions(flags, runtime.fs, *runtime.logger));
  return PrometheusApp(runtime, flags, std::move(options), events).Run();
}

}  // namespace

int RunPrometheus(const std::string& program, const std::vector<std::string>& arguments) {
  FlagSet flags(program, kDescription, PrometheusFlags());
  Status status = flags.Parse(arguments);
  if (status && flags.help_requested()) return PrintLine(flags.Help()), 0;
  if (status && flags.version_requested()) {
    PrintLine(
        fmt::format("tocsin, version {} (prometheus, version {})", kVersion, kPrometheusVersion));
    return 0;
  }
  if (status) status = RunWith(flags);
  if (status) return 0;
  std::fprintf(stderr, "%s: %s\n", program.c_str(), status.error().message().c_str());
  return 1;
}

}  // namespace tocsin::app
