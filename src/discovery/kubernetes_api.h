#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/discovery_kubernetes.h"
#include "discovery/environment.h"
#include "discovery/kubernetes_objects.h"
#include "http/client.h"

namespace tocsin::discovery::kubernetes {

/// Where an API server is and how to talk to it. Immutable.
struct ApiServer {
  std::string url;  ///< Without a slash at the end.
  std::shared_ptr<const http::ClientOptions> options;
  std::string own_namespace;  ///< Of the pod we run in, when the configuration asks for it.
};

/// From api_server and the http client block, a kubeconfig file, or the service account of the pod
/// that we run in. kInvalidArgument and kNotFound say what is missing.
Result<ApiServer> FindApiServer(const config::KubernetesDiscoveryConfig& config,
                                const DiscoveryEnvironment& environment);

/// The current context of a kubeconfig file; `path` places its relative paths. kUnimplemented for
/// users that a program or a provider has to authenticate.
Result<ApiServer> ParseKubeconfig(std::string_view text, const std::string& path);

/// What a list or watch is of: "/api/v1/namespaces/shop/pods". Resources of the cluster take no
/// namespace; "" means all.
std::string ResourcePath(Resource resource, const std::string& namespace_name);

}  // namespace tocsin::discovery::kubernetes
