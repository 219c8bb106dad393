#include "notifier/alertmanager_urls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::notifier {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The only endpoint of an `alertmanagers` entry with these keys.
AlertmanagerUrls Resolve(const std::string& keys) {
  const auto config =
      config::ParsePrometheusConfig("alerting:\n  alertmanagers:\n  - " + keys, "p");
  EXPECT_TRUE(config.ok()) << config.error().message();
  const auto& endpoint = config->alerting.alertmanagers[0];
  return ResolveAlertmanagers(endpoint, endpoint.discovery.static_groups);
}

TEST(AlertmanagerUrlsTest, UrlsHaveSchemePortAndPrefix) {
  EXPECT_THAT(Resolve("static_configs: [{targets: ['a:9093', 'b']}]\n").active,
              ElementsAre("http://a:9093/api/v2/alerts", "http://b:80/api/v2/alerts"));
  EXPECT_THAT(
      Resolve("{scheme: https, path_prefix: /am/, static_configs: [{targets: [a]}]}\n").active,
      ElementsAre("https://a:443/am/api/v2/alerts"));
  EXPECT_THAT(
      Resolve("{path_prefix: am, static_configs: [{targets: ['[::1]:1', '[::1]']}]}\n").active,
      ElementsAre("http://[::1]:1/am/api/v2/alerts", "http://[::1]:80/am/api/v2/alerts"));
}

TEST(AlertmanagerUrlsTest, SameUrlsCountOnce) {
  EXPECT_THAT(Resolve("static_configs: [{targets: ['a:1', 'a:1']}]\n").active,
              ElementsAre("http://a:1/api/v2/alerts"));
}

TEST(AlertmanagerUrlsTest, RelabelingDropsAndRewrites) {
  const AlertmanagerUrls urls =
      Resolve(R"({static_configs: [{targets: ['a:1', 'b:2'], labels: {zone: z}}],
    relabel_configs: [{source_labels: [__address__], regex: 'b.*', action: drop},
                      {source_labels: [zone], target_label: __alerts_path__, replacement: /$1}]}
)");
  EXPECT_THAT(urls.active, ElementsAre("http://a:1/z"));
  EXPECT_THAT(urls.dropped, ElementsAre("http://b:2/api/v2/alerts"));
}

TEST(AlertmanagerUrlsTest, WhatIsNoHostIsLeftOut) {
  EXPECT_THAT(
      Resolve("{static_configs: [{targets: ['http://a']}], relabel_configs: [{target_label: "
              "x, replacement: y}]}\n")
          .active,
      IsEmpty());
}

}  // namespace
}  // namespace tocsin::notifier
