#include "app/alertmanager_service.h"

#include <cstdio>

#include "app/default_config.h"
#include "http/client_config.h"

namespace tocsin::app {

namespace {

constexpr int64_t kServerGraceMs = 2000;

}  // namespace

void PrintLine(const std::string& line) {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

AlertmanagerService::AlertmanagerService(Runtime& runtime, Options options)
    : runtime_(runtime),
      options_(std::move(options)),
      logger_(*runtime.logger, {{"component", "alertmanager"}}) {}

Result<std::unique_ptr<AlertmanagerService>> AlertmanagerService::Make(Runtime& runtime,
                                                                       Options options) {
  std::unique_ptr<AlertmanagerService> service(
      new AlertmanagerService(runtime, std::move(options)));
  TOCSIN_ASSIGN_OR_RETURN(config::AlertmanagerConfig config, service->Load());
  const alertmanager::AlertmanagerDependencies dependencies{
      runtime.clock,    runtime.timers,   *runtime.client,         runtime.fs,
      service->logger_, runtime.registry, http::MakeClientOptions, PrintLine};
  TOCSIN_ASSIGN_OR_RETURN(service->alertmanager_,
                          alertmanager::Alertmanager::Make(
                              dependencies, service->options_.alertmanager, std::move(config)));
  return service;
}

Result<config::AlertmanagerConfig> AlertmanagerService::Load() const {
  config::ConfigWarnings warnings;
  config::AlertmanagerLoadOptions load_options;
  load_options.matcher_mode = options_.alertmanager.matcher_mode;
  load_options.warnings = &warnings;
  auto loaded =
      options_.config_file.empty()
          ? config::ParseAlertmanagerConfig(DefaultAlertmanagerConfig(), "embedded default",
                                            load_options)
          : config::LoadAlertmanagerConfig(runtime_.fs, options_.config_file, load_options);
  for (const std::string& warning : warnings) {
    runtime_.logger->Warn("Configuration", {{"warning", warning}});
  }
  return loaded;
}

Status AlertmanagerService::Apply(config::AlertmanagerConfig config) {
  return alertmanager_->ApplyConfig(std::move(config));
}

Status AlertmanagerService::Reload() {
  TOCSIN_ASSIGN_OR_RETURN(config::AlertmanagerConfig config, Load());
  return Apply(std::move(config));
}

Status AlertmanagerService::Serve(http::ServerOptions options, std::function<Status()> reload) {
  auto router = std::make_shared<http::Router>();
  alertmanager_->AddRoutes(*router, "", std::move(reload));
  options.registry = &runtime_.registry;
  options.metric_prefix = "alertmanager";
  server_ = http::MakeServer(runtime_.clock, logger_);
  return server_->Start(options, std::move(router));
}

uint16_t AlertmanagerService::port() const {
  return server_ && !server_->ports().empty() ? server_->ports().front() : 0;
}

void AlertmanagerService::Stop() {
  if (server_) server_->Stop(kServerGraceMs);
  alertmanager_->Stop();
}

}  // namespace tocsin::app
