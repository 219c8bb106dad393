#include "web/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StatusPageDependencies Everything() {
  StatusPageDependencies page;
  page.title = "Tocsin <x>";
  page.version = "0.1.0";
  page.path_prefix = "/p";
  page.runtime = [] {
    RuntimeInformation now;
    now.hostname = "<host>";
    now.storage_retention = "15d";
    return now;
  };
  page.head_statistics = [](size_t) {
    tsdb::HeadStatistics head;
    head.series_count = 4711;
    return head;
  };
  page.active_targets = [](const std::string&) {
    scraper::ActiveTargetView target;
    target.scrape_pool = "job\"><script>";
    target.last_error = "<img src=x onerror=alert(1)>";
    target.health = scraper::TargetHealth::kDown;
    return std::vector<scraper::ActiveTargetView>{target};
  };
  page.rule_groups = [] {
    rules::AlertView alert;
    alert.labels = {{"alertname", "A"}, {"evil", "</code><b>"}};
    alert.state = rules::AlertState::kFiring;
    rules::RuleView rule;
    rule.is_alerting = true;
    rule.name = "A";
    rule.health = rules::RuleHealth::kBad;
    rule.last_error = "1 < 2 & 'x'";
    rule.alerts = {alert};
    rules::GroupView group;
    group.rules = {rule};
    return std::vector<rules::GroupView>{group};
  };
  return page;
}

TEST(StatusPageTest, ShowsWhatNeedsAttention) {
  const std::string html = RenderStatusPage(Everything());
  EXPECT_THAT(html, HasSubstr("1 firing, 0 pending"));
  EXPECT_THAT(html, HasSubstr("0 of 1 up"));
  EXPECT_THAT(html, HasSubstr("1 in 1 groups, 1 failing"));
  EXPECT_THAT(html, HasSubstr("<td>4711</td>"));
  EXPECT_THAT(html, HasSubstr("href=\"/p/api/v1/targets\""));
}

TEST(StatusPageTest, EscapesEverythingFromOutside) {
  const std::string html = RenderStatusPage(Everything());
  EXPECT_THAT(html, HasSubstr("<title>Tocsin &lt;x&gt;</title>"));
  EXPECT_THAT(html, HasSubstr("job&#34;&gt;&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_THAT(html, HasSubstr("1 &lt; 2 &amp; &#39;x&#39;"));
  EXPECT_THAT(html, HasSubstr("&lt;host&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("</code><b>")));
}

TEST(StatusPageTest, ManagesWithoutAnything) {
  const std::string html = RenderStatusPage({});
  EXPECT_THAT(html, HasSubstr("Nothing fires."));
  EXPECT_TRUE(html.ends_with("</body></html>\n"));
}

TEST(StatusPageTest, IsServedAtTheRootWithAPolicy) {
  ApiTestServer server;
  AddStatusPage(server.router(), Everything());
  const http::Response response = server.Get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(std::string(http::FindHeader(response.headers, "Content-Security-Policy")),
              HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace tocsin::web
