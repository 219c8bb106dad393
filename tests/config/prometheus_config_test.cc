#include "config/prometheus_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

PrometheusConfig Parse(std::string_view text, const LoadOptions& options = {}) {
  auto config = ParsePrometheusConfig(text, "/etc/prom/p.yml", options);
  EXPECT_TRUE(config.ok()) << config.error().message();
  return config.ok() ? *std::move(config) : PrometheusConfig();
}

TEST(PrometheusConfigTest, EmptyFileHasTheDefaults) {
  for (const char* text : {"", "global:\n", "global: {}\n", "scrape_configs: []\n"}) {
    const PrometheusConfig config = Parse(text);
    EXPECT_EQ(config.global.scrape_interval, minutes(1)) << text;
    EXPECT_EQ(config.global.scrape_timeout, seconds(10)) << text;
    EXPECT_EQ(config.global.evaluation_interval, minutes(1)) << text;
    EXPECT_EQ(config.runtime.gogc, 75) << text;
  }
}

TEST(PrometheusConfigTest, JobsTakeWhatTheyLeaveOutFromGlobal) {
  const PrometheusConfig config = Parse(R"(global:
  scrape_interval: 15s
  sample_limit: 7
  label_limit: 3
  body_size_limit: 1MB
scrape_configs:
- job_name: a
- job_name: b
  scrape_interval: 5s
  sample_limit: 9
)");
  const ScrapeConfig& a = config.scrape_configs[0];
  EXPECT_EQ(a.scrape_interval, seconds(15));
  EXPECT_EQ(a.scrape_timeout, seconds(10));
  EXPECT_EQ(a.sample_limit, 7u);
  EXPECT_EQ(a.label_limit, 3u);
  EXPECT_EQ(a.body_size_limit_bytes, 1u << 20);
  EXPECT_EQ(a.scrape_protocols.size(), 4u);
  EXPECT_EQ(a.metric_name_validation_scheme, "utf8");
  EXPECT_EQ(a.metric_name_escaping_scheme, "allow-utf-8");
  const ScrapeConfig& b = config.scrape_configs[1];
  EXPECT_EQ(b.scrape_timeout, seconds(5));
  EXPECT_EQ(b.sample_limit, 9u);
}

TEST(PrometheusConfigTest, GlobalTimeoutFollowsAShortInterval) {
  EXPECT_EQ(Parse("global: {scrape_interval: 3s}\n").global.scrape_timeout, seconds(3));
}

TEST(PrometheusConfigTest, LegacyValidationInfersUnderscores) {
  const PrometheusConfig config =
      Parse("scrape_configs:\n- job_name: a\n  metric_name_validation_scheme: legacy\n");
  EXPECT_EQ(config.scrape_configs[0].metric_name_escaping_scheme, "underscores");
}

TEST(PrometheusConfigTest, NativeHistogramsPutProtobufFirst) {
  const PrometheusConfig config =
      Parse("scrape_configs:\n- job_name: a\n  scrape_native_histograms: true\n");
  EXPECT_EQ(config.scrape_configs[0].scrape_protocols.front(), "PrometheusProto");
}

TEST(PrometheusConfigTest, PathsAreRelativeToTheFile) {
  const PrometheusConfig config = Parse(R"(rule_files: [r/*.yml, /abs/x.yml]
scrape_configs:
- job_name: a
  file_sd_configs: [{files: [t/*.json]}]
  tls_config: {ca_file: ../ca.pem}
  basic_auth: {username: u, password_file: pw}
)");
  EXPECT_THAT(config.rule_files, testing::ElementsAre("/etc/prom/r/*.yml", "/abs/x.yml"));
  const ScrapeConfig& job = config.scrape_configs[0];
  EXPECT_THAT(job.discovery.files[0].files, testing::ElementsAre("/etc/prom/t/*.json"));
  EXPECT_EQ(job.discovery.files[0].refresh_interval, minutes(5));
  EXPECT_EQ(job.http_client.tls_config.ca_file, "/etc/ca.pem");
  EXPECT_EQ(job.http_client.basic_auth->password_file, "/etc/prom/pw");
}

TEST(PrometheusConfigTest, EnvironmentExpandsInExternalLabelsOnly) {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "DC") return "fra1";
    return std::nullopt;
  };
  ConfigWarnings warnings;
  options.warnings = &warnings;
  const PrometheusConfig config = Parse(
      "global:\n  external_labels: {dc: '${DC}', cost: '5$$', none: '$NOPE'}\n"
      "scrape_configs: [{job_name: '$DC'}]\n",
      options);
  EXPECT_EQ(config.global.external_labels, (Labels{{"cost", "5$"}, {"dc", "fra1"}}));
  EXPECT_EQ(config.scrape_configs[0].job_name, "$DC");
  EXPECT_THAT(warnings, testing::ElementsAre("/etc/prom/p.yml:2:20: empty environment variable in "
                                             "external_labels (NOPE)"));
}

TEST(PrometheusConfigTest, BearerTokenBecomesAuthorization) {
  const PrometheusConfig config = Parse("scrape_configs: [{job_name: a, bearer_token: t}]\n");
  const auto& authorization = config.scrape_configs[0].http_client.authorization;
  ASSERT_TRUE(authorization);
  EXPECT_EQ(authorization->type, "Bearer");
  EXPECT_EQ(authorization->credentials.reveal(), "t");
}

TEST(PrometheusConfigTest, RelabelRulesArriveWithDefaults) {
  const PrometheusConfig config = Parse(R"(scrape_configs:
- job_name: a
  relabel_configs:
  - source_labels: [x, y]
    target_label: z
  - {action: Drop, source_labels: [x], regex: "a|b", separator: ","}
  - {regex: , target_label: z}
)");
  const auto& rules = config.scrape_configs[0].relabel_configs;
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].separator, ";");
  EXPECT_EQ(rules[0].replacement, "$1");
  EXPECT_TRUE(rules[0].regex.Matches("anything"));
  EXPECT_EQ(rules[1].action, RelabelRule::Action::kDrop);
  EXPECT_TRUE(rules[1].regex.Matches("b"));
  EXPECT_FALSE(rules[2].regex.Matches("x"));
  EXPECT_TRUE(rules[2].regex.Matches(""));
}

TEST(PrometheusConfigTest, AlertingArrives) {
  const PrometheusConfig config = Parse(R"(alerting:
  alert_relabel_configs: [{action: labeldrop, regex: replica}]
  alertmanagers:
  - scheme: https
    path_prefix: /am
    timeout: 3s
    static_configs: [{targets: ['a:9093', 'b:9093'], labels: {zone: x}}]
)");
  ASSERT_EQ(config.alerting.alertmanagers.size(), 1u);
  const auto& endpoint = config.alerting.alertmanagers[0];
  EXPECT_EQ(endpoint.path_prefix, "/am");
  EXPECT_EQ(endpoint.timeout, seconds(3));
  EXPECT_EQ(endpoint.discovery.static_groups[0].targets.size(), 2u);
  EXPECT_EQ(config.alerting.alert_relabel_configs.size(), 1u);
}

TEST(PrometheusConfigTest, WhatIsIgnoredIsWarnedAbout) {
  ConfigWarnings warnings;
  LoadOptions options;
  options.warnings = &warnings;
  Parse(
      "remote_write: [{url: 'http://a'}]\nscrape_configs:\n- job_name: j\n  oci_sd_configs:\n"
      "  - server: x\n",
      options);
  EXPECT_THAT(warnings,
              testing::ElementsAre(
                  "/etc/prom/p.yml:5:3: oci_sd_configs is not supported yet and finds no targets",
                  "/etc/prom/p.yml:1:15: remote_write is not supported yet and is ignored"));
}

TEST(PrometheusConfigTest, StorageArrives) {
  const PrometheusConfig config = Parse(
      "storage:\n  tsdb: {out_of_order_time_window: 30m, retention: {time: 15d, size: 1GB, "
      "percentage: 0.5}}\n  exemplars: {max_exemplars: 5}\n");
  EXPECT_EQ(config.storage.tsdb->out_of_order_time_window, minutes(30));
  EXPECT_EQ(config.storage.tsdb->retention->size_bytes, uint64_t{1} << 30);
  EXPECT_EQ(config.storage.tsdb->retention->percentage, 0.5);
  EXPECT_EQ(config.storage.max_exemplars, 5);
}

TEST(PrometheusConfigTest, RetentionMayHaveRules) {
  for (const char* text : {"storage: {tsdb: {retention: {time: 15d, rules: [{match: up, time: "
                           "90d}, {match: '{job=~\"a.*\"}', time: 1d}]}}}\n",
                           "storage: {tsdb: {retention: [{match: up, time: 90d}, {match: "
                           "'{job=~\"a.*\"}', time: 1d}]}}\n"}) {
    const PrometheusConfig config = Parse(text);
    ASSERT_TRUE(config.storage.tsdb->retention) << text;
    const auto& rules = config.storage.tsdb->retention->rules;
    ASSERT_EQ(rules.size(), 2u) << text;
    EXPECT_EQ(rules[0].match, "up");
    EXPECT_EQ(rules[0].time, std::chrono::hours(24 * 90));
    EXPECT_EQ(rules[1].match, "{job=~\"a.*\"}");
    EXPECT_EQ(FormatPrometheusConfig(config).find("rules:") == std::string::npos, false);
  }
}

TEST(PrometheusConfigTest, IncludedFilesAddJobs) {
  PosixFs fs;
  const std::string root = testing::TempDir() + "included_jobs";
  ASSERT_TRUE(fs.RemoveAll(root).ok());
  ASSERT_TRUE(fs.CreateDirectories(root + "/jobs").ok());
  ASSERT_TRUE(fs.WriteFileAtomically(root + "/p.yml",
                                     "global: {scrape_interval: 7s}\nscrape_config_files: "
                                     "['jobs/*.yml']\nscrape_configs: [{job_name: main}]\n")
                  .ok());
  ASSERT_TRUE(fs.WriteFileAtomically(root + "/jobs/a.yml",
                                     "scrape_configs:\n- job_name: a\n  file_sd_configs: [{files: "
                                     "[t.json]}]\n")
                  .ok());
  auto config = LoadPrometheusConfig(fs, root + "/p.yml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  ASSERT_EQ(config->AllScrapeConfigs().size(), 2u);
  const ScrapeConfig& job = config->included_scrape_configs[0];
  EXPECT_EQ(job.scrape_interval, seconds(7));
  EXPECT_EQ(job.discovery.files[0].files[0], root + "/jobs/t.json");

  ASSERT_TRUE(
      fs.WriteFileAtomically(root + "/jobs/b.yml", "scrape_configs:\n- job_name: main\n").ok());
  config = LoadPrometheusConfig(fs, root + "/p.yml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().message(),
            root +
                "/jobs/b.yml:2:13: found multiple scrape configs with job name \"main\", first "
                "found in main config file");
}

TEST(PrometheusConfigTest, MissingFileIsNotFound) {
  PosixFs fs;
  const auto config = LoadPrometheusConfig(fs, "/nonexistent/p.yml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tocsin::config
