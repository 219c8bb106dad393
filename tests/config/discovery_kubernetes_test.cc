// kubernetes_sd_configs, serverset_sd_configs and nerve_sd_configs: what they refuse, how they
// show.
#include "config/discovery_kubernetes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/discovery_zookeeper.h"
#include "config/kubernetes_selector.h"
#include "config/prometheus_config.h"

namespace tocsin::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<PrometheusConfig> Parse(const std::string& kind, const std::string& entry) {
  return ParsePrometheusConfig(
      "scrape_configs:\n- job_name: j\n  " + kind + ":\n  - " + entry + "\n", "p.yml");
}

std::string ErrorOf(const std::string& kind, const std::string& entry) {
  const auto config = Parse(kind, entry);
  return config ? "no error" : config.error().message();
}

TEST(DiscoveryKubernetesTest, RefusesWhatUpstreamRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)"},
      {"{role: vacation}", "unknown Kubernetes SD role \"vacation\""},
      {"{role: pod, api_server: 'https://k:1', kubeconfig_file: f}",
       "cannot use 'kubeconfig_file' and 'api_server' simultaneously"},
      {"{role: pod, kubeconfig_file: f, basic_auth: {username: u, password: p}}",
       "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"},
      {"{role: pod, follow_redirects: false}",
       "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"},
      {"{role: pod, authorization: {credentials: s}}",
       "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"},
      {"{role: pod, api_server: 'https://k:1', namespaces: {own_namespace: true}}",
       "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"},
      {"{role: pod, kubeconfig_file: f, namespaces: {own_namespace: true}}",
       "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"},
      {"{role: pod, selectors: [{role: pod}, {role: pod}]}", "duplicated selector role: pod"},
      {"{role: pod, selectors: [{role: service}]}", "pod role supports only pod, node selectors"},
      {"{role: endpoints, selectors: [{role: node}]}",
       "endpoints role supports only pod, service, endpoints selectors"},
      {"{role: endpointslice, selectors: [{role: endpoints}]}",
       "endpointslice role supports only pod, service, endpointslice selectors"},
      {"{role: ingress, selectors: [{role: node}]}",
       "ingress role supports only ingress selectors"},
      {"{role: pod, selectors: [{role: pod, field: 'metadata.status-Running'}]}",
       "invalid selector: 'metadata.status-Running'; can't understand 'metadata.status-Running'"},
      {"{role: pod, selectors: [{role: pod, label: 'a in b'}]}",
       "unable to parse requirement: found 'b', expected: '('"},
      {"{role: pod, namespaces: {foo: bar}}", "unknown key (foo)"},
  };
  for (const auto& [entry, message] : cases) {
    EXPECT_THAT(ErrorOf("kubernetes_sd_configs", entry), HasSubstr(message)) << entry;
  }
}

TEST(DiscoveryKubernetesTest, ReadsAllKeys) {
  const auto config = Parse("kubernetes_sd_configs", R"({role: pod, api_server: 'https://k:6443',
    namespaces: {names: [a, b]}, bearer_token: secret,
    selectors: [{role: pod, label: 'app in (x,y)', field: 'spec.nodeName=n'}],
    attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}})");
  ASSERT_TRUE(config) << config.error().message();
  const auto& kubernetes =
      config->AllScrapeConfigs().at(0).discovery.servers.at(0).As<KubernetesDiscoveryConfig>();
  EXPECT_EQ(kubernetes.api_server, "https://k:6443");
  EXPECT_EQ(kubernetes.role, "pod");
  EXPECT_THAT(kubernetes.namespaces.names, ElementsAre("a", "b"));
  EXPECT_EQ(kubernetes.selectors.at(0).label, "app in (x,y)");
  EXPECT_EQ(kubernetes.selectors.at(0).field, "spec.nodeName=n");
  EXPECT_EQ(kubernetes.http_client.authorization->credentials.reveal(), "secret");
  const KubernetesMetadata& metadata = kubernetes.attach_metadata;
  EXPECT_TRUE(metadata.node && metadata.namespace_ && metadata.deployment && metadata.job &&
              metadata.cron_job);
}

TEST(DiscoveryKubernetesTest, ShowsAsUpstream) {
  const auto config = Parse("kubernetes_sd_configs", "{role: node, namespaces: {names: [a]}}");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_THAT(FormatPrometheusConfig(*config), HasSubstr(R"(
  kubernetes_sd_configs:
  - role: node
    kubeconfig_file: ""
    follow_redirects: true
    enable_http2: true
    namespaces:
      own_namespace: false
      names:
      - a
)"));
}

TEST(DiscoveryKubernetesTest, LabelSelectors) {
  for (const char* good : {"", "a", "!a", "a=b", "a==b", "a!=b", "a=", "a in (b)", "a in (b,c)",
                           "a notin ( b , c ),!d,e", "k8s.io/app=x", "a>1", " a = b "}) {
    EXPECT_TRUE(CheckLabelSelector(good)) << good;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"=", "found '=', expected: !, identifier, or 'end of string'"},
      {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
      {"a,", "found '', expected: identifier after ','"},
      {"a=b c", "found 'c', expected: ',' or 'end of string'"},
      {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"!", "unable to parse requirement: found '', expected: identifier"},
  };
  for (const auto& [selector, message] : bad) {
    const Status status = CheckLabelSelector(selector);
    ASSERT_FALSE(status) << selector;
    EXPECT_EQ(status.error().message(), message) << selector;
  }
  EXPECT_FALSE(CheckLabelSelector("-a=b"));
  EXPECT_FALSE(CheckLabelSelector("a=b/c"));
}

TEST(DiscoveryKubernetesTest, FieldSelectors) {
  for (const char* good : {"", "a=b", "a!=b,c==d", "a=b\\,c"}) {
    EXPECT_TRUE(CheckFieldSelector(good)) << good;
  }
  EXPECT_FALSE(CheckFieldSelector("a=b,c"));
}

TEST(DiscoveryZooKeeperTest, RefusesWhatUpstreamRefuses) {
  for (const std::string name : {"serverset", "nerve"}) {
    const std::string kind = name + "_sd_configs";
    EXPECT_THAT(ErrorOf(kind, "{paths: [/a]}"),
                HasSubstr(name + " SD config must contain at least one Zookeeper server"));
    EXPECT_THAT(ErrorOf(kind, "{servers: [h]}"),
                HasSubstr(name + " SD config must contain at least one path"));
    EXPECT_THAT(ErrorOf(kind, "{servers: [h], paths: [/a, b]}"),
                HasSubstr(name + " SD config paths must begin with '/': b"));
  }
}

TEST(DiscoveryZooKeeperTest, ShowsDefaults) {
  const auto config = Parse("nerve_sd_configs", "{servers: [h], paths: [/a]}");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_THAT(FormatPrometheusConfig(*config), HasSubstr(R"(
  nerve_sd_configs:
  - servers:
    - h
    paths:
    - /a
    timeout: 10s
)"));
}

}  // namespace
}  // namespace tocsin::config
