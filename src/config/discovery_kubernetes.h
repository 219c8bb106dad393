#pragma once

#include <string>
#include <vector>

#include "config/discovery_kind.h"
#include "config/http_client_config.h"

namespace tocsin::config {

/// Which objects of a role to ask for, in the API server's own languages.
struct KubernetesSelector {
  std::string role;
  std::string label;
  std::string field;
};

struct KubernetesNamespaces {
  bool own_namespace = false;
  std::vector<std::string> names;  ///< None: all, unless own_namespace.
};

/// What of other objects goes onto targets.
struct KubernetesMetadata {
  bool node = false;
  bool namespace_ = false;
  bool deployment = false;  ///< Of pods.
  bool job = false;
  bool cron_job = false;
};

/// One entry of kubernetes_sd_configs. Without api_server and kubeconfig_file the program runs
/// inside a pod and asks as that pod's service account.
struct KubernetesDiscoveryConfig {
  std::string api_server;
  std::string role;  ///< node, pod, service, endpoints, endpointslice or ingress.
  std::string kubeconfig_file;
  HttpClientConfig http_client;
  KubernetesNamespaces namespaces;
  std::vector<KubernetesSelector> selectors;
  KubernetesMetadata attach_metadata;
};

DiscoveryKind KubernetesDiscoveryKind();

}  // namespace tocsin::config
