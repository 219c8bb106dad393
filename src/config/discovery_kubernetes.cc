#include "config/discovery_kubernetes.h"

#include <algorithm>
#include <set>

#include "config/http_client_binding.h"
#include "config/kubernetes_selector.h"

namespace tocsin::config {
namespace {

using Words = std::vector<std::string_view>;

const Words& Roles() {
  static const Words kRoles = {"node", "pod", "service", "endpoints", "endpointslice", "ingress"};
  return kRoles;
}

Words AllowedSelectors(const std::string& role) {
  if (role == "pod") return {"pod", "node"};
  if (role == "endpointslice") return {"pod", "service", "endpointslice"};
  if (role == "endpoints") return {"pod", "service", "endpoints"};
  return {role};
}

std::string Join(const Words& words) {
  std::string joined;
  for (const std::string_view word : words) joined.append(joined.empty() ? "" : ", ").append(word);
  return joined;
}

bool IsDefault(HttpClientConfig client) {
  HttpClientConfig initial;
  YamlNode shown;
  YamlNode shown_initial;
  WriteValue(shown, client);
  WriteValue(shown_initial, initial);
  return FormatYaml(shown) == FormatYaml(shown_initial);
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, KubernetesSelector& selector) {
  archive.Field("role", Choice{selector.role, Roles(), "unknown Kubernetes SD role \"{}\""});
  archive.Field("label", selector.label);
  archive.Field("field", selector.field);
}

template <typename Archive>
void Describe(Archive& archive, KubernetesNamespaces& namespaces) {
  const bool is_set = namespaces.own_namespace || !namespaces.names.empty();
  const Show show = is_set ? Show::kAlways : Show::kUnlessZero;
  archive.Field("own_namespace", namespaces.own_namespace, show);
  archive.Field("names", namespaces.names, show);
}

template <typename Archive>
void Describe(Archive& archive, KubernetesMetadata& metadata) {
  const bool is_set = metadata.node || metadata.namespace_ || metadata.deployment || metadata.job ||
                      metadata.cron_job;
  const Show show = is_set ? Show::kAlways : Show::kUnlessZero;
  archive.Field("node", metadata.node, show);
  archive.Field("namespace", metadata.namespace_, show);
  archive.Field("deployment", metadata.deployment, show);
  archive.Field("job", metadata.job, show);
  archive.Field("cronjob", metadata.cron_job, show);
}

template <typename Archive>
void Describe(Archive& archive, KubernetesDiscoveryConfig& config) {
  archive.Field("api_server", Url{config.api_server});
  archive.Field("role", Choice{config.role, Roles(), "unknown Kubernetes SD role \"{}\""},
                Show::kAlways);
  archive.Field("kubeconfig_file", FilePath{config.kubeconfig_file}, Show::kAlways);
  DescribeHttpClient(archive, config.http_client);
  archive.Field("namespaces", config.namespaces);
  archive.Field("selectors", config.selectors);
  archive.Field("attach_metadata", config.attach_metadata);
}

void ValidateSelectors(MappingReader& at, const KubernetesDiscoveryConfig& config) {
  const Words allowed = AllowedSelectors(config.role);
  std::set<std::string> seen;
  for (const KubernetesSelector& selector : config.selectors) {
    if (!seen.insert(selector.role).second) {
      return at.Fail("selectors", fmt::format("duplicated selector role: {}", selector.role));
    }
    if (std::find(allowed.begin(), allowed.end(), selector.role) == allowed.end()) {
      return at.Fail("selectors",
                     fmt::format("{} role supports only {} selectors", config.role, Join(allowed)));
    }
    if (const Status status = CheckFieldSelector(selector.field); !status) {
      return at.Fail("selectors", status.error().message());
    }
    if (const Status status = CheckLabelSelector(selector.label); !status) {
      return at.Fail("selectors", status.error().message());
    }
  }
}

void Validate(MappingReader& at, KubernetesDiscoveryConfig& config) {
  const bool has_server = !config.api_server.empty();
  const bool has_file = !config.kubeconfig_file.empty();
  const bool has_client = !IsDefault(config.http_client);
  if (config.role.empty()) {
    return at.Fail("role",
                   "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
  }
  if (has_server && has_file) {
    return at.Fail("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  }
  if (has_file && has_client) {
    return at.Fail("cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  }
  if (!has_server && has_client) {
    return at.Fail(
        "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  }
  if (has_server && config.namespaces.own_namespace) {
    return at.Fail("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  }
  if (has_file && config.namespaces.own_namespace) {
    return at.Fail("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
  }
  ValidateSelectors(at, config);
}

DiscoveryKind KubernetesDiscoveryKind() {
  return MakeDiscoveryKind<KubernetesDiscoveryConfig>("kubernetes_sd_configs");
}

}  // namespace tocsin::config
