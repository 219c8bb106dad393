#include "scraper/target_url.h"

#include <gtest/gtest.h>

#include "scraper/scrape_config_fixture.h"

namespace tocsin::scraper {
namespace {

TEST(TargetUrlTest, IsPrintedAsGoDoes) {
  config::ScrapeConfig config = MakeJob();
  const auto url = [&config](const Labels& labels) { return MakeTargetUrl(labels, config); };
  EXPECT_EQ(url({{"__scheme__", "https"}, {"__address__", "[::1]:9"}, {"__metrics_path__", "/m"}}),
            "https://[::1]:9/m");
  EXPECT_EQ(url({{"__scheme__", "http"}, {"__address__", "h"}, {"__metrics_path__", "m"}}),
            "http://h/m");
  EXPECT_EQ(url({{"__scheme__", "http"}, {"__address__", "h"}}), "http://h");
  EXPECT_EQ(url({{"__scheme__", "http"}, {"__address__", "h"}, {"__metrics_path__", "/a b?c=ä!"}}),
            "http://h/a%20b%3Fc=%C3%A4%21");
}

TEST(TargetUrlTest, ParameterLabelsStandForTheFirstValue) {
  config::ScrapeConfig config = MakeJob();
  config.params = {{"b", {"1", "2"}}, {"a", {"x y&"}}, {"none", {}}};
  EXPECT_EQ(MakeTargetUrl({{"__scheme__", "http"},
                           {"__address__", "h"},
                           {"__metrics_path__", "/p"},
                           {"__param_b", "9"},
                           {"__param_c", "3"}},
                          config),
            "http://h/p?a=x+y%26&b=9&b=2&c=3");
}

TEST(GlobalUrlTest, LocalHostsGetTheExternalName) {
  const GlobalUrlOptions options = {"0.0.0.0:9090", "mon.example.org:443", "https"};
  EXPECT_EQ(MakeGlobalUrl("http://localhost:9090/metrics", options),
            "https://mon.example.org:443/metrics");
  EXPECT_EQ(MakeGlobalUrl("http://127.0.0.1:9100/metrics?x=1", options),
            "http://mon.example.org:9100/metrics?x=1");
  EXPECT_EQ(MakeGlobalUrl("http://[::1]:9100/m", options), "http://mon.example.org:9100/m");
  EXPECT_EQ(MakeGlobalUrl("http://other:9090/m", options), "http://other:9090/m");
  EXPECT_EQ(MakeGlobalUrl("http://localhost/m", options), "http://localhost/m");
  EXPECT_EQ(MakeGlobalUrl("http://localhost:9090/m", {}), "http://localhost:9090/m");
}

}  // namespace
}  // namespace tocsin::scraper
