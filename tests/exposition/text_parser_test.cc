#include "exposition/text_parser.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "exposition/parsed_page.h"
#include "model/sample.h"

namespace tocsin::exposition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TextParserTest, SamplesMetadataAndCommentsComeInOrder) {
  const ParsedPage page = Parse(
      "# HELP http_requests_total Requests served.\n"
      "# \tTYPE http_requests_total counter\n"
      "http_requests_total{code=\"200\"} 3\n"
      "\n"
      "# Hear ye\n"
      "#\n"
      "#no blank\n"
      "up 1 1700000000000\n");
  EXPECT_THAT(page.entries, ElementsAre("HELP http_requests_total Requests served.",
                                        "TYPE http_requests_total counter",
                                        "http_requests_total{code=\"200\"} = 3", "# Hear ye", "#",
                                        "#no blank", "up = 1 @ 1700000000000"));
  EXPECT_EQ(page.error, "");
}

TEST(TextParserTest, WhitespaceIsFreeBetweenTokens) {
  const ParsedPage page = Parse(
      "a{x=\"1\",} 1\n"
      "a{ x=\"1\", y=\"2\"} 2\n"
      "a { x = \"1\" , y = \"2\" } 3\n"
      "a{x=\"1\" y=\"2\"} 4\n"
      "a{}5\n"
      "a \t 6  \t7\t\n"
      "  a 8\n");
  const Labels one = {{"__name__", "a"}, {"x", "1"}};
  const Labels two = {{"__name__", "a"}, {"x", "1"}, {"y", "2"}};
  const Labels bare = {{"__name__", "a"}};
  EXPECT_THAT(page.labels, ElementsAre(one, two, two, two, bare, bare, bare));
  EXPECT_THAT(page.entries, ElementsAre("a{x=\"1\",} = 1", "a{ x=\"1\", y=\"2\"} = 2",
                                        "a { x = \"1\" , y = \"2\" } = 3", "a{x=\"1\" y=\"2\"} = 4",
                                        "a{} = 5", "a = 6 @ 7", "  a = 8"));
}

TEST(TextParserTest, LastLineNeedsNoLineEnd) {
  EXPECT_THAT(Parse("a 1").entries, ElementsAre("a = 1"));
  EXPECT_THAT(Parse("a 1 -5").entries, ElementsAre("a = 1 @ -5"));
  EXPECT_THAT(Parse("# HELP a").entries, ElementsAre("HELP a "));
  EXPECT_THAT(Parse("# what").entries, ElementsAre("# what"));
  EXPECT_THAT(Parse("#").entries, ElementsAre("#"));
  EXPECT_THAT(Parse("# ").entries, ElementsAre("# "));
  EXPECT_THAT(Parse("").entries, IsEmpty());
  EXPECT_THAT(Parse("\n\n  \n").entries, IsEmpty());
}

TEST(TextParserTest, EscapesAreUndone) {
  const ParsedPage page = Parse("a{x=\"q\\\"b\\\\n\\nt\\tz\"} 1\n# HELP a b\\\\c\\nd\\\"e\n");
  EXPECT_EQ(page.labels.at(0).Get("x"), "q\"b\\n\nt\\tz");
  EXPECT_EQ(page.entries.at(1), "HELP a b\\c\nd\\\"e");
}

TEST(TextParserTest, LabelValuesMayHoldBracesAndLineEnds) {
  const ParsedPage page = Parse("a{x=\"}{,=\ny\"} 1\nb 2\n");
  EXPECT_EQ(page.labels.at(0).Get("x"), "}{,=\ny");
  EXPECT_EQ(page.entries.at(1), "b = 2");
}

TEST(TextParserTest, NamesMayBeQuoted) {
  const ParsedPage page = Parse(
      "# HELP \"go.gc\" Pauses.\n"
      "# TYPE \"go.gc\" summary\n"
      "{\"go.gc\",quantile=\"0.5\"} 1\n"
      "{ quantile=\"0.5\", \"go.gc\" } 2\n"
      "{\"a b\",\"l\\\"1\"=\"v\"} 3\n");
  EXPECT_EQ(page.entries.at(0), "HELP go.gc Pauses.");
  EXPECT_THAT(page.labels, ElementsAre(Labels{{"__name__", "go.gc"}, {"quantile", "0.5"}},
                                       Labels{{"__name__", "go.gc"}, {"quantile", "0.5"}},
                                       Labels{{"__name__", "a b"}, {"l\"1", "v"}}));
}

TEST(TextParserTest, EmptyLabelValuesAreAbsentButNamed) {
  TextParser parser("a{x=\"\",y=\"1\"} 1");
  ASSERT_EQ(parser.Next(), TextParser::Entry::kSeries);
  LabelsBuilder labels;
  std::vector<std::string> empty_names;
  ASSERT_TRUE(parser.CopyLabels(labels, empty_names).ok());
  EXPECT_EQ(labels.Build(), (Labels{{"__name__", "a"}, {"y", "1"}}));
  EXPECT_THAT(empty_names, ElementsAre("x"));
}

TEST(TextParserTest, BoundsOfTypedHistogramsAndSummariesAreCanonical) {
  const ParsedPage page = Parse(
      "# TYPE h histogram\n"
      "h_bucket{le=\"1\"} 1\n"
      "h_bucket{le=\"1000000\"} 1\n"
      "h_bucket{le=\"+Inf\"} 1\n"
      "h_bucket{quantile=\"1\"} 1\n"
      "h_bucket{le=\"odd\"} 1\n"
      "# TYPE s summary\n"
      "s{quantile=\"0\"} 1\n"
      "s{le=\"1\"} 1\n"
      "# TYPE g gauge\n"
      "g{le=\"1\",quantile=\"1\"} 1\n");
  std::vector<std::string> values;
  for (const Labels& labels : page.labels) {
    values.push_back(std::string(labels.Get("le")) + "|" + std::string(labels.Get("quantile")));
  }
  EXPECT_THAT(values, ElementsAre("1.0|", "1e+06|", "+Inf|", "|1", "odd|", "|0.0", "1|", "1|1"));
}

TEST(TextParserTest, NulBytesCountInsideTextsAndEndThePageOutside) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Parse("a{x=\"b\0c\"} 1"s).labels.at(0).Get("x"), "b\0c"s);
  EXPECT_EQ(Parse("# HELP m foo\0bar\n"s).entries.at(0), "HELP m foo\0bar"s);
  EXPECT_THAT(Parse("a 1\n\0b 2\n"s).entries, ElementsAre("a = 1"));
}

TEST(TextParserTest, AnyNanIsTheOrdinaryOne) {
  for (const char* page : {"a NaN", "a nan", "a NAN\n"}) {
    TextParser parser(page);
    ASSERT_EQ(parser.Next(), TextParser::Entry::kSeries) << page;
    EXPECT_EQ(std::bit_cast<uint64_t>(parser.value()), kNormalNanBits);
  }
}

TEST(TextParserTest, HelpTextBeginsAfterOneSeparator) {
  EXPECT_THAT(Parse("# HELP a  b\n# HELP a\t\tb \n# HELP a-b\n# HELP a \n").entries,
              ElementsAre("HELP a  b", "HELP a \tb ", "HELP a b", "HELP a "));
}

TEST(TextParserTest, KnownSeriesAreTakenWithoutLexing) {
  TextParser parser("a{x=\"1\"} 1\nb 2.5 77\nc NaN\n");
  ASSERT_TRUE(parser.TakeSeries(parser.GuessSeriesSize()));
  EXPECT_EQ(parser.series(), "a{x=\"1\"}");
  EXPECT_EQ(parser.value(), 1);
  EXPECT_FALSE(parser.has_timestamp());
  ASSERT_TRUE(parser.TakeSeries(1));
  EXPECT_EQ(parser.value(), 2.5);
  EXPECT_EQ(parser.timestamp_ms(), 77);
  ASSERT_TRUE(parser.TakeSeries(1));
  EXPECT_TRUE(std::isnan(parser.value()));
  EXPECT_EQ(parser.Next(), TextParser::Entry::kEnd);
}

TEST(TextParserTest, KnownSeriesThatDoNotFitAreRefusedAndLexedInstead) {
  struct Case {
    const char* page;
    size_t size;
    const char* series;
  };
  for (const Case& c : {Case{"ab 1\n", 1, "ab"}, Case{"a{b=\"c\"} 1\n", 1, "a{b=\"c\"}"},
                        Case{"a {b=\"c\"} 1\n", 1, "a {b=\"c\"}"}}) {
    TextParser parser(c.page);
    EXPECT_FALSE(parser.TakeSeries(c.size)) << c.page;
    ASSERT_EQ(parser.Next(), TextParser::Entry::kSeries) << c.page;
    EXPECT_EQ(parser.series(), c.series);
  }
}

TEST(TextParserTest, KnownSeriesWithABadValueIsRefusedAndExplained) {
  for (const char* page : {"a x\n", "a 1 2 3\n", "a\n", "a", "a 1\r\n"}) {
    TextParser parser(page);
    EXPECT_FALSE(parser.TakeSeries(1)) << page;
    EXPECT_EQ(parser.Next(), TextParser::Entry::kInvalid) << page;
  }
}

TEST(TextParserTest, KnownLinesAreTakenWhole) {
  TextParser parser("# TYPE a gauge\n# b");
  EXPECT_FALSE(parser.TakeLine(3));
  ASSERT_TRUE(parser.TakeLine(14));
  EXPECT_EQ(parser.line(), "# TYPE a gauge");
  ASSERT_TRUE(parser.TakeLine(3));
  EXPECT_EQ(parser.Next(), TextParser::Entry::kEnd);
}

TEST(TextParserTest, GuessedSizeIsThatOfTheSeries) {
  for (const char* page : {"a 1", "a{x=\"}\\\"}\"} 1", "{\"a\"} 1", " a {x=\"1\"} 1", "a:b 1"}) {
    TextParser parser(page);
    const size_t guess = parser.GuessSeriesSize();
    ASSERT_EQ(parser.Next(), TextParser::Entry::kSeries) << page;
    EXPECT_EQ(parser.series().size(), guess) << page;
  }
  for (const char* page : {"", "\n", "# HELP a", "9 1", "a{x=\"1", "a{x=\n"}) {
    EXPECT_EQ(TextParser(page).GuessSeriesSize(), 0u) << page;
  }
}

}  // namespace
}  // namespace tocsin::exposition
