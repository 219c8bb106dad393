#include "config/alertmanager_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kSmall = R"(route:
  receiver: hook
  group_by: [alertname, cluster]
  group_wait: 0s
  routes:
  - matchers: [severity="page", 'team=~"a|b"']
    continue: true
    repeat_interval: 4h
    mute_time_intervals: [night]
  - match: {old: style}
    match_re: {re: x.*}
    group_by: []
  - group_by: ['...']
    receiver: hole
inhibit_rules:
- source_matchers: [severity=critical]
  target_matchers: [severity=warning]
  equal: [cluster]
-
receivers:
- name: hook
  webhook_configs:
  - url: http://user:pw@127.0.0.1:5001/
    max_alerts: 10
    timeout: 5s
  - url: "{{ .CommonLabels.url }}"
    send_resolved: false
    http_config: {follow_redirects: false}
- name: hole
time_intervals:
- name: night
templates: ['*.tmpl', /abs/x.tmpl]
)";

TEST(AlertmanagerConfigTest, EveryBlockArrives) {
  const auto config = ParseAlertmanagerConfig(kSmall, "/etc/am/a.yml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->route.receiver, "hook");
  EXPECT_EQ(config->route.group_wait, seconds(0));
  EXPECT_FALSE(config->route.group_interval);
  ASSERT_EQ(config->route.routes.size(), 3u);
  const RouteConfig& first = config->route.routes[0];
  EXPECT_EQ(first.matchers.size(), 2u);
  EXPECT_TRUE(first.continue_matching);
  EXPECT_EQ(first.repeat_interval, hours(4));
  EXPECT_FALSE(first.group_by);
  const RouteConfig& second = config->route.routes[1];
  EXPECT_EQ(second.match.at("old"), "style");
  EXPECT_EQ(second.match_re.at("re").value(), "x.*");
  ASSERT_TRUE(second.group_by);
  EXPECT_TRUE(second.group_by->empty());
  EXPECT_TRUE(config->route.routes[2].group_by_all);
  EXPECT_EQ(config->inhibit_rules.size(), 2u);
  ASSERT_EQ(config->receivers[0].webhooks.size(), 2u);
  const WebhookConfig& webhook = config->receivers[0].webhooks[0];
  EXPECT_EQ(webhook.url.reveal(), "http://user:pw@127.0.0.1:5001/");
  EXPECT_EQ(webhook.max_alerts, 10u);
  EXPECT_EQ(webhook.timeout, seconds(5));
  EXPECT_TRUE(webhook.send_resolved);
  EXPECT_FALSE(config->receivers[0].webhooks[1].http_config.follow_redirects);
  EXPECT_THAT(config->templates, testing::ElementsAre("/etc/am/*.tmpl", "/abs/x.tmpl"));
}

TEST(AlertmanagerConfigTest, WebhooksInheritTheGlobalHttpConfig) {
  const auto config = ParseAlertmanagerConfig(
      "global: {http_config: {proxy_url: 'http://p'}}\nroute: {receiver: r}\n"
      "receivers: [{name: r, webhook_configs: [{url: 'http://a'}, {url: 'http://a', http_config: "
      "{enable_http2: false}}]}]\n",
      "a.yml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->receivers[0].webhooks[0].http_config.proxy.proxy_url, "http://p");
  EXPECT_EQ(config->receivers[0].webhooks[1].http_config.proxy.proxy_url, "");
}

TEST(AlertmanagerConfigTest, ShowsDefaultsAndHidesSecrets) {
  const auto config = ParseAlertmanagerConfig(kSmall, "/etc/am/a.yml");
  ASSERT_TRUE(config.ok());
  const std::string shown = FormatAlertmanagerConfig(*config);
  EXPECT_THAT(shown, testing::StartsWith("global:\n  resolve_timeout: 5m\n  http_config:\n"
                                         "    follow_redirects: true\n    enable_http2: true\n"
                                         "  smtp_hello: localhost\n  smtp_require_tls: true\n"
                                         "  pagerduty_url: https://events.pagerduty.com/v2/enqueue"
                                         "\n"));
  EXPECT_THAT(shown,
              testing::HasSubstr(
                  "  - send_resolved: true\n    http_config:\n      follow_redirects: true\n      "
                  "enable_http2: true\n    url: <secret>\n    max_alerts: 10\n    timeout: 5s\n"));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("5001")));
  EXPECT_THAT(shown, testing::HasSubstr("  - matchers:\n    - severity=\"page\"\n"));
  const auto again = ParseAlertmanagerConfig(shown, "again.yml");
  EXPECT_FALSE(again.ok());  // `<secret>` is no URL: a shown file is for reading only.
}

TEST(AlertmanagerConfigTest, UnsupportedIntegrationsWarn) {
  ConfigWarnings warnings;
  AlertmanagerLoadOptions options;
  options.warnings = &warnings;
  const auto config = ParseAlertmanagerConfig(
      "route: {receiver: r}\nreceivers:\n- name: r\n  slack_configs:\n  - channel: c\n    "
      "api_url: https://x/T/B\n",
      "a.yml", options);
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_THAT(warnings,
              testing::ElementsAre("a.yml:5:3: receiver r: slack_configs is not supported "
                                   "yet and is not notified"));
}

struct BadConfig {
  const char* text;
  const char* message;
};

TEST(AlertmanagerConfigTest, ErrorsNameThePlace) {
  const BadConfig cases[] = {
      {"receivers: [{name: r}]\n", "a.yml:1:1: no routes provided"},
      {"route: {}\n", "a.yml:1:8: root route must specify a default receiver"},
      {"route: {receiver: r, match: {a: b}}\nreceivers: [{name: r}]\n",
       "a.yml:1:29: root route must not have any matchers"},
      {"route: {receiver: r, matchers: [a=b]}\nreceivers: [{name: r}]\n",
       "a.yml:1:32: root route must not have any matchers"},
      {"route: {receiver: r, mute_time_intervals: [x]}\nreceivers: [{name: r}]\n",
       "a.yml:1:43: root route must not have any mute time intervals"},
      {"route: {receiver: r, active_time_intervals: [x]}\nreceivers: [{name: r}]\n",
       "a.yml:1:45: root route must not have any active time intervals"},
      {"route: {receiver: r, continue: true}\nreceivers: [{name: r}]\n",
       "a.yml:1:32: cannot have continue in root route"},
      {"route: {receiver: x}\nreceivers: [{name: r}]\n",
       "a.yml:1:19: undefined receiver \"x\" used in route"},
      {"route:\n  receiver: r\n  routes:\n  - receiver: y\nreceivers: [{name: r}]\n",
       "a.yml:4:15: undefined receiver \"y\" used in route"},
      {"route:\n  receiver: r\n  routes:\n  - active_time_intervals: [t]\nreceivers: [{name: r}]\n",
       "a.yml:4:29: undefined time interval \"t\" used in route"},
      {"route: {receiver: r}\nreceivers: [{name: r}, {name: r}]\n",
       "a.yml:2:31: notification config name \"r\" is not unique"},
      {"route: {receiver: r}\nreceivers: [{}]\n", "a.yml:2:13: missing name in receiver"},
      {"route: {receiver: r, group_interval: 0s}\nreceivers: [{name: r}]\n",
       "a.yml:1:38: group_interval cannot be zero"},
      {"route: {receiver: r, repeat_interval: 0s}\nreceivers: [{name: r}]\n",
       "a.yml:1:39: repeat_interval cannot be zero"},
      {"route: {receiver: r, group_by: [a, a]}\n",
       "a.yml:1:36: duplicated label \"a\" in group_by"},
      {"route: {receiver: r, group_by: ['...', a]}\n",
       "a.yml:1:32: cannot have wildcard group_by (`...`) and other labels at the same time"},
      {"route: {receiver: r, group_by: ['']}\n",
       "a.yml:1:33: invalid label name \"\" in group_by list"},
      {"route: {receiver: r, group_wait: 1y1}\n",
       "a.yml:1:34: not a valid duration string: \"1y1\""},
      {"route: {receiver: r, routes: [{matchers: ['a=\"']}]}\n",
       "a.yml:1:43: matcher value contains unescaped double quote: \""},
      {"route: {receiver: r, routes: [{match_re: {a: '('}}]}\n",
       "a.yml:1:46: error parsing regexp: missing closing ): `(`"},
      {"route: {receiver: r, routs: []}\n", "a.yml:1:22: unknown key (routs)"},
      {"rout: {}\n", "a.yml:1:1: unknown key (rout)"},
      {"global: {resolve_timout: 1m}\n", "a.yml:1:10: unknown key (resolve_timout)"},
      {"global: {slack_api_url: 'http://a', slack_api_url_file: x}\n",
       "a.yml:1:57: at most one of slack_api_url & slack_api_url_file must be configured"},
      {"global: {http_config: {bearer_token: a, bearer_token_file: b}}\n",
       "a.yml:1:38: at most one of bearer_token & bearer_token_file must be configured"},
      {"inhibit_rules: [{equal: ['']}]\n", "a.yml:1:26: invalid label name \"\" in equal list"},
      {"inhibit_rules: [{source_match: {'': x}}]\n", "a.yml:1:33: invalid label name \"\""},
      {"receivers: [{name: r, webhook_configs: [{}]}]\n",
       "a.yml:1:41: one of url or url_file must be configured"},
      {"receivers: [{name: r, webhook_configs: [{url: 'http://a', url_file: b}]}]\n",
       "a.yml:1:69: at most one of url & url_file must be configured"},
      {"receivers: [{name: r, webhook_configs: [{url: 'ftp://secret'}]}]\n",
       "a.yml:1:47: url is not a valid http or https URL (<secret>)"},
      {"receivers: [{name: r, webhook_configs: [{url: 'http://a', max_alerts: -1}]}]\n",
       "a.yml:1:71: expected a whole number that is not negative (-1)"},
      {"receivers: [{name: r, webhok_configs: []}]\n", "a.yml:1:23: unknown key (webhok_configs)"},
      {"receivers: [{name: r, slack_configs: [x]}]\n", "a.yml:1:39: expected a mapping (x)"},
      {"route: [a]\n", "a.yml:1:8: expected a mapping (a list)"},
  };
  for (const BadConfig& c : cases) {
    const auto config = ParseAlertmanagerConfig(c.text, "a.yml");
    ASSERT_FALSE(config.ok()) << c.text;
    EXPECT_EQ(config.error().message(), c.message) << c.text;
  }
}

}  // namespace
}  // namespace tocsin::config
