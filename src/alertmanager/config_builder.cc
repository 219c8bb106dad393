#include "alertmanager/config_builder.h"

#include <set>

#include "alertmanager/pipeline.h"
#include "alertmanager/receiver_kinds.h"
#include "base/digest.h"

namespace tocsin::alertmanager {

namespace {

void CollectReceivers(const Route& route, std::set<std::string>& receivers) {
  receivers.insert(route.options().receiver);
  for (const auto& child : route.children()) CollectReceivers(*child, receivers);
}

// A receiver that no route uses is not built, so its secrets may be missing.
Result<IntegrationsByReceiver> BuildReceivers(
    Core& core, const config::AlertmanagerConfig& config, const Route& route,
    const std::shared_ptr<const NotificationTemplates>& templates) {
  const AlertmanagerDependencies& dependencies = core.dependencies;
  const IntegrationDependencies for_integrations{dependencies.clock,
                                                 dependencies.fs,
                                                 dependencies.client,
                                                 dependencies.make_client_options,
                                                 "Alertmanager/" + core.options.version.version,
                                                 dependencies.print_line};
  std::set<std::string> used;
  CollectReceivers(route, used);
  IntegrationsByReceiver receivers;
  size_t count = 0;
  for (const config::ReceiverConfig& receiver : config.receivers) {
    if (!used.contains(receiver.name)) {
      dependencies.logger.Info("Skipping creation of receiver not referenced by any route",
                               {{"receiver", receiver.name}});
      continue;
    }
    auto& integrations = receivers[receiver.name];
    for (const auto& [kind, make] : ReceiverKinds()) {
      TOCSIN_ASSIGN_OR_RETURN(Integrations made, make(receiver, for_integrations, templates));
      integrations.insert(integrations.end(), made.begin(), made.end());
    }
    count += integrations.size();
  }
  core.metrics.receivers.Set(static_cast<double>(receivers.size()));
  core.metrics.integrations.Set(static_cast<double>(count));
  return receivers;
}

}  // namespace

Result<std::shared_ptr<RunningConfig>> BuildConfig(const BuildContext& context,
                                                   config::AlertmanagerConfig config) {
  Core& core = context.core;
  const AlertmanagerDependencies& dependencies = core.dependencies;
  auto running = std::make_shared<RunningConfig>();
  TOCSIN_ASSIGN_OR_RETURN(NotificationTemplates templates,
                          NotificationTemplates::Load(dependencies.fs, dependencies.clock,
                                                      config.templates, core.options.external_url));
  running->templates = std::make_shared<const NotificationTemplates>(std::move(templates));
  TOCSIN_ASSIGN_OR_RETURN(running->route, Route::Make(config.route));
  TOCSIN_ASSIGN_OR_RETURN(TimeIntervals intervals,
                          TimeIntervals::Make(config.mute_time_intervals, config.time_intervals));
  TOCSIN_ASSIGN_OR_RETURN(running->inhibitor,
                          Inhibitor::Make(dependencies.clock, config.inhibit_rules));
  TOCSIN_ASSIGN_OR_RETURN(const IntegrationsByReceiver receivers,
                          BuildReceivers(core, config, *running->route, running->templates));
  PipelineDependencies pipeline{
      running->inhibitor, core.silences, core.log, context.turns,
      RetryDependencies{dependencies.clock, dependencies.timers, dependencies.logger, core.metrics,
                        context.gate, core.options.random}};
  running->dispatcher = std::make_shared<Dispatcher>(
      DispatcherDependencies{dependencies.clock, dependencies.timers, dependencies.logger,
                             core.metrics, context.gate},
      running->route, MakePipeline(pipeline, std::move(intervals), receivers),
      context.first_flush_ms);
  core.metrics.inhibition_rules.Set(static_cast<double>(running->inhibitor->rule_count()));
  running->config = std::move(config);
  return running;
}

double ConfigHash(const std::string& file) {
  const auto digest = Md5(file);
  uint64_t hash = 0;
  for (int i = 5; i >= 0; --i) hash = hash << 8 | digest[static_cast<size_t>(i)];
  return static_cast<double>(hash);
}

}  // namespace tocsin::alertmanager
