#pragma once

#include "config/alertmanager_config.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

/// Reads one receiver; webhooks without an http_config of their own get `global_http`.
void ReadReceiver(ConfigReader& reader, const YamlNode& node, const HttpClientConfig& global_http,
                  ReceiverConfig& receiver);

bool WriteValue(YamlNode& out, const ReceiverConfig& receiver);

}  // namespace tocsin::config
