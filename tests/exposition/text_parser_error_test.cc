#include <gtest/gtest.h>

#include "exposition/parsed_page.h"

namespace tocsin::exposition {
namespace {

using std::string_literals::operator""s;

struct ErrorCase {
  std::string page;
  const char* error;
  const char* place;
};

class TextParserErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(TextParserErrorTest, SaysWhatWhereAndWhatWasExpected) {
  const ParsedPage page = Parse(GetParam().page);
  EXPECT_EQ(page.error, GetParam().error);
  EXPECT_EQ(page.place, GetParam().place);
}

INSTANTIATE_TEST_SUITE_P(
    Samples, TextParserErrorTest,
    testing::Values(
        ErrorCase{"a", R"(expected value after metric, got "\n" ("INVALID") while parsing: "a\n")",
                  "line 1, column 2"},
        ErrorCase{"b 1\na\n",
                  R"(expected value after metric, got "\n" ("INVALID") while parsing: "a\n")",
                  "line 2, column 2"},
        ErrorCase{"a true\n",
                  R"(strconv.ParseFloat: parsing "true": invalid syntax while parsing: "a true")",
                  "line 1, column 3"},
        ErrorCase{
            "a 1e999\n",
            R"(strconv.ParseFloat: parsing "1e999": value out of range while parsing: "a 1e999")",
            "line 1, column 3"},
        ErrorCase{"foo 1_2\n", R"(unsupported character in float while parsing: "foo 1_2")",
                  "line 1, column 5"},
        ErrorCase{"foo 0x1p-3\n", R"(unsupported character in float while parsing: "foo 0x1p-3")",
                  "line 1, column 5"},
        ErrorCase{"foo 0x10\n",
                  R"(strconv.ParseFloat: parsing "0x10": invalid syntax while parsing: "foo 0x10")",
                  "line 1, column 5"},
        ErrorCase{
            "foo 0 1_2\n",
            R"(expected next entry after timestamp, got "_" ("INVALID") while parsing: "foo 0 1_")",
            "line 1, column 8"},
        ErrorCase{
            "a 1 2 3\n",
            R"(expected next entry after timestamp, got "3\n" ("TIMESTAMP") while parsing: "a 1 2 3\n")",
            "line 1, column 7"},
        ErrorCase{"a 1 x\n",
                  R"(expected timestamp or new record, got "x" ("INVALID") while parsing: "a 1 x")",
                  "line 1, column 5"},
        ErrorCase{
            "a 1 99999999999999999999\n",
            R"(strconv.ParseInt: parsing "99999999999999999999": value out of range while parsing: "a 1 99999999999999999999")",
            "line 1, column 5"},
        ErrorCase{
            "a{x=\"1\"}{y=\"2\"} 1\n",
            R"(expected value after metric, got "{y" ("BOPEN") while parsing: "a{x=\"1\"}{y")",
            "line 1, column 9"},
        ErrorCase{"9 1\n",
                  R"(expected a valid start token, got "9" ("INVALID") while parsing: "9")",
                  "line 1, column 1"}));

INSTANTIATE_TEST_SUITE_P(
    CarriageReturns, TextParserErrorTest,
    testing::Values(
        ErrorCase{"a 1\r\n",
                  R"(strconv.ParseFloat: parsing "1\r": invalid syntax while parsing: "a 1\r")",
                  "line 1, column 3"},
        ErrorCase{
            "a 1 2\r\n",
            R"(expected next entry after timestamp, got "\r" ("INVALID") while parsing: "a 1 2\r")",
            "line 1, column 6"},
        ErrorCase{"\r\n",
                  R"(expected a valid start token, got "\r" ("INVALID") while parsing: "\r")",
                  "line 1, column 1"},
        ErrorCase{"# TYPE a counter\r\n", R"(invalid metric type "counter\r")",
                  "line 1, column 9"}));

INSTANTIATE_TEST_SUITE_P(
    LabelLists, TextParserErrorTest,
    testing::Values(
        ErrorCase{"a{b='c'} 1\n",
                  R"(expected label value, got "'" ("INVALID") while parsing: "a{b='")",
                  "line 1, column 5"},
        ErrorCase{"a{b=\n", R"(expected label value, got "\n" ("INVALID") while parsing: "a{b=\n")",
                  "line 1, column 5"},
        ErrorCase{"a{\xff=\"foo\"} 1\n",
                  R"(expected label name, got "\xff" ("INVALID") while parsing: "a{\xff")",
                  "line 1, column 3"},
        ErrorCase{"a{b=\"\xff\"} 1\n", R"(invalid UTF-8 label value: "\"\xff\"")",
                  "line 1, column 5"},
        ErrorCase{"{\"a\", \"b = \"c\"}",
                  R"(expected equal, got "c\"" ("LNAME") while parsing: "{\"a\", \"b = \"c\"")",
                  "line 1, column 13"},
        ErrorCase{R"({"a",b\nc="d"} 1)",
                  R"(expected equal, got "\\" ("INVALID") while parsing: "{\"a\",b\\")",
                  "line 1, column 7"},
        ErrorCase{
            "something_weird{problem=\"",
            R"(expected label value, got "\"\n" ("INVALID") while parsing: "something_weird{problem=\"\n")",
            "line 1, column 25"},
        ErrorCase{
            "empty_label_name{=\"\"} 0",
            R"(expected label name, got "=\"" ("EQUAL") while parsing: "empty_label_name{=\"")",
            "line 1, column 18"},
        ErrorCase{R"({a="ok"} 1)", R"(metric name not set while parsing: "{a=\"ok\"} 1")",
                  "line 1, column 10"},
        ErrorCase{R"(a{"b"} 1)", R"(metric name already set while parsing: "a{\"b\"}")",
                  "line 1, column 6"},
        ErrorCase{"a{x=\"1\",x=\"2\"} 1\n", R"(label name "x" is not unique: invalid sample)",
                  ""}));

INSTANTIATE_TEST_SUITE_P(
    Metadata, TextParserErrorTest,
    testing::Values(
        ErrorCase{
            "# TYPE #\n#EOF\n",
            R"(expected metric name after TYPE, got "#" ("INVALID") while parsing: "# TYPE #")",
            "line 1, column 8"},
        ErrorCase{
            "# HELP #\n#EOF\n",
            R"(expected metric name after HELP, got "#" ("INVALID") while parsing: "# HELP #")",
            "line 1, column 8"},
        ErrorCase{"# TYPE a\n", R"(invalid metric type "")", "line 1, column 9"},
        ErrorCase{"# TYPE a  counter\n", R"(invalid metric type " counter")", "line 1, column 9"},
        ErrorCase{"# TYPE a info\n", R"(invalid metric type "info")", "line 1, column 9"},
        ErrorCase{"# HELP a \xff\n", R"(help text "\xff" is not a valid utf8 string)",
                  "line 1, column 9"}));

INSTANTIATE_TEST_SUITE_P(
    NulBytes, TextParserErrorTest,
    testing::Values(
        ErrorCase{"a{b=\0\"s\"} 1\n"s,
                  R"(expected label value, got "\x00" ("INVALID") while parsing: "a{b=\x00")",
                  "line 1, column 5"},
        ErrorCase{
            "a{b=\"\0"s,
            R"(expected label value, got "\"\x00\n" ("INVALID") while parsing: "a{b=\"\x00\n")",
            "line 1, column 5"},
        ErrorCase{"a{b\0=\"h\"} 1"s,
                  R"(expected equal, got "\x00" ("INVALID") while parsing: "a{b\x00")",
                  "line 1, column 4"},
        ErrorCase{"a\0{b=\"d\"} 1"s,
                  R"(expected value after metric, got "\x00" ("INVALID") while parsing: "a\x00")",
                  "line 1, column 2"},
        ErrorCase{
            "a 0 1\0"s,
            R"(expected next entry after timestamp, got "\x00" ("INVALID") while parsing: "a 0 1\x00")",
            "line 1, column 6"}));

TEST(TextParserErrorTest, QuotesAtMostAKibibyteOfAPage) {
  const ParsedPage page = Parse("a{x=\"" + std::string(100'000, 'y'));
  EXPECT_LT(page.error.size(), 3000u);
  EXPECT_TRUE(page.error.ends_with("...")) << page.error;
}

TEST(TextParserErrorTest, RefusesASeriesTextOfMoreThanAMebibyte) {
  const std::string value(TextParser::kMaxSeriesBytes, 'y');
  EXPECT_EQ(Parse("a{x=\"" + value + "\"} 1").error,
            "series text of 1048583 bytes is longer than 1048576");
}

}  // namespace
}  // namespace tocsin::exposition
