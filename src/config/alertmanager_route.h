#pragma once

#include "config/alertmanager_config.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

// The routing tree and inhibition rules; both are made of matchers.

void ReadRoute(ConfigReader& reader, const YamlNode& node, MatcherMode mode, RouteConfig& route);
void ReadInhibitRule(ConfigReader& reader, const YamlNode& node, MatcherMode mode,
                     InhibitRuleConfig& rule);

bool WriteValue(YamlNode& out, const RouteConfig& route);
bool WriteValue(YamlNode& out, const InhibitRuleConfig& rule);

}  // namespace tocsin::config
