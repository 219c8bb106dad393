#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/discovery_docker.h"
#include "discovery/api_refresher.h"
#include "discovery/target_labels.h"

namespace tocsin::discovery {

/// What both kinds of Docker ask its daemon, over HTTP or a unix socket. Confined to one thread at
/// a time, but for Stop().
class DockerRefresher : public ApiRefresher {
 protected:
  /// `prefix` is that of the kind's labels: "__meta_docker_".
  DockerRefresher(const DiscoveryEnvironment& environment, http::ClientOptions options,
                  const std::string& host, std::chrono::milliseconds timeout, std::string prefix);

  /// The answer at `path`: "/containers/json". Errors start with `purpose`.
  Result<JsonValue> Ask(const std::string& path, const std::string& query,
                        std::string_view purpose);
  /// The labels of all networks, by id.
  Result<std::map<std::string, TargetLabels>> FetchNetworks(std::string_view purpose);

  /// Adds the labels of the network with this id, if there is one.
  static void MergeFound(TargetLabels& labels, const std::map<std::string, TargetLabels>& found,
                         const JsonValue* id);

  const std::string prefix_;

 private:
  const std::string base_url_;
};

/// Docker's filters as the query of a request: `?filters={"name":{"value":true}}`, escaped; "" for
/// none.
std::string DockerFilterQuery(const std::vector<config::DockerFilter>& filters);

/// The options for `host`: the http client block counts only over http and https.
http::ClientOptions DockerOptions(const std::string& host, http::ClientOptions options);

}  // namespace tocsin::discovery
