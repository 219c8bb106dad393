#include "exposition/openmetrics_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "exposition/openmetrics_page.h"

namespace tocsin::exposition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OpenMetricsParserTest, ReadsMetadataOfAFamily) {
  const OpenMetricsPage page = ParseOpenMetrics(
      "# HELP req_seconds How \\\"long\\\"\\nit took\n# TYPE req_seconds counter\n"
      "# UNIT req_seconds seconds\n# EOF\n");
  EXPECT_THAT(page.entries, ElementsAre("HELP req_seconds How \"long\"\nit took",
                                        "TYPE req_seconds counter", "UNIT req_seconds seconds"));
  EXPECT_EQ(page.error, "");
}

TEST(OpenMetricsParserTest, KnowsAllTypes) {
  const OpenMetricsPage page = ParseOpenMetrics(
      "# TYPE a counter\n# TYPE b gauge\n# TYPE c histogram\n# TYPE d gaugehistogram\n"
      "# TYPE e summary\n# TYPE f info\n# TYPE g stateset\n# TYPE h unknown\n# EOF");
  EXPECT_THAT(page.entries, ElementsAre("TYPE a counter", "TYPE b gauge", "TYPE c histogram",
                                        "TYPE d gaugehistogram", "TYPE e summary", "TYPE f info",
                                        "TYPE g stateset", "TYPE h unknown"));
}

TEST(OpenMetricsParserTest, ReadsTimestampsAsSeconds) {
  const OpenMetricsPage page = ParseOpenMetrics("a 1 1700000000.123\nb 2 -1.5\nc 3 0\n# EOF\n");
  EXPECT_THAT(page.entries, ElementsAre("a = 1 @ 1700000000123", "b = 2 @ -1500", "c = 3 @ 0"));
}

TEST(OpenMetricsParserTest, ReadsExemplars) {
  const OpenMetricsPage page = ParseOpenMetrics(
      "a_total 17 # {id=\"x\"} 4\nb_total 18 1.5 # {id=\"y\",\"dotted.name\"=\"z\"} 5.5 2.25\n"
      "c_total 3 # {} 1\n# EOF\n");
  EXPECT_THAT(page.entries,
              ElementsAre("a_total = 17 # {id=\"x\"} 4",
                          "b_total = 18 @ 1500 # {\"dotted.name\"=\"z\", id=\"y\"} 5.5 @ 2250",
                          "c_total = 3 # {} 1"));
}

TEST(OpenMetricsParserTest, LeavesEscapesInExemplarsAlone) {
  const OpenMetricsPage page = ParseOpenMetrics("a_total 1 # {id=\"x\\ny\"} 4\n# EOF\n");
  EXPECT_THAT(page.entries, ElementsAre("a_total = 1 # {id=\"x\\\\ny\"} 4"));
}

TEST(OpenMetricsParserTest, ReadsQuotedNames) {
  const OpenMetricsPage page = ParseOpenMetrics(
      "# TYPE \"a.b\" summary\n{\"a.b\",quantile=\"1\",\"c d\"=\"e\"} 1\n{x=\"y\",\"a.b\"} 2\n"
      "# EOF\n");
  ASSERT_THAT(page.error, "");
  EXPECT_EQ(page.labels[0], Labels({{"__name__", "a.b"}, {"quantile", "1.0"}, {"c d", "e"}}));
  EXPECT_EQ(page.labels[1], Labels({{"__name__", "a.b"}, {"x", "y"}}));
}

TEST(OpenMetricsParserTest, CanonicalizesBoundsByType) {
  const OpenMetricsPage page = ParseOpenMetrics(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n# TYPE g gauge\n"
      "g{le=\"1\"} 1\n# EOF\n");
  EXPECT_EQ(page.labels[0].Get("le"), "1.0");
  EXPECT_EQ(page.labels[1].Get("le"), "+Inf");
  EXPECT_EQ(page.labels[2].Get("le"), "1");
}

TEST(OpenMetricsParserTest, ReadsSpecialValues) {
  const OpenMetricsPage page = ParseOpenMetrics("a NaN\nb -Inf\nc 1e3\nd +1\n# EOF\n");
  EXPECT_THAT(page.entries, ElementsAre("a = nan", "b = -inf", "c = 1000", "d = 1"));
}

TEST(OpenMetricsParserTest, KeepsNulInLabelValues) {
  const OpenMetricsPage page = ParseOpenMetrics(std::string("a{b=\"x\0y\"} 1\n# EOF\n", 19));
  ASSERT_EQ(page.error, "");
  EXPECT_EQ(page.labels[0].Get("b"), std::string("x\0y", 3));
}

TEST(OpenMetricsParserTest, RefusesALabelTwice) {
  EXPECT_EQ(ParseOpenMetrics("a{b=\"1\",b=\"2\"} 1\n# EOF\n").error,
            "label name \"b\" is not unique: invalid sample");
}

TEST(OpenMetricsParserTest, TakesKnownSeries) {
  const std::string page = "a{b=\"c\"} 1.5\na{b=\"c\"} 2 3 # {x=\"y\"} 1\nab 3\n# EOF\n";
  OpenMetricsParser parser(page);
  EXPECT_EQ(parser.GuessEntrySize(), 8U);
  ASSERT_TRUE(parser.TakeSeries(8));
  EXPECT_EQ(DescribeSample(parser), "a{b=\"c\"} = 1.5");
  ASSERT_TRUE(parser.TakeSeries(8));
  EXPECT_EQ(DescribeSample(parser), "a{b=\"c\"} = 2 @ 3000 # {x=\"y\"} 1");
  EXPECT_FALSE(parser.TakeSeries(1));
  ASSERT_TRUE(parser.TakeSeries(2));
  EXPECT_FALSE(parser.has_exemplar());
  EXPECT_EQ(parser.GuessEntrySize(), 0U);
  EXPECT_EQ(parser.Next(), Entry::kEnd);
}

TEST(OpenMetricsParserTest, TakesKnownLinesOnlyWithTheirEnd) {
  OpenMetricsParser parser("# TYPE a gauge\n# TYPE a gauge");
  const size_t size = std::string_view("# TYPE a gauge").size();
  EXPECT_TRUE(parser.TakeLine(size));
  EXPECT_FALSE(parser.TakeLine(size));
}

TEST(OpenMetricsParserTest, TruncationAtEveryByteIsRefused) {
  const std::string page =
      "# HELP a_seconds h\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n"
      "a_seconds_total{b=\"c\\\"d\",\"e.f\"=\"g\"} 1.5 2.5 # {id=\"x\"} 1 2\n# EOF";
  EXPECT_EQ(ParseOpenMetrics(page).error, "");
  for (size_t size = 0; size < page.size(); ++size) {
    const OpenMetricsPage cut = ParseOpenMetrics(page.substr(0, size));
    EXPECT_NE(cut.error, "") << size;
    EXPECT_NE(cut.place, "") << size;
  }
}

}  // namespace
}  // namespace tocsin::exposition
