// Upstream's words for what it refuses, and the place that we add.
#include <gtest/gtest.h>

#include "exposition/openmetrics_page.h"

namespace tocsin::exposition {
namespace {

struct ErrorCase {
  std::string page;
  std::string error;
  std::string place;
};

class OpenMetricsParserErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(OpenMetricsParserErrorTest, SaysWhatWasExpected) {
  const OpenMetricsPage page = ParseOpenMetrics(GetParam().page);
  EXPECT_EQ(page.error, GetParam().error);
  EXPECT_EQ(page.place, GetParam().place);
}

const ErrorCase kEndCases[] = {
    {"", "data does not end with # EOF", "line 1, column 1"},
    {"up 1", "data does not end with # EOF", "line 1, column 5"},
    {"up 1\n", "data does not end with # EOF", "line 2, column 1"},
    {"up_total 1 # {id=\"x\"} 4", "data does not end with # EOF", "line 1, column 24"},
    {"# EOF\nup 1", "unexpected data after # EOF", "line 2, column 1"},
    {"# EOF\n\n", "unexpected data after # EOF", "line 2, column 1"},
    {"# EOFup 1", "unexpected data after # EOF", "line 1, column 6"},
};
INSTANTIATE_TEST_SUITE_P(End, OpenMetricsParserErrorTest, testing::ValuesIn(kEndCases));

const ErrorCase kStartCases[] = {
    {"\n", "expected a valid start token, got \"\\n\" (\"INVALID\") while parsing: \"\\n\"",
     "line 1, column 1"},
    {" up 1\n", "expected a valid start token, got \" \" (\"INVALID\") while parsing: \" \"",
     "line 1, column 1"},
    {"7\n", "expected a valid start token, got \"7\" (\"INVALID\") while parsing: \"7\"",
     "line 1, column 1"},
    {"#", "expected a valid start token, got \"#\" (\"INVALID\") while parsing: \"#\"",
     "line 1, column 1"},
    {"# H", "expected a valid start token, got \"# H\" (\"INVALID\") while parsing: \"# H\"",
     "line 1, column 1"},
    {"#\tTYPE c counter\n",
     "expected a valid start token, got \"#\\t\" (\"INVALID\") while parsing: \"#\\t\"",
     "line 1, column 1"},
    {"#  TYPE c counter\n",
     "expected a valid start token, got \"#  \" (\"INVALID\") while parsing: \"#  \"",
     "line 1, column 1"},
};
INSTANTIATE_TEST_SUITE_P(Start, OpenMetricsParserErrorTest, testing::ValuesIn(kStartCases));

const ErrorCase kMetadataCases[] = {
    {"# TYPE a untyped\n", "invalid metric type \"untyped\"", "line 1, column 9"},
    {"# TYPE a gauge \n", "invalid metric type \"gauge \"", "line 1, column 9"},
    {"# TYPE a  gauge\n", "invalid metric type \" gauge\"", "line 1, column 9"},
    {"# TYPE \n",
     "expected metric name after TYPE, got \"\\n\" (\"INVALID\") while parsing: \"# TYPE \\n\"",
     "line 1, column 8"},
    {"# UNIT \n",
     "expected metric name after UNIT, got \"\\n\" (\"INVALID\") while parsing: \"# UNIT \\n\"",
     "line 1, column 8"},
    {"# HELP \n",
     "expected metric name after HELP, got \"\\n\" (\"INVALID\") while parsing: \"# HELP \\n\"",
     "line 1, column 8"},
    {"# TYPE a\n", "expected text in TYPE", "line 1, column 9"},
    {"# UNIT a\n", "expected text in UNIT", "line 1, column 9"},
    {"# HELP a\n", "expected text in HELP", "line 1, column 9"},
    {"# UNIT disk bytes\n", "unit \"bytes\" not a suffix of metric \"disk\"", "line 1, column 12"},
    {"# UNIT diskbytes bytes\n", "unit \"bytes\" not a suffix of metric \"diskbytes\"",
     "line 1, column 17"},
    {"# UNIT bytes bytes\n", "unit \"bytes\" not a suffix of metric \"bytes\"",
     "line 1, column 13"},
    {"# HELP a \xff\n", "help text \"\\xff\" is not a valid utf8 string", "line 1, column 9"},
};
INSTANTIATE_TEST_SUITE_P(Metadata, OpenMetricsParserErrorTest, testing::ValuesIn(kMetadataCases));

const ErrorCase kValueCases[] = {
    {"up", "expected value after metric, got \"up\" (\"EOF\") while parsing: \"up\"",
     "line 1, column 1"},
    {"up\n", "expected value after metric, got \"\\n\" (\"INVALID\") while parsing: \"up\\n\"",
     "line 1, column 3"},
    {"up\t1\n", "expected value after metric, got \"\\t\" (\"INVALID\") while parsing: \"up\\t\"",
     "line 1, column 3"},
    {"up  1\n", "expected value after metric, got \"  \" (\"INVALID\") while parsing: \"up  \"",
     "line 1, column 3"},
    {"up 1\t2\n",
     "strconv.ParseFloat: parsing \"1\\t2\": invalid syntax while parsing: \"up 1\\t2\"",
     "line 1, column 3"},
    {"up 1_0\n", "unsupported character in float while parsing: \"up 1_0\"", "line 1, column 3"},
    {"up 0x1p3\n", "unsupported character in float while parsing: \"up 0x1p3\"",
     "line 1, column 3"},
    {"up 1 2 \n",
     "expected next entry after timestamp, got \" \\n\" (\"INVALID\") while parsing: \"up 1 2 "
     "\\n\"",
     "line 1, column 7"},
    {"up 1 2 #\n",
     "expected next entry after timestamp, got \" #\\n\" (\"TIMESTAMP\") while parsing: \"up 1 2 "
     "#\\n\"",
     "line 1, column 7"},
    {"up 1 2 3\n",
     "expected next entry after timestamp, got \" 3\\n\" (\"TIMESTAMP\") while parsing: \"up 1 2 "
     "3\\n\"",
     "line 1, column 7"},
    {"up 1 2z\n", "strconv.ParseFloat: parsing \"2z\": invalid syntax while parsing: \"up 1 2z\"",
     "line 1, column 5"},
    {"up 1 1_0\n", "unsupported character in float while parsing: \"up 1 1_0\"",
     "line 1, column 5"},
    {"up 1 NaN", "invalid timestamp NaN", "line 1, column 5"},
    {"up 1 -Inf", "invalid timestamp -Inf", "line 1, column 5"},
    {"up 1 Inf", "invalid timestamp +Inf", "line 1, column 5"},
    {"up 1  2\n",
     "expected a valid start token, got \" 2\\n\" (\"TIMESTAMP\") while parsing: \" 2\\n\"",
     "line 1, column 6"},
};
INSTANTIATE_TEST_SUITE_P(Values, OpenMetricsParserErrorTest, testing::ValuesIn(kValueCases));

const ErrorCase kLabelCases[] = {
    {"a{b='c'} 1\n", "expected label value, got \"'\" (\"INVALID\") while parsing: \"a{b='\"",
     "line 1, column 5"},
    {"a{,b=\"c\"} 1\n", "expected label name, got \",b\" (\"COMMA\") while parsing: \"a{,b\"",
     "line 1, column 3"},
    {"a{b=\"c\"d=\"e\"} 1\n",
     "expected comma or brace close, got \"d=\" (\"LNAME\") while parsing: \"a{b=\\\"c\\\"d=\"",
     "line 1, column 8"},
    {"a{b=\"c\",,d=\"e\"} 1\n",
     "expected label name, got \",d\" (\"COMMA\") while parsing: \"a{b=\\\"c\\\",,d\"",
     "line 1, column 9"},
    {"a{b=\n", "expected label value, got \"\\n\" (\"INVALID\") while parsing: \"a{b=\\n\"",
     "line 1, column 5"},
    {"a{b=\"\n",
     "expected label value, got \"\\\"\\n\" (\"INVALID\") while parsing: \"a{b=\\\"\\n\"",
     "line 1, column 5"},
    {"a{\xff=\"b\"} 1\n",
     "expected label name, got \"\\xff\" (\"INVALID\") while parsing: \"a{\\xff\"",
     "line 1, column 3"},
    {"a{b=\"\xff\"} 1\n", "invalid UTF-8 label value: \"\\\"\\xff\\\"\"", "line 1, column 5"},
    {"{\"a\",\"b = \"c\"}\n",
     "expected equal, got \"c\\\"\" (\"LNAME\") while parsing: \"{\\\"a\\\",\\\"b = \\\"c\\\"\"",
     "line 1, column 12"},
    {"{b=\"c\",} 1", "metric name not set while parsing: \"{b=\\\"c\\\",} 1\"", "line 1, column 9"},
    {"a{\"b\"} 1\n", "metric name already set while parsing: \"a{\\\"b\\\"}\"", "line 1, column 6"},
};
INSTANTIATE_TEST_SUITE_P(Labels, OpenMetricsParserErrorTest, testing::ValuesIn(kLabelCases));

const ErrorCase kExemplarCases[] = {
    {"a_total 1 # {id=x}\n",
     "expected label value, got \"x\" (\"INVALID\") while parsing: \"a_total 1 # {id=x\"",
     "line 1, column 17"},
    {"a_total 1 # {id=\"x\"}\n",
     "expected value after exemplar labels, got \"\\n\" (\"INVALID\") while parsing: \"a_total 1 # "
     "{id=\\\"x\\\"}\\n\"",
     "line 1, column 21"},
    {"a_total 1 # {id=\"x\"}",
     "expected value after exemplar labels, got \"}\" (\"EOF\") while parsing: \"a_total 1 # "
     "{id=\\\"x\\\"}\"",
     "line 1, column 20"},
    {"a_total 1 # {id}",
     "expected label name, got \"}\" (\"BCLOSE\") while parsing: \"a_total 1 # {id}\"",
     "line 1, column 16"},
    {"a_total 1 # {id=\"x\",,a=\"b\"} 1",
     "expected label name, got \",a\" (\"COMMA\") while parsing: \"a_total 1 # {id=\\\"x\\\",,a\"",
     "line 1, column 21"},
    {"a_total 1 # {id=\"x\"} 1_2",
     "unsupported character in float while parsing: \"a_total 1 # {id=\\\"x\\\"} 1_2\"",
     "line 1, column 21"},
    {"a_total 1 # {id=\"x\"} 4 NaN", "invalid exemplar timestamp NaN", "line 1, column 23"},
    {"a_total 1 # {id=\"x\"} 4 5 6\n",
     "expected next entry after exemplar timestamp, got \" 6\\n\" (\"TIMESTAMP\") while parsing: "
     "\"a_total 1 # {id=\\\"x\\\"} 4 5 6\\n\"",
     "line 1, column 25"},
    {std::string("a_total 1 # {id=\"\0x\"} 1\n", 24),
     "expected label value, got \"\\\"\\x00\" (\"INVALID\") while parsing: \"a_total 1 # "
     "{id=\\\"\\x00\"",
     "line 1, column 17"},
};
INSTANTIATE_TEST_SUITE_P(Exemplars, OpenMetricsParserErrorTest, testing::ValuesIn(kExemplarCases));

}  // namespace
}  // namespace tocsin::exposition
