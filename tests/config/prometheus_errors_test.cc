#include <gtest/gtest.h>

#include "config/prometheus_config.h"

namespace tocsin::config {
namespace {

struct BadConfig {
  const char* text;
  const char* message;
};

// The outcome of `text` as it stands in one job, from line 3 column 3 on.
std::string JobError(const std::string& keys) {
  const auto config = ParsePrometheusConfig("scrape_configs:\n- job_name: j\n" + keys, "p.yml");
  return config.ok() ? "no error" : config.error().message();
}

std::string FileError(const std::string& text) {
  const auto config = ParsePrometheusConfig(text, "p.yml");
  return config.ok() ? "no error" : config.error().message();
}

TEST(PrometheusErrorsTest, GlobalAndTopLevel) {
  const BadConfig cases[] = {
      {"globl: {}\n", "p.yml:1:1: unknown key (globl)"},
      {"global: 1\n", "p.yml:1:9: expected a mapping (1)"},
      {"- a\n", "p.yml:1:1: expected a mapping (a list)"},
      {"global: {scrape_intervall: 1m}\n", "p.yml:1:10: unknown key (scrape_intervall)"},
      {"global: {scrape_interval: 1x}\n", "p.yml:1:27: unknown unit \"x\" in duration \"1x\""},
      {"global: {scrape_interval: ''}\n", "p.yml:1:27: empty duration string"},
      {"global: {scrape_interval: [1m]}\n", "p.yml:1:27: expected a duration (a list)"},
      {"global: {scrape_interval: 5s, scrape_timeout: 10s}\n",
       "p.yml:1:47: global scrape timeout greater than scrape interval"},
      {"global: {scrape_timeout: 2m}\n",
       "p.yml:1:26: global scrape timeout greater than scrape interval"},
      {"global: {sample_limit: -1}\n",
       "p.yml:1:24: expected a whole number that is not negative (-1)"},
      {"global: {sample_limit: '1'}\n",
       "p.yml:1:24: expected a whole number that is not negative (1)"},
      {"global: {body_size_limit: 100}\n", "p.yml:1:27: units: unknown unit in 100"},
      {"global: {body_size_limit: 1ZB}\n", "p.yml:1:27: units: unknown unit ZB in 1ZB"},
      {"global: {external_labels: {'': x}}\n", "p.yml:1:28: \"\" is not a valid label name"},
      {"global: {external_labels: [a]}\n", "p.yml:1:27: expected a mapping (a list)"},
      {"global: {metric_name_validation_scheme: legacy, external_labels: {a.b: x}}\n",
       "p.yml:1:67: \"a.b\" is not a valid label name"},
      {"global: {metric_name_validation_scheme: ascii}\n",
       "p.yml:1:41: unrecognized ValidationScheme: \"ascii\""},
      {"global: {metric_name_escaping_scheme: x}\n",
       "p.yml:1:39: unknown global name escaping method specified, must be one of 'allow-utf-8', "
       "'underscores', 'dots', or 'values', got \"x\""},
      {"global: {scrape_protocols: []}\n",
       "p.yml:1:28: scrape_protocols cannot be empty for global config"},
      {"global: {scrape_protocols: [X]}\n",
       "p.yml:1:28: scrape_protocols: unknown scrape protocol X, supported: [OpenMetricsText0.0.1 "
       "OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0] for global "
       "config"},
      {"global: {scrape_native_histograms: 1}\n", "p.yml:1:36: expected true or false (1)"},
      {"rule_files: ['a/*/b.yml']\n", "p.yml:1:14: invalid rule file path \"a/*/b.yml\""},
      {"scrape_config_files: ['a/*/b.yml']\n",
       "p.yml:1:23: invalid scrape config file path \"a/*/b.yml\""},
      {"rule_files: a.yml\n", "p.yml:1:13: expected a list (a.yml)"},
      {"scrape_configs:\n-\n", "p.yml:2:1: empty or null scrape config section"},
      {"scrape_configs: [{}]\n", "p.yml:1:18: job_name is empty"},
      {"scrape_configs: [{job_name: a}]\nscrape_configs: []\n",
       "p.yml:2:1: key already set in this block (scrape_configs)"},
      {"scrape_configs:\n- job_name: a\n- job_name: a\n",
       "p.yml:3:13: found multiple scrape configs with job name \"a\""},
      {"runtime: {gogc: a}\n", "p.yml:1:17: expected a whole number (a)"},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(FileError(c.text), c.message) << c.text;
}

TEST(PrometheusErrorsTest, ScrapeConfigs) {
  const BadConfig cases[] = {
      {"  scrape_interval: 5s\n  scrape_timeout: 6s\n",
       "p.yml:4:19: scrape timeout greater than scrape interval for scrape config with job name "
       "\"j\""},
      {"  metrics_pth: /x\n", "p.yml:3:3: unknown key (metrics_pth)"},
      {"  consult_sd_configs: []\n", "p.yml:3:3: unknown key (consult_sd_configs)"},
      {"  honor_labels: maybe\n", "p.yml:3:17: expected true or false (maybe)"},
      {"  honor_labels: 'true'\n", "p.yml:3:17: expected true or false (true)"},
      {"  params: {a: b}\n", "p.yml:3:15: expected a list (b)"},
      {"  native_histogram_min_bucket_factor: x\n", "p.yml:3:39: expected a number (x)"},
      {"  scrape_protocols: [PrometheusProto, prometheusproto]\n",
       "p.yml:3:21: duplicated protocol in scrape_protocols, got [PrometheusProto "
       "prometheusproto] for scrape config with job name \"j\""},
      {"  fallback_scrape_protocol: X\n",
       "p.yml:3:29: invalid fallback_scrape_protocol for scrape config with job name \"j\": "
       "unknown "
       "scrape protocol X, supported: [OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto "
       "PrometheusText0.0.4 PrometheusText1.0.0]"},
      {"  metric_name_validation_scheme: legacy\n  metric_name_escaping_scheme: allow-utf-8\n",
       "p.yml:4:32: utf8 metric names requested but validation scheme is not set to UTF8"},
      {"  metric_name_escaping_scheme: x\n",
       "p.yml:3:32: unknown scrape config name escaping method specified, must be one of "
       "'allow-utf-8', 'underscores', 'dots', or 'values', got \"x\""},
      {"  static_configs: [{targets: ['http://bad']}]\n",
       "p.yml:3:31: \"http://bad\" is not a valid hostname"},
      {"  static_configs:\n  -\n", "p.yml:4:3: empty or null section in static_configs"},
      {"  static_configs: [{target: [a]}]\n", "p.yml:3:21: unknown key (target)"},
      {"  static_configs: [{targets: [a], labels: {'': x}}]\n",
       "p.yml:3:44: \"\" is not a valid label name"},
      {"  file_sd_configs: [{}]\n",
       "p.yml:3:21: file service discovery config must contain at least one path name"},
      {"  file_sd_configs: [{files: [a.txt]}]\n",
       "p.yml:3:29: path name \"a.txt\" is not valid for file discovery"},
      {"  file_sd_configs: [{files: ['a/*/b.yml']}]\n",
       "p.yml:3:29: path name \"a/*/b.yml\" is not valid for file discovery"},
      {"  file_sd_configs:\n  -\n", "p.yml:4:3: empty or null section in file_sd_configs"},
      {"  consul_sd_configs:\n  -\n", "p.yml:4:3: empty or null section in consul_sd_configs"},
      {"  consul_sd_configs: [a]\n", "p.yml:3:23: expected a mapping (a)"},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(JobError(c.text), c.message) << c.text;
}

TEST(PrometheusErrorsTest, HttpClient) {
  const BadConfig cases[] = {
      {"  bearer_token: a\n  bearer_token_file: b\n",
       "p.yml:3:17: at most one of bearer_token & bearer_token_file must be configured"},
      {"  bearer_token: a\n  basic_auth: {username: u}\n",
       "p.yml:3:17: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be "
       "configured"},
      {"  bearer_token: a\n  authorization: {credentials: u}\n",
       "p.yml:3:17: authorization is not compatible with bearer_token & bearer_token_file"},
      {"  basic_auth: {username: u, username_file: f}\n",
       "p.yml:3:15: at most one of basic_auth username, username_file & username_ref must be "
       "configured"},
      {"  basic_auth: {password: u, password_file: f}\n",
       "p.yml:3:15: at most one of basic_auth password, password_file & password_ref must be "
       "configured"},
      {"  basic_auth: {user: u}\n", "p.yml:3:16: unknown key (user)"},
      {"  authorization: {type: BASIC}\n",
       "p.yml:3:18: authorization type cannot be set to \"basic\", use \"basic_auth\" instead"},
      {"  authorization: {credentials: a, credentials_file: b}\n",
       "p.yml:3:18: at most one of authorization credentials & credentials_file must be "
       "configured"},
      {"  authorization: {credentials: a}\n  basic_auth: {username: u}\n",
       "p.yml:3:18: at most one of basic_auth, oauth2 & authorization must be configured"},
      {"  oauth2: {token_url: 'http://a'}\n", "p.yml:3:11: oauth2 client_id must be configured"},
      {"  oauth2: {client_id: a}\n", "p.yml:3:11: oauth2 token_url must be configured"},
      {"  oauth2: {client_id: a, token_url: b, client_secret: c, client_secret_file: d}\n",
       "p.yml:3:11: at most one of oauth2 client_secret, client_secret_file & client_secret_ref "
       "must "
       "be configured"},
      {"  tls_config: {min_version: TLS9}\n", "p.yml:3:29: unknown TLS version: TLS9"},
      {"  tls_config: {cert_file: a}\n",
       "p.yml:3:15: exactly one of key or key_file must be configured when a client certificate is "
       "configured"},
      {"  tls_config: {key_file: a}\n",
       "p.yml:3:15: exactly one of cert or cert_file must be configured when a client key is "
       "configured"},
      {"  tls_config: {ca: a, ca_file: b}\n",
       "p.yml:3:20: at most one of ca and ca_file must be configured"},
      {"  proxy_url: 'http://a b'\n",
       "p.yml:3:14: parse \"http://a b\": invalid character \" \" in host name"},
      {"  no_proxy: a\n",
       "p.yml:3:13: if no_proxy is configured, proxy_url must also be configured"},
      {"  proxy_url: 'http://a'\n  proxy_from_environment: true\n",
       "p.yml:3:14: if proxy_from_environment is configured, proxy_url must not be configured"},
      {"  proxy_connect_header: {a: [b]}\n",
       "p.yml:3:25: if proxy_connect_header is configured, proxy_url or proxy_from_environment "
       "must "
       "also be configured"},
      {"  http_headers: {user-agent: {values: [x]}}\n",
       "p.yml:3:17: setting header \"User-Agent\" is not allowed"},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(JobError(c.text), c.message) << c.text;
}

TEST(PrometheusErrorsTest, Relabeling) {
  const BadConfig cases[] = {
      {"  relabel_configs:\n  -\n",
       "p.yml:4:3: empty or null target relabeling rule in scrape config"},
      {"  metric_relabel_configs:\n  -\n",
       "p.yml:4:3: empty or null metric relabeling rule in scrape config"},
      {"  relabel_configs: [{action: null, target_label: a}]\n",
       "p.yml:3:30: relabel action cannot be empty"},
      {"  relabel_configs: [{action: destroy}]\n",
       "p.yml:3:30: unknown relabel action \"destroy\""},
      {"  relabel_configs: [{regex: 'a('}]\n",
       "p.yml:3:29: error parsing regexp: missing closing ): `a(`"},
      {"  relabel_configs: [{regex: abc}]\n",
       "p.yml:3:21: relabel configuration for replace action requires 'target_label' value"},
      {"  relabel_configs: [{action: hashmod, target_label: a}]\n",
       "p.yml:3:21: relabel configuration for hashmod requires non-zero modulus"},
      {"  relabel_configs: [{action: hashmod, modulus: 8}]\n",
       "p.yml:3:21: relabel configuration for hashmod action requires 'target_label' value"},
      {"  relabel_configs: [{action: hashmod, modulus: -8}]\n",
       "p.yml:3:48: expected a whole number that is not negative (-8)"},
      {"  relabel_configs: [{action: lowercase, target_label: a, replacement: b}]\n",
       "p.yml:3:71: 'replacement' can not be set for lowercase action"},
      {"  relabel_configs: [{action: dropequal, target_label: a, regex: b}]\n",
       "p.yml:3:30: dropequal action requires only 'source_labels' and `target_label`, and no "
       "other "
       "fields"},
      {"  relabel_configs: [{action: labeldrop, source_labels: [a]}]\n",
       "p.yml:3:30: labeldrop action requires only 'regex', and no other fields"},
      {"  relabel_configs: [{action: labelkeep, separator: ','}]\n",
       "p.yml:3:30: labelkeep action requires only 'regex', and no other fields"},
      {"  relabel_configs: [{source_labels: [''], target_label: a}]\n",
       "p.yml:3:37: \"\" is not a valid label name"},
      {"  metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: a-b}]\n",
       "p.yml:4:36: \"a-b\" is invalid 'target_label' for replace action"},
      {"  metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: '$-x'}]\n",
       "p.yml:4:36: \"$-x\" is invalid 'target_label' for replace action"},
      {"  metric_name_validation_scheme: legacy\n"
       "  relabel_configs: [{action: labelmap, replacement: '-'}]\n",
       "p.yml:4:53: \"-\" is invalid 'replacement' for labelmap action"},
      {"  metric_name_validation_scheme: legacy\n"
       "  relabel_configs: [{target_label: 'a_${1}_$2'}]\n",
       "no error"},
      {"  relabel_configs: [{target: a}]\n", "p.yml:3:22: unknown key (target)"},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(JobError(c.text), c.message) << c.text;
}

TEST(PrometheusErrorsTest, AlertingStorageAndRemote) {
  const BadConfig cases[] = {
      {"alerting: {alert_relabel_configs: [null]}\n",
       "p.yml:1:36: empty or null alert relabeling rule"},
      {"alerting: {alertmanagers: [{api_version: v1}]}\n",
       "p.yml:1:42: expected Alertmanager api version to be one of [v2] but got v1"},
      {"alerting: {alertmanagers: [{relabel_configs: [null]}]}\n",
       "p.yml:1:47: empty or null Alertmanager target relabeling rule"},
      {"alerting: {alertmanagers: [{static_configs: [{targets: ['http://a']}]}]}\n",
       "p.yml:1:57: \"http://a\" is not a valid hostname"},
      {"alerting: {alertmanagers: [{basic_auth: {username: a}, sigv4: {}}]}\n",
       "p.yml:1:63: at most one of basic_auth, authorization, oauth2, & sigv4 must be configured"},
      {"alerting: {alertmanagers: [{timeot: 1s}]}\n", "p.yml:1:29: unknown key (timeot)"},
      {"alerting: {alert_relabel_configs: [{regex: a}]}\n",
       "p.yml:1:36: relabel configuration for replace action requires 'target_label' value"},
      {"storage: {tsdb: {retention: {time: -1h}}}\n",
       "p.yml:1:36: not a valid duration string: \"-1h\""},
      {"storage: {tsdb: {retention: {size: -1GB}}}\n",
       "p.yml:1:36: units: size must not have a sign (-1GB)"},
      {"storage: {tsdb: {retention: [{match: up}]}}\n",
       "p.yml:1:30: a retention rule needs a time above 0"},
      {"storage: {tsdb: {retention: {rules: [{time: 1h}]}}}\n",
       "p.yml:1:38: a retention rule needs a series selector"},
      {"storage: {tsdb: {retention: {percentage: 101}}}\n",
       "p.yml:1:42: 'storage.tsdb.retention.percentage' must be in the range [0, 100] (101)"},
      {"storage: {tsdb: {chunk_encoding: {floats: XOR}}}\n",
       "p.yml:1:43: unknown chunk encoding for floats, must be xor or xor2 (XOR)"},
      {"storage: {tsdb: {window: 1m}}\n", "p.yml:1:18: unknown key (window)"},
      {"tracing: {}\n", "p.yml:1:10: tracing endpoint must be set"},
      {"tracing: {endpoint: a, client_type: udp}\n",
       "p.yml:1:37: expected tracing client type to be to be http or grpc, but got udp"},
      {"remote_write: [{}]\n", "p.yml:1:16: url for remote_write is empty"},
      {"remote_write: [{url: a, headers: {Authorization: x}}]\n",
       "p.yml:1:34: authorization header must be changed via the basic_auth, authorization, "
       "oauth2, "
       "sigv4, azuread or google_iam parameter"},
      {"remote_write: [{url: a, headers: {Host: x}}]\n",
       "p.yml:1:34: Host is a reserved header. It must not be changed"},
      {"remote_write: [{url: a, queue_config: {capacity: 0}}]\n",
       "p.yml:1:50: capacity must be greater than 0 (0)"},
      {"remote_write: [{url: a, name: n}, {url: b, name: n}]\n",
       "p.yml:1:50: found multiple remote write configs with job name \"n\""},
      {"remote_read: [null]\n", "p.yml:1:15: empty or null remote read config section"},
      {"otlp: {translation_strategy: X}\n",
       "p.yml:1:30: unsupported OTLP translation strategy \"X\""},
      {"otlp: {ignore_resource_attributes: [a]}\n",
       "p.yml:1:36: 'ignore_resource_attributes' cannot be configured unless "
       "'promote_all_resource_attributes' is true"},
      {"otlp: {promote_resource_attributes: [a, ' a ']}\n",
       "p.yml:1:41: invalid 'promote_resource_attributes': duplicated promoted OTel resource "
       "attribute \"a\""},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(FileError(c.text), c.message) << c.text;
}

TEST(PrometheusErrorsTest, AgentModeRefusesWhatAgentsDoNotDo) {
  LoadOptions options;
  options.agent_mode = true;
  const auto error = [&](std::string_view text) {
    return ParsePrometheusConfig(text, "p.yml", options).error().message();
  };
  EXPECT_EQ(error("rule_files: [a]\n"),
            "p.yml:1:13: field rule_files is not allowed in agent mode");
  EXPECT_EQ(error("alerting: {alertmanagers: [{}]}\n"),
            "p.yml:1:11: field alerting is not allowed in agent mode");
  EXPECT_EQ(error("remote_read: [{url: a}]\n"),
            "p.yml:1:14: field remote_read is not allowed in agent mode");
}

}  // namespace
}  // namespace tocsin::config
