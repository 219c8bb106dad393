// Discoveries that ask an API: what their entries may say, and how they are shown.
#include <gtest/gtest.h>

#include "config/prometheus_config.h"

namespace tocsin::config {
namespace {

Result<PrometheusConfig> Parse(const std::string& list) {
  return ParsePrometheusConfig("scrape_configs:\n- job_name: j\n  " + list + "\n", "p.yml");
}

// What is wrong, without its place; "" when nothing is.
std::string ErrorOf(const std::string& list) {
  const auto config = Parse(list);
  if (config) return "";
  const std::string& message = config.error().message();
  return message.substr(message.find(": ") + 2);
}

// The entry as the configuration is shown, after the list's key.
std::string Shown(const std::string& list) {
  const auto config = Parse(list);
  EXPECT_TRUE(config) << config.error().message();
  if (!config) return "";
  const std::string all = FormatPrometheusConfig(*config);
  const size_t begin = all.find("_sd_configs:\n") + 13;
  return all.substr(begin, all.find("otlp:\n") - begin);
}

TEST(DiscoveryKindsTest, RefuseWhatUpstreamRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"consul_sd_configs: [{server: ' '}]", "consul SD configuration requires a server address"},
      {"consul_sd_configs: [{username: u, basic_auth: {username: v}}]",
       "at most one of consul SD configuration username and password and basic auth can be "
       "configured"},
      {"consul_sd_configs: [{token: t, authorization: {credentials: c}}]",
       "at most one of consul SD token, authorization, or oauth2 can be configured"},
      {"docker_sd_configs: [{}]", "host missing"},
      {"docker_sd_configs: [{host: '://x'}]", "parse \"://x\": missing protocol scheme"},
      {"dockerswarm_sd_configs: [{role: nodes}]", "host missing"},
      {"dockerswarm_sd_configs: [{host: 'tcp://a'}]",
       "role missing (one of: tasks, services, nodes)"},
      {"dockerswarm_sd_configs: [{host: 'tcp://a', role: pods}]",
       "invalid role pods, expected tasks, services, or nodes"},
      {"nomad_sd_configs: [{server: ''}]", "nomad SD configuration requires a server address"},
      {"eureka_sd_configs: [{}]", "eureka_sd: empty or null eureka server"},
      {"eureka_sd_configs: [{server: eureka.com}]", "eureka_sd: invalid eureka server URL"},
      {"marathon_sd_configs: [{}]", "marathon_sd: must contain at least one Marathon server"},
      {"marathon_sd_configs: [{servers: [a], auth_token: t, auth_token_file: f}]",
       "marathon_sd: at most one of auth_token & auth_token_file must be configured"},
      {"marathon_sd_configs: [{servers: [a], auth_token: t, basic_auth: {username: u}}]",
       "marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured"},
      {"marathon_sd_configs: [{servers: [a], auth_token: t, bearer_token: b}]",
       "marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & "
       "auth_token_file must be configured"},
      {"marathon_sd_configs: [{servers: [a], auth_token: t, authorization: {credentials: c}}]",
       "marathon_sd: at most one of auth_token, auth_token_file & authorization must be "
       "configured"},
      {"puppetdb_sd_configs: [{query: q}]", "URL is missing"},
      {"puppetdb_sd_configs: [{url: 'ftp://p', query: q}]", "URL scheme must be 'http' or 'https'"},
      {"puppetdb_sd_configs: [{url: 'http://', query: q}]", "host is missing in URL"},
      {"puppetdb_sd_configs: [{url: 'http://p'}]", "query missing"},
      {"hetzner_sd_configs: [{}]", "role missing (one of: robot, hcloud)"},
      {"hetzner_sd_configs: [{role: invalid}]", "unknown role \"invalid\""},
      {"ionos_sd_configs: [{datacenter_id: ''}]", "datacenter id can't be empty"},
      {"scaleway_sd_configs: [{}]", "role missing (one of: instance, baremetal)"},
      {"scaleway_sd_configs: [{role: instance}]", "project_id is mandatory"},
      {"scaleway_sd_configs: [{role: instance, project_id: p}]",
       "one of secret_key & secret_key_file must be configured"},
      {"scaleway_sd_configs: [{role: instance, project_id: p, secret_key: s, secret_key_file: f}]",
       "at most one of secret_key & secret_key_file must be configured"},
      {"scaleway_sd_configs: [{role: instance, project_id: p, secret_key: s}]",
       "access_key is mandatory"},
      {"triton_sd_configs: [{role: vm}]",
       "triton SD configuration requires role to be 'container' or 'cn'"},
      {"triton_sd_configs: [{}]", "triton SD configuration requires an account"},
      {"triton_sd_configs: [{account: a}]", "triton SD configuration requires a dns_suffix"},
      {"triton_sd_configs: [{account: a, dns_suffix: d}]",
       "triton SD configuration requires an endpoint"},
      {"triton_sd_configs: [{account: a, dns_suffix: d, endpoint: e, refresh_interval: 0s}]",
       "triton SD configuration requires RefreshInterval to be a positive integer"},
      {"uyuni_sd_configs: [{}]", "Uyuni SD configuration requires server host"},
      {"uyuni_sd_configs: [{server: '://'}]",
       "Uyuni Server URL is not valid: parse \"://\": missing protocol scheme"},
      {"uyuni_sd_configs: [{server: s}]", "Uyuni SD configuration requires a username"},
      {"uyuni_sd_configs: [{server: s, username: u}]",
       "Uyuni SD configuration requires a password"},
      {"vultr_sd_configs: [{ports: 1}]", "unknown key (ports)"},
      {"linode_sd_configs: [{port: x}]", "expected a whole number that is not negative (x)"},
  };
  for (const auto& [list, message] : cases) EXPECT_EQ(ErrorOf(list), message) << list;
}

TEST(DiscoveryKindsTest, ShowTheirDefaults) {
  EXPECT_EQ(Shown("consul_sd_configs: [{token: hunter2}]"), R"(  - server: localhost:8500
    token: <secret>
    tag_separator: ','
    scheme: http
    allow_stale: true
    refresh_interval: 30s
    follow_redirects: true
    enable_http2: true
)");
  EXPECT_EQ(Shown("docker_sd_configs: [{host: 'unix:///run/d'}]"), R"(  - follow_redirects: true
    enable_http2: true
    host: unix:///run/d
    port: 80
    filters: []
    host_networking_host: localhost
    refresh_interval: 1m
    match_first_network: true
)");
  EXPECT_EQ(Shown("nomad_sd_configs: [{}]"), R"(  - allow_stale: true
    follow_redirects: true
    enable_http2: true
    namespace: default
    refresh_interval: 1m
    region: global
    server: http://localhost:4646
    tag_separator: ','
)");
  EXPECT_EQ(Shown("linode_sd_configs: [{region: us-east}]"), R"(  - follow_redirects: true
    enable_http2: true
    refresh_interval: 1m
    port: 80
    tag_separator: ','
    region: us-east
)");
}

}  // namespace
}  // namespace tocsin::config
