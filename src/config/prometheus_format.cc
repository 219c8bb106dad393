#include "config/prometheus_binding.h"

namespace tocsin::config {

std::string FormatPrometheusConfig(const PrometheusConfig& config) {
  PrometheusConfig copy = config;
  MappingWriter root;
  root.Field("global", copy.global, Show::kAlways);
  root.Field("runtime", copy.runtime);
  root.Field("alerting", copy.alerting);
  root.Field("rule_files", copy.rule_files);
  root.Field("scrape_config_files", copy.scrape_config_files);
  root.Field("scrape_configs", copy.scrape_configs);
  root.Field("storage", copy.storage);
  root.Field("tracing", copy.tracing);
  root.Field("remote_write", copy.remote_write);
  root.Field("remote_read", copy.remote_read);
  root.Field("otlp", copy.otlp);
  return FormatYaml(root.Take());
}

}  // namespace tocsin::config
