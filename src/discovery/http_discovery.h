#pragma once

#include <memory>

#include "discovery/server_discovery.h"

namespace tocsin::discovery {

/// http_sd_configs: a list of groups in file discovery's JSON form, from a URL.
Result<ServerDiscovery> MakeHttpDiscovery(const config::ServerDiscoveryConfig& config,
                                          const DiscoveryEnvironment& environment);

/// The groups in a body; `url` goes into `__meta_url` and sources. Upstream's error texts.
Result<std::vector<TargetGroup>> ParseHttpGroups(std::string_view body, const std::string& url);

}  // namespace tocsin::discovery
