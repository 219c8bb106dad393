#pragma once

#include <string_view>

#include "config/target_group.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

// `static_configs` and every `*_sd_configs` key, which stand beside the keys of the block around
// them.

void DescribeDiscovery(MappingReader& reader, DiscoveryConfigs& discovery);
/// Shows the kinds that are there in order of their keys.
void DescribeDiscovery(MappingWriter& writer, DiscoveryConfigs& discovery);

/// Refuses static targets that are URLs.
void CheckStaticTargets(MappingReader& at, const DiscoveryConfigs& discovery);

/// `targets` and `labels` of one group; for static_configs and for files of targets.
void ReadTargetGroup(ConfigReader& reader, const YamlNode& node, TargetGroup& group);

/// A mapping of label names to values.
void ReadLabels(ConfigReader& reader, const YamlNode& node, Labels& out);

}  // namespace tocsin::config
