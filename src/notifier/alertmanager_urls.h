#pragma once

#include <string>
#include <vector>

#include "config/prometheus_config.h"
#include "config/target_group.h"

namespace tocsin::notifier {

/// Where alerts of one `alertmanagers` entry go.
struct AlertmanagerUrls {
  std::vector<std::string> active;   ///< Each once, in order of discovery.
  std::vector<std::string> dropped;  ///< By relabeling.
};

/// The alerts URL of every target of `groups`, after the entry's relabeling.
AlertmanagerUrls ResolveAlertmanagers(const config::AlertmanagerEndpointConfig& endpoint,
                                      const std::vector<config::TargetGroup>& groups);

}  // namespace tocsin::notifier
