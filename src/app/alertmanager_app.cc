#include "app/alertmanager_app.h"

#include <cstdio>

#include "app/alertmanager_service.h"
#include "app/flag_set.h"
#include "app/process_metrics.h"
#include "app/prometheus_flags.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "app/version.h"

namespace tocsin::app {

namespace {

Result<config::MatcherMode> MatcherModeOf(const FlagSet& flags, Logger& logger) {
  config::MatcherMode mode = config::MatcherMode::kFallback;
  for (const std::string& feature : SplitFeatures(flags.Strings("enable-feature"))) {
    const bool is_classic = feature == "classic-mode";
    if (!is_classic && feature != "utf8-strict-mode") {
      logger.Warn("Feature has no effect", {{"feature", feature}});
      continue;
    }
    if (mode != config::MatcherMode::kFallback) {
      return Error(ErrorCode::kInvalidArgument,
                   "classic-mode and utf8-strict-mode exclude each other");
    }
    mode = is_classic ? config::MatcherMode::kClassic : config::MatcherMode::kUtf8Strict;
  }
  return mode;
}

Result<AlertmanagerService::Options> MakeOptions(const FlagSet& flags, Logger& logger) {
  AlertmanagerService::Options options;
  options.config_file = flags.String("config.file");
  alertmanager::AlertmanagerOptions& alertmanager = options.alertmanager;
  alertmanager.storage_path = flags.String("storage.path");
  TOCSIN_ASSIGN_OR_RETURN(alertmanager.external_url,
                          ResolveExternalUrl(flags.String("web.external-url"),
                                             flags.Strings("web.listen-address").front()));
  alertmanager.retention_ms = flags.DurationMs("data.retention");
  alertmanager.maintenance_interval_ms = flags.DurationMs("data.maintenance-interval");
  alertmanager.alerts_gc_interval_ms = flags.DurationMs("alerts.gc-interval");
  alertmanager.per_alertname_limit =
      static_cast<size_t>(flags.Integer("alerts.per-alertname-limit"));
  alertmanager.max_silences = static_cast<size_t>(flags.Integer("silences.max-silences"));
  alertmanager.max_silence_size_bytes =
      static_cast<size_t>(flags.Integer("silences.max-silence-size-bytes"));
  alertmanager.start_delay_ms = flags.DurationMs("dispatch.start-delay");
  alertmanager.version.version = kAlertmanagerVersion;
  TOCSIN_ASSIGN_OR_RETURN(alertmanager.matcher_mode, MatcherModeOf(flags, logger));
  return options;
}

http::ServerOptions MakeServerOptions(const FlagSet& flags, Runtime& runtime,
                                      const std::string& external_url) {
  http::ServerOptions options;
  options.listen_addresses = flags.Strings("web.listen-address");
  options.route_prefix = ResolveRoutePrefix(flags.String("web.route-prefix"),
                                            flags.IsSet("web.route-prefix"), external_url);
  options.load_web_config = MakeWebConfigLoader(runtime.fs, flags.String("web.config.file"));
  options.server_name = "alertmanager";
  return options;
}

Status Run(const FlagSet& flags, Runtime& runtime, ProcessEvents& events) {
  Logger& logger = *runtime.logger;
  WarnAboutFlags(flags, logger);
  ProcessMetrics metrics("alertmanager_build_info", runtime.clock, runtime.registry);
  TOCSIN_ASSIGN_OR_RETURN(AlertmanagerService::Options options, MakeOptions(flags, logger));
  const http::ServerOptions server =
      MakeServerOptions(flags, runtime, options.alertmanager.external_url);
  TOCSIN_ASSIGN_OR_RETURN(const auto service,
                          AlertmanagerService::Make(runtime, std::move(options)));
  const auto reload = [&service, &logger]() -> Status {
    Status status = service->Reload();
    if (status) {
      logger.Info("Completed loading of configuration file");
    } else {
      logger.Error("Loading configuration file failed", {{"err", status.error().message()}});
    }
    return status;
  };
  TOCSIN_RETURN_IF_ERROR(service->Serve(server, reload));
  logger.Info("Alertmanager is ready", {{"address", server.listen_addresses.front()}});
  while (events.Wait() == ProcessEvent::kReload) {
    // Logged by `reload`; the old configuration goes on.
    [[maybe_unused]] const Status status = reload();
  }
  logger.Info("Stopping");
  service->Stop();
  return {};
}

}  // namespace

std::vector<std::string> SplitFeatures(const std::vector<std::string>& values) {
  std::vector<std::string> features;
  for (const std::string& value : values) {
    for (size_t begin = 0; begin <= value.size();) {
      const size_t end = std::min(value.find(',', begin), value.size());
      if (end > begin) features.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return features;
}

int RunAlertmanager(const std::string& program, const std::vector<std::string>& arguments) {
  FlagSet flags(program, "Groups, silences and sends alerts: Prometheus' Alertmanager, alone.",
                AlertmanagerFlags());
  Status status = flags.Parse(arguments);
  if (status && flags.help_requested()) return PrintLine(flags.Help()), 0;
  if (status && flags.version_requested()) {
    PrintLine(fmt::format("alertmanager, version {} (tocsin {})", kAlertmanagerVersion, kVersion));
    return 0;
  }
  if (status) {
    auto logger = MakeLogger(flags);
    if (logger) {
      RaiseFileLimit();
      ProcessEvents events;
      Runtime runtime(std::move(*logger));
      status = Run(flags, runtime, events);
    } else {
      status = logger.error();
    }
  }
  if (status) return 0;
  std::fprintf(stderr, "alertmanager: %s\n", status.error().message().c_str());
  return 1;
}

}  // namespace tocsin::app
