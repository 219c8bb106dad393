#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/api_client.h"
#include "discovery/server_discovery.h"
#include "http/client_config.h"

namespace tocsin::discovery {

/// What the kinds that ask an API over HTTP have in common. Confined to one thread at a time, but
/// for Stop().
class ApiRefresher : public Refresher {
 public:
  /// A request may take as long as the interval between refreshes, as upstream's.
  ApiRefresher(const DiscoveryEnvironment& environment, http::ClientOptions options,
               std::chrono::milliseconds timeout)
      : api_(environment.client, std::make_shared<const http::ClientOptions>(std::move(options)),
             timeout.count()) {}
  void Stop() override { api_.Stop(); }

 protected:
  static std::vector<TargetGroup> OneGroup(std::string source, std::vector<Labels> targets) {
    TargetGroup group;
    group.source = std::move(source);
    group.targets = std::move(targets);
    return {std::move(group)};
  }

  ApiClient api_;
};

/// Makes a kind: its refresher takes the configuration, the options of the http client block and
/// the environment.
template <typename Config, typename KindRefresher>
Result<ServerDiscovery> MakeApiDiscovery(std::string mechanism,
                                         const config::ServerDiscoveryConfig& config,
                                         const DiscoveryEnvironment& environment) {
  const auto& kind = config.As<Config>();
  TOCSIN_ASSIGN_OR_RETURN(http::ClientOptions options, http::MakeClientOptions(kind.http_client));
  return ServerDiscovery{std::move(mechanism), kind.refresh_interval.count(),
                         std::make_unique<KindRefresher>(kind, std::move(options), environment)};
}

}  // namespace tocsin::discovery
