#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/prometheus_config.h"

namespace tocsin::config {
namespace {

std::string Show(std::string_view text) {
  const auto config = ParsePrometheusConfig(text, "/etc/p.yml");
  EXPECT_TRUE(config.ok()) << config.error().message();
  return config.ok() ? FormatPrometheusConfig(*config) : "";
}

// As Prometheus 3 answers on /api/v1/status/config.
TEST(FormatTest, SmallConfigShowsItsDefaults) {
  EXPECT_EQ(Show(R"(global: {scrape_interval: 15s}
scrape_configs:
- job_name: node
  static_configs:
  - targets: ['localhost:9100']
)"),
            R"(global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  scrape_native_histograms: false
runtime:
  gogc: 75
scrape_configs:
- job_name: node
  honor_timestamps: true
  track_timestamps_staleness: false
  scrape_interval: 15s
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  always_scrape_classic_histograms: false
  convert_classic_histograms_to_nhcb: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  extra_scrape_metrics: false
  follow_redirects: true
  enable_http2: true
  static_configs:
  - targets:
    - localhost:9100
otlp:
  translation_strategy: UnderscoreEscapingWithSuffixes
  label_name_underscore_sanitization: true
  label_name_preserve_multiple_underscores: true
)");
}

TEST(FormatTest, SecretsNeverShow) {
  const std::string shown = Show(R"(scrape_configs:
- job_name: a
  basic_auth: {username: u, password: hunter2}
  proxy_url: http://me:hunter2@proxy/
  http_headers: {x: {secrets: [hunter2]}}
- job_name: b
  authorization: {credentials: hunter2}
- job_name: c
  oauth2: {client_id: i, client_secret: hunter2, token_url: http://t}
- job_name: d
  consul_sd_configs: [{server: s, token: hunter2}, {server: s, username: u, password: hunter2}]
  marathon_sd_configs: [{servers: [s], auth_token: hunter2}]
  scaleway_sd_configs: [{role: instance, project_id: p, access_key: a, secret_key: hunter2}]
  oci_sd_configs: [{server: s, token: hunter2, oauth2: {client_id: i, token_url: t, client_secret: hunter2}}]
- job_name: e
  tls_config: {cert: c, key: hunter2}
remote_write: [{url: 'http://u:hunter2@w', sigv4: {secret_key: hunter2}}]
)");
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(shown, testing::HasSubstr("password: <secret>"));
  EXPECT_THAT(shown, testing::HasSubstr("proxy_url: http://me:xxxxx@proxy/"));
  EXPECT_THAT(shown, testing::HasSubstr("token: <secret>"));
}

TEST(FormatTest, ShowingTwiceChangesNothing) {
  const std::string shown = Show(R"(global: {external_labels: {a: "true", b: "x: y"}}
alerting: {alertmanagers: [{static_configs: [{targets: ['a:1']}]}]}
rule_files: [r.yml]
scrape_configs:
- job_name: "123"
  params: {m: ['{__name__=~".+"}']}
  relabel_configs: [{source_labels: [a, b], target_label: c, regex: '(.*);x'}]
  file_sd_configs: [{files: [a.json]}]
storage: {tsdb: {out_of_order_time_window: 10m}}
)");
  EXPECT_EQ(Show(shown), shown);
}

}  // namespace
}  // namespace tocsin::config
