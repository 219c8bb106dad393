#pragma once

#include "config/alertmanager_config.h"
#include "config/http_client_binding.h"

namespace tocsin::config {

/// Reads `global` of alertmanager.yml; keys that exclude each other are refused together.
void ReadAlertmanagerGlobal(MappingReader& at, AlertmanagerGlobalConfig& global);

/// Fills the defaults of settings that are not there.
void DefaultAlertmanagerGlobal(AlertmanagerGlobalConfig& global);

bool WriteValue(YamlNode& out, const AlertmanagerGlobalConfig& global);

}  // namespace tocsin::config
