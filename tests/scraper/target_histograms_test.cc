#include <gtest/gtest.h>

#include "scraper/scrape_config_fixture.h"
#include "scraper/target.h"

namespace tocsin::scraper {
namespace {

Result<TargetCandidate> Make(const config::ScrapeConfig& config, const char* label,
                             const char* value) {
  return MakeTarget({{"__address__", "h:1"}, {label, value}}, {}, config);
}

TEST(TargetHistogramsTest, TheJobDecidesUnlessALabelDoes) {
  config::ScrapeConfig config = MakeJob();
  config.convert_classic_histograms_to_nhcb = true;
  const auto plain = Make(config, "x", "y");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->target->histograms, (HistogramOptions{false, true, false}));
  const auto off = Make(config, "__convert_classic_histograms_to_nhcb__", "f");
  EXPECT_EQ(off->target->histograms, (HistogramOptions{false, false, false}));
  const auto native = Make(config, "__scrape_native_histograms__", "True");
  EXPECT_EQ(native->target->histograms, (HistogramOptions{true, true, false}));
  const auto keeping = Make(config, "__always_scrape_classic_histograms__", "1");
  EXPECT_EQ(keeping->target->histograms, (HistogramOptions{false, true, true}));
}

TEST(TargetHistogramsTest, ALabelThatIsNoBooleanDropsTheTarget) {
  const auto candidate = Make(MakeJob(), "__scrape_native_histograms__", "yes");
  ASSERT_FALSE(candidate.ok());
  EXPECT_EQ(candidate.error().message(),
            "error parsing __scrape_native_histograms__: strconv.ParseBool: parsing \"yes\": "
            "invalid syntax");
}

}  // namespace
}  // namespace tocsin::scraper
