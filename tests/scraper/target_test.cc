#include "scraper/target.h"

#include <gtest/gtest.h>

#include "scraper/scrape_config_fixture.h"

namespace tocsin::scraper {
namespace {

RelabelRule Replace(const std::string& source, const std::string& regex, const std::string& target,
                    const std::string& replacement) {
  RelabelRule rule;
  rule.source_labels = {source};
  rule.regex = *Regex::Compile(regex);
  rule.target_label = target;
  rule.replacement = replacement;
  return rule;
}

TEST(TargetTest, FillsInTheJobsDefaults) {
  const auto candidate = MakeTarget({{"__address__", "host:9100"}}, {{"env", "prod"}}, MakeJob());
  ASSERT_TRUE(candidate.ok());
  EXPECT_EQ(candidate->discovered_labels, (Labels{{"__address__", "host:9100"},
                                                  {"__metrics_path__", "/metrics"},
                                                  {"__scheme__", "http"},
                                                  {"__scrape_interval__", "10s"},
                                                  {"__scrape_timeout__", "4s"},
                                                  {"env", "prod"},
                                                  {"job", "job"}}));
  ASSERT_NE(candidate->target, nullptr);
  EXPECT_EQ(candidate->target->labels,
            (Labels{{"env", "prod"}, {"instance", "host:9100"}, {"job", "job"}}));
  EXPECT_EQ(candidate->target->url, "http://host:9100/metrics");
  EXPECT_EQ(candidate->target->interval_ms, 10'000);
  EXPECT_EQ(candidate->target->timeout_ms, 4'000);
}

TEST(TargetTest, TargetLabelsWinOverThoseOfTheGroupAndTheJob) {
  const auto candidate =
      MakeTarget({{"__address__", "h"}, {"job", "own"}, {"env", "a"}, {"instance", "x"}},
                 {{"env", "b"}, {"__scheme__", "https"}}, MakeJob());
  ASSERT_NE(candidate->target, nullptr);
  EXPECT_EQ(candidate->target->labels, (Labels{{"env", "a"}, {"instance", "x"}, {"job", "own"}}));
  EXPECT_EQ(candidate->target->url, "https://h/metrics");
}

TEST(TargetTest, RelabelingDecidesHowAndWhetherToScrape) {
  config::ScrapeConfig config = MakeJob();
  config.relabel_configs = {Replace("__meta_port", "(.+)", "__address__", "relabeled:$1"),
                            Replace("__meta_port", "(.+)", "__tmp_x", "$1"),
                            Replace("__meta_port", "(.+)", "__param_module", "m$1"),
                            Replace("__meta_port", "(.+)", "__scrape_interval__", "30s")};
  const auto candidate = MakeTarget({{"__address__", "h"}, {"__meta_port", "7"}}, {}, config);
  ASSERT_NE(candidate->target, nullptr);
  EXPECT_EQ(candidate->target->url, "http://relabeled:7/metrics?module=m7");
  EXPECT_EQ(candidate->target->interval_ms, 30'000);
  EXPECT_EQ(candidate->target->labels, (Labels{{"instance", "relabeled:7"}, {"job", "job"}}));
  EXPECT_FALSE(candidate->target->all_labels.Has("__meta_port"));
  EXPECT_TRUE(candidate->target->all_labels.Has("__tmp_x"));

  RelabelRule drop = Replace("job", "job", "", "");
  drop.action = RelabelRule::Action::kDrop;
  config.relabel_configs = {drop};
  const auto dropped = MakeTarget({{"__address__", "h"}}, {}, config);
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(dropped->target, nullptr);
  EXPECT_EQ(dropped->discovered_labels.Get("__address__"), "h");
}

struct RefusedCase {
  Labels labels;
  const char* error;
};

class RefusedTargetTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTargetTest, SaysWhy) {
  const auto candidate = MakeTarget(GetParam().labels, {}, MakeJob());
  ASSERT_FALSE(candidate.ok());
  EXPECT_EQ(candidate.error().message(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Targets, RefusedTargetTest,
    testing::Values(
        RefusedCase{{{"x", "y"}}, "no address"},
        RefusedCase{{{"__address__", "http://h"}}, "\"http://h\" is not a valid hostname"},
        RefusedCase{{{"__address__", "h"}, {"__scrape_interval__", "soon"}},
                    "error parsing scrape interval: not a valid duration string: \"soon\""},
        RefusedCase{{{"__address__", "h"}, {"__scrape_interval__", "0s"}},
                    "scrape interval cannot be 0"},
        RefusedCase{{{"__address__", "h"}, {"__scrape_timeout__", "0s"}},
                    "scrape timeout cannot be 0"},
        RefusedCase{{{"__address__", "h"}, {"__scrape_timeout__", "1m"}},
                    "scrape timeout cannot be greater than scrape interval (\"1m\" > \"10s\")"},
        RefusedCase{{{"__address__", "h"}, {"x", "\xff"}},
                    "invalid label value for \"x\": \"\\xff\""},
        RefusedCase{{{"__address__", "h"}, {"__scrape_native_histograms__", "maybe"}},
                    "error parsing __scrape_native_histograms__: strconv.ParseBool: parsing "
                    "\"maybe\": invalid syntax"}));

TEST(TargetTest, IdentityIsOfAllLabelsAndTheUrl) {
  const auto hash = [](const Labels& labels, const config::ScrapeConfig& config) {
    return MakeTarget(labels, {}, config)->target->hash;
  };
  config::ScrapeConfig config = MakeJob();
  const uint64_t base = hash({{"__address__", "h"}}, config);
  EXPECT_EQ(hash({{"__address__", "h"}, {"__meta_x", "1"}}, config), base);
  EXPECT_NE(hash({{"__address__", "h"}, {"x", "1"}}, config), base);
  config.params["m"] = {"first", "second"};
  EXPECT_NE(hash({{"__address__", "h"}}, config), base);
}

}  // namespace
}  // namespace tocsin::scraper
