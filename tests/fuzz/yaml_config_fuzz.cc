// Any bytes as each kind of configuration file: no crash, and what loads can be shown and read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/alertmanager_config.h"
#include "config/prometheus_config.h"
#include "config/rule_file.h"
#include "config/target_group_file.h"
#include "config/web_config_file.h"
#include "config/yaml_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tocsin::config;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto config = ParsePrometheusConfig(text, "d/f.yml")) {
    if (!ParseYaml(FormatPrometheusConfig(*config), "shown")) std::abort();
  }
  if (const auto config = ParseAlertmanagerConfig(text, "d/f.yml")) {
    if (!ParseYaml(FormatAlertmanagerConfig(*config), "shown")) std::abort();
  }
  (void)ParseRuleFile(text, "d/f.yml");
  (void)ParseTargetGroupFile(text, "d/f.yml");
  (void)ParseTargetGroupFile(text, "d/f.json");
  (void)ParseWebConfigFile(text, "d/f.yml");
  return 0;
}
