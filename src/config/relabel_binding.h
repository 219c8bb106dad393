#pragma once

#include <span>
#include <string>

#include "config/yaml_reader.h"
#include "config/yaml_writer.h"
#include "model/relabel.h"

namespace tocsin {

// RelabelRule lives in the namespace of the model, so its bindings do as well: that is where they
// are looked up.

void ReadValue(config::ConfigReader& reader, const config::YamlNode& node, RelabelRule& out);
bool WriteValue(config::YamlNode& out, const RelabelRule& rule);

}  // namespace tocsin

namespace tocsin::config {

/// Checks rules that were read from `list` (may be null) against upstream's rules for each action;
/// `scheme` is "utf8" or "legacy".
void ValidateRelabelRules(ConfigReader& reader, const YamlNode* list,
                          std::span<const RelabelRule> rules, const std::string& scheme);

}  // namespace tocsin::config
